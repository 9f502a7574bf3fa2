//! The traits of a streaming recogniser, which takes audio as it comes and does its own endpointing: a streaming model, or a service.
use std::future::Future;

use crate::{
    flow::Fault,
    message::{Language, Word},
};

/// Opens sessions. The alternative to [`Recogniser`](super::Recogniser), which decodes whole windows again and again.
pub trait StreamingRecogniser: Send + Sync + 'static {
    type Session: StreamingSession;

    /// Opens a session for audio that does not continue earlier audio. A [`Fault::Transient`] is retried after a wait.
    fn open(&self) -> impl Future<Output = Result<Self::Session, Fault>> + Send;
}

/// One session: takes mono audio at 16 kHz and gives hypotheses, until it is finished. Times count from the first sample of
/// the session.
pub trait StreamingSession: Send + 'static {
    /// Takes the next audio. Waiting here is backpressure: audio waits on the stage's edge.
    fn push(&mut self, samples: &[f32]) -> impl Future<Output = Result<(), Fault>> + Send;

    /// The next hypothesis. `None` when a finished session has given all of them. Must be cancel safe.
    fn next(&mut self) -> impl Future<Output = Result<Option<SessionHypothesis>, Fault>> + Send;

    /// No more audio comes. The session must end an open segment with a final hypothesis.
    fn finish(&mut self) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// A hypothesis of the current segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionHypothesis {
    /// All words of the segment so far.
    pub words: Vec<Word>,
    /// The number of words, from the first on, that will not change.
    pub stable: usize,
    /// Whether the segment ends with these words. The next hypothesis is then of the next segment.
    pub is_final: bool,
    /// The spoken language, if the recogniser reports it.
    pub language: Option<Language>,
}
