//! What transcripts are made of: one final each, in the language that is wanted.
use crate::{message::Speaker, wire::WordTime};

/// One final of the transcript.
pub(super) struct Piece {
    pub(super) track: String,
    pub(super) lang: String,
    pub(super) speaker: Option<Speaker>,
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) text: String,
    pub(super) words: Vec<WordTime>,
}
