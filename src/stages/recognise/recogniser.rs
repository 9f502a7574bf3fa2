//! The trait between the stage and a speech recognition engine.
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{logic::agreement::DecodedWord, message::Language};

/// A recogniser that decodes whole windows of audio.
///
/// A decode blocks, so the recogniser lives on a thread of its own ([`Engine`](crate::flow::Engine)). It is also made there, so it
/// need not be `Send`.
pub trait Recogniser: 'static {
    /// Decodes the whole of `speech`, 16 kHz mono in −1..1. No decode depends on earlier ones.
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError>;

    /// Decodes with a default request.
    fn decode_with_defaults(&mut self, speech: &[f32]) -> Result<Hypothesis, RecogniseError> {
        self.decode(speech, &DecodeRequest::default())
    }
}

/// What a decode gets besides its audio.
#[derive(Clone, Debug, Default)]
pub struct DecodeRequest {
    /// The text that was said before; empty for a decode without context.
    pub context: String,
    /// The language, where an earlier decode of the segment settled it.
    pub language: Option<Language>,
    pub effort: Effort,
    pub cancellation: Cancellation,
}

/// How much a decode may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// As little as is enough for text that will be decoded again.
    Partial,
    /// As much as is needed for a final.
    #[default]
    Final,
    /// The full context of the encoder: an earlier decode of the audio went wrong.
    FullContext,
}

/// Whether a decode is cancelled: by its deadline, or because nobody waits for it. Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct Cancellation {
    deadline: Option<Instant>,
    cancelled: Arc<AtomicBool>,
}

impl Cancellation {
    /// Cancelled at `deadline`. `None`: there is no deadline.
    pub fn at(deadline: Option<Instant>) -> Cancellation {
        Cancellation { deadline, cancelled: Arc::default() }
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed) || self.deadline.is_some_and(|it| it <= Instant::now())
    }

    /// Cancels the decode when the returned value is dropped, which happens when nobody waits for the decode any more.
    pub(super) fn cancel_on_drop(&self) -> impl Drop + use<> {
        CancelOnDrop(self.cancelled.clone())
    }
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// The result of one decode.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    pub words: Vec<DecodedWord>,
    /// Whether the words have their spans, counted from the first sample of the decode. If not, they are aligned with the speech.
    pub has_word_times: bool,
    /// The spoken language.
    pub language: Language,
    /// The recogniser's own probability of that language, 0 to 1. It is 1 where the language was given, or where the recogniser knows
    /// no other.
    pub language_probability: f32,
    /// The language of the text, where the recogniser translates.
    pub text_language: Option<Language>,
    /// The recogniser's own probability, 0 to 1, that nobody spoke.
    pub no_speech: f32,
    /// The mean natural logarithm of the token probabilities; 0 without any token.
    pub log_probability: f32,
    /// The recogniser's timestamps between its words, counted from the first sample: for each, how many words precede it. A timestamp
    /// may lie after the end of the audio: such words were made up.
    pub times: Vec<(usize, Duration)>,
    /// Whether the decode stopped at its token limit.
    pub hit_token_limit: bool,
}

impl Hypothesis {
    /// The recogniser's own timestamp for the end of its last word.
    pub fn end(&self) -> Option<Duration> {
        self.times.last().map(|it| it.1)
    }
}

/// Why a decode gave no hypothesis.
#[derive(Debug, thiserror::Error)]
pub enum RecogniseError {
    /// The recogniser may work again once it is restarted.
    #[error("the recogniser failed on {samples} samples of speech: {cause}")]
    Failed { samples: usize, cause: String },
    /// Ended early by its [`Cancellation`].
    #[error("the decode was cancelled")]
    Cancelled,
}
