//! One word of a hypothesis, as a decode gave it.
use crate::message::Word;

/// A word of one decode, with the recogniser's own confidence in it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedWord {
    pub word: Word,
    /// The probability of the word's least likely token, 0 to 1.
    pub probability: f32,
    /// The probability of the least likely token of the punctuation behind the word, 0 to 1. It is 1 without punctuation.
    pub punctuation_probability: f32,
}

/// A word of the previous decode that was not committed.
#[derive(Debug)]
pub(super) struct PreviousWord {
    pub(super) word: Word,
    pub(super) probability: f32,
    /// How many decodes in a row have contained it.
    pub(super) decodes: usize,
}
