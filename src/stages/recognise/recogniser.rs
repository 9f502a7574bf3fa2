//! What turns sound into words: the trait that an engine implements and the stage asks.
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{logic::agree::Heard, message::Language};

/// Blocks while it listens, so it lives on a thread of its own ([`Engine`](crate::flow::Engine)), where it is also made: it
/// need not be `Send`.
pub trait Recogniser: 'static {
    /// Looks at the whole of `speech`, 16 kHz mono in −1..1, without memory of earlier looks.
    fn listen(&mut self, speech: &[f32], ask: &Ask) -> Result<Hypothesis, RecogniseError>;

    /// A look without any wishes.
    fn look(&mut self, speech: &[f32]) -> Result<Hypothesis, RecogniseError> {
        self.listen(speech, &Ask::default())
    }
}

/// What a look is asked for beside its sound.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The text that was said just before; empty where it is not to be a condition.
    pub context: String,
    /// The language, where an earlier look at the segment has settled it.
    pub language: Option<Language>,
    pub effort: Effort,
    pub wanted: Wanted,
}

/// How much a decode may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// As little as is enough for text that will be decoded again.
    Partial,
    /// As much as is needed for text that stands.
    #[default]
    Final,
    /// All there is: an earlier decode of the sound went wrong.
    Whole,
}

/// Whether the result of a look is still wanted. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    until: Option<Instant>,
    withdrawn: Arc<AtomicBool>,
}

impl Wanted {
    /// `None`: until it is withdrawn.
    pub fn until(until: Option<Instant>) -> Wanted {
        Wanted { until, withdrawn: Arc::default() }
    }

    pub fn is_still(&self) -> bool {
        !self.withdrawn.load(Relaxed) && self.until.is_none_or(|until| Instant::now() < until)
    }

    /// Withdraws it when the guard is dropped, as it is when nobody waits for the look any more.
    pub(super) fn guard(&self) -> impl Drop + use<> {
        Withdraw(self.withdrawn.clone())
    }
}

struct Withdraw(Arc<AtomicBool>);

impl Drop for Withdraw {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// What one look heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    pub words: Vec<Heard>,
    /// Whether it knows the words' spans, counted from the first sample of the look. If not, they are placed where
    /// somebody speaks.
    pub timed: bool,
    /// What is spoken.
    pub language: Language,
    /// The recogniser's own probability of that, 0 to 1; 1 where it was told, or knows one language only.
    pub language_probability: f32,
    /// What the words are in, where the recogniser translates.
    pub written: Option<Language>,
    /// The recogniser's own probability, 0 to 1, that nobody spoke.
    pub no_speech: f32,
    /// Mean natural logarithm of the probabilities of the tokens; 0 without any.
    pub log_probability: f32,
    /// The times that the recogniser wrote between its words, counted from the first sample: how many words stand before each.
    /// They may lie behind the end of the sound: such words were made up.
    pub times: Vec<(usize, Duration)>,
    /// Whether the decode reached the limit of its tokens before it had ended.
    pub cut_off: bool,
}

impl Hypothesis {
    /// Where the recogniser says that its last word ends.
    pub fn ends(&self) -> Option<Duration> {
        self.times.last().map(|it| it.1)
    }
}

/// A look that gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum RecogniseError {
    /// The recogniser may well do better when it is started anew.
    #[error("the recogniser failed on {samples} samples of speech: {cause}")]
    Failed { samples: usize, cause: String },
    /// Ended early, for its result was no longer [`Wanted`].
    #[error("the look was no longer wanted")]
    Unwanted,
}
