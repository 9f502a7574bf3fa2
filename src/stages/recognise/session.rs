//! What a recogniser is that takes sound as it comes and ends its segments itself: a streaming model, or a service.
use std::future::Future;

use crate::{
    flow::Fault,
    message::{Language, Word},
};

/// Opens sessions. Beside [`Recogniser`](super::Recogniser), which decodes a window again and again.
pub trait StreamingRecogniser: Send + Sync + 'static {
    type Session: StreamingSession;

    /// Begins with sound that has nothing to do with what came before. A [`Fault::Transient`] is tried again after a wait.
    fn open(&self) -> impl Future<Output = Result<Self::Session, Fault>> + Send;
}

/// One session: mono sound at 16 kHz in, hypotheses out, until it is finished. Times are those of its own sound, whose first
/// sample is at zero.
pub trait StreamingSession: Send + 'static {
    /// Takes the sound that follows. Waiting here is backpressure: sound waits on the stage's edge.
    fn push(&mut self, samples: &[f32]) -> impl Future<Output = Result<(), Fault>> + Send;

    /// The next hypothesis; `None` when all of a finished session were given. It must be cancel safe.
    fn next(&mut self) -> impl Future<Output = Result<Option<Hypothesised>, Fault>> + Send;

    /// No more sound comes. What is still open is to be ended with a final hypothesis.
    fn finish(&mut self) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What a session has recognised of the segment under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hypothesised {
    /// All words of the segment so far.
    pub words: Vec<Word>,
    /// The first so many will not change.
    pub stable: usize,
    /// The segment ends with these words; what follows is of the next one.
    pub is_final: bool,
    /// What it is spoken in, where the recogniser says so.
    pub language: Option<Language>,
}
