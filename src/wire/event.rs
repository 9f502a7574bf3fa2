//! An event of the log, whatever it tells.
use serde::{Deserialize, Serialize};

use super::{CaptionEvent, CaptionKind, GapEvent, MarkEvent, TranslationEvent};

/// An event of the log with all that its clients may ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    Caption(CaptionEvent),
    Translation(TranslationEvent),
    Gap(GapEvent),
    Mark(MarkEvent),
}

impl Event {
    /// The number that it carries.
    pub fn seq(&self) -> Option<u64> {
        match self {
            Event::Caption(it) => Some(it.seq),
            Event::Translation(it) => it.seq,
            Event::Gap(it) => it.seq,
            Event::Mark(it) => Some(it.seq),
        }
    }

    pub fn is_partial(&self) -> bool {
        match self {
            Event::Caption(it) => it.kind == CaptionKind::Partial,
            Event::Translation(it) => it.kind == CaptionKind::Partial,
            Event::Gap(_) | Event::Mark(_) => false,
        }
    }

    /// Where it begins, in seconds of the audio timeline.
    pub fn start(&self) -> f64 {
        match self {
            Event::Caption(it) => it.start,
            Event::Translation(it) => it.start,
            Event::Gap(it) => it.start,
            Event::Mark(it) => it.start,
        }
    }
}
