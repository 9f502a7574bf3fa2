//! What turns sound into words: the trait that an engine implements and the stage asks.
use crate::message::{Language, Word};

/// Blocks while it listens, so it lives on a thread of its own ([`Engine`](crate::flow::Engine)), where it is also made: it
/// need not be `Send`.
pub trait Recogniser: 'static {
    /// Looks at the whole of `speech`, 16 kHz mono in −1..1, without memory of earlier looks.
    fn look(&mut self, speech: &[f32]) -> Result<Hypothesis, RecogniseError>;
}

/// What one look heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    pub words: Vec<Word>,
    /// Whether it knows the words' spans, counted from the first sample of the look. If not, they are placed where
    /// somebody speaks.
    pub timed: bool,
    pub language: Language,
    /// The recogniser's own probability, 0 to 1, that nobody spoke.
    pub no_speech: f32,
}

/// A look that failed. The recogniser may well do better when it is started anew.
#[derive(Debug, thiserror::Error)]
#[error("the recogniser failed on {samples} samples of speech: {cause}")]
pub struct RecogniseError {
    pub samples: usize,
    pub cause: String,
}
