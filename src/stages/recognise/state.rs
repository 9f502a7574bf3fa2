//! The state of the recogniser's stage in one run.
use std::sync::Arc;

use tokio::time::Instant;

use super::{
    audio_buffer::AudioBuffer, recogniser::Recogniser, settings::RecogniseSettings,
    track::recognised, turns::Turns, voice::VoiceActivity,
};
use crate::{
    flow::{EnginePool, StageGauge},
    logic::{
        agreement::{DecodedWord, LocalAgreement},
        decode_scheduler::DecodeScheduler,
        endpoint::Endpoint,
        hallucination::HallucinationFilter,
    },
    message::{Hop, Language, MediaTime, Trace, Word},
};

/// The stage that turns speech into captions. One value lasts for one run; what outlives a run is in [`Track`](super::Track).
pub struct Recognise<R: Recogniser> {
    pub(super) settings: RecogniseSettings,
    pub(super) engines: EnginePool<R>,
    pub(super) voice: Box<dyn VoiceActivity>,
    pub(super) endpoint: Endpoint,
    pub(super) agreement: LocalAgreement,
    pub(super) audio: AudioBuffer,
    /// Whether this run has sent what the run before owed.
    pub(super) has_recovered: bool,
    pub(super) scheduler: DecodeScheduler,
    pub(super) hallucination_filter: HallucinationFilter,
    pub(super) gauge: Arc<StageGauge>,
    /// Decodes of the open segment begin here.
    pub(super) window_start: MediaTime,
    /// The decode of the pause that the open segment is in.
    pub(super) pause_decode: Option<PauseDecode>,
    /// The language of the open segment, once a decode has settled it.
    pub(super) language: Option<Language>,
    /// The language that the newest decode found, until one settles it.
    pub(super) language_guess: Option<Language>,
    /// The text of the newest final.
    pub(super) previous_text: String,
    /// Words of the segment before that decodes of the open segment will contain again.
    pub(super) overlap_words: Vec<Word>,
    /// Whether the newest partial ended with words that may still change.
    pub(super) has_tail: bool,
    /// Whether the newest decode was a loop.
    pub(super) last_was_loop: bool,
    /// The start and the words of the segment before, if it was a fragment.
    pub(super) fragment: Option<(MediaTime, Vec<Word>)>,
    /// Whether the model is too slow here for partials.
    pub(super) finals_only: bool,
    /// How long it has waited for engines.
    pub(super) turns: Turns,
    /// The end of the newest word shown of the open segment, or the segment's start.
    pub(super) shown_to: MediaTime,
    /// The trace of the newest frame.
    pub(super) trace: Option<Trace>,
    /// When the previous frame was done.
    pub(super) last_done: Option<Instant>,
}

/// The decode of a pause. The final is made of it if nobody goes on.
#[derive(Debug)]
pub(super) struct PauseDecode {
    /// The end of the speech before the pause.
    pub(super) speech_end: MediaTime,
    pub(super) decoded: Vec<DecodedWord>,
}

impl<R: Recogniser> Recognise<R> {
    /// `engines`: one of its own, or a pool that it shares.
    pub fn new(
        settings: RecogniseSettings,
        engines: impl Into<EnginePool<R>>,
        voice: impl VoiceActivity,
    ) -> Recognise<R> {
        Recognise {
            endpoint: Endpoint::new(settings.endpoint),
            agreement: LocalAgreement::new(settings.agreement),
            scheduler: DecodeScheduler::new(settings.scheduler),
            hallucination_filter: HallucinationFilter::new(settings.hallucination_filter.clone()),
            gauge: StageGauge::new(""),
            settings,
            engines: engines.into(),
            voice: Box::new(voice),
            audio: AudioBuffer::default(),
            has_recovered: false,
            window_start: MediaTime::ZERO,
            pause_decode: None,
            language: None,
            language_guess: None,
            previous_text: String::new(),
            overlap_words: Vec::new(),
            has_tail: false,
            last_was_loop: false,
            fragment: None,
            finals_only: false,
            turns: Turns::default(),
            shown_to: MediaTime::ZERO,
            trace: None,
            last_done: None,
        }
    }

    /// Counts each step of falling behind and each filtered hallucination on `gauge`.
    #[must_use]
    pub fn counting_on(self, gauge: Arc<StageGauge>) -> Recognise<R> {
        Recognise { gauge, ..self }
    }

    pub(super) fn traced(&self, begun: Instant) -> Trace {
        let done = Instant::now();
        recognised(self.trace.unwrap_or_else(|| Trace::starting(begun)), Hop { begun, done })
    }
}
