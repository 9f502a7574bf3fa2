//! An event of the log, whatever it tells.
use serde::{Deserialize, Serialize};

use super::{
    CaptionEvent, CaptionKind, CorrectionEvent, GapEvent, MarkEvent, TranslationEvent, WordTime,
};

/// An event of the log with all that its clients may ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    Caption(CaptionEvent),
    Translation(TranslationEvent),
    Gap(GapEvent),
    Mark(MarkEvent),
    Correction(CorrectionEvent),
}

impl Event {
    /// The number that it carries.
    pub fn seq(&self) -> Option<u64> {
        match self {
            Event::Caption(it) => Some(it.seq),
            Event::Translation(it) => it.seq,
            Event::Gap(it) => it.seq,
            Event::Mark(it) => Some(it.seq),
            Event::Correction(it) => Some(it.seq),
        }
    }

    pub fn is_partial(&self) -> bool {
        match self {
            Event::Caption(it) => it.kind == CaptionKind::Partial,
            Event::Translation(it) => it.kind == CaptionKind::Partial,
            Event::Gap(_) | Event::Mark(_) | Event::Correction(_) => false,
        }
    }

    /// Where it begins, in seconds of the audio timeline.
    pub fn start(&self) -> f64 {
        match self {
            Event::Caption(it) => it.start,
            Event::Translation(it) => it.start,
            Event::Gap(it) => it.start,
            Event::Mark(it) => it.start,
            Event::Correction(it) => it.start,
        }
    }

    /// The same event, told again `ms` after it was told first: its sound counts as captured so much later.
    #[must_use]
    pub fn later(mut self, ms: u64) -> Event {
        match &mut self {
            Event::Caption(it) => it.at.captured += ms,
            Event::Translation(it) => it.at.captured += ms,
            Event::Correction(it) => it.at += ms,
            Event::Gap(_) | Event::Mark(_) => (),
        }
        self
    }

    /// The same event of a run that began `offset` seconds after its event did, with its segment counted from `segments` on.
    #[must_use]
    pub fn moved(mut self, offset: f64, segments: u64) -> Event {
        // To the millisecond, as all times on the wire.
        let move_by = |at: &mut f64| *at = ((*at + offset) * 1000.0).round() / 1000.0;
        let move_words = |words: &mut Option<Vec<WordTime>>| {
            for word in words.iter_mut().flatten() {
                [&mut word.start, &mut word.end].into_iter().for_each(move_by);
            }
        };
        match &mut self {
            Event::Caption(it) => {
                it.segment += segments;
                [&mut it.start, &mut it.end].into_iter().for_each(move_by);
                move_words(&mut it.words);
            }
            Event::Correction(it) => {
                it.segment += segments;
                [&mut it.start, &mut it.end].into_iter().for_each(move_by);
                move_words(&mut it.words);
            }
            Event::Translation(it) => {
                it.segment += segments;
                [&mut it.start, &mut it.end].into_iter().for_each(move_by);
            }
            Event::Gap(it) => [&mut it.start, &mut it.end].into_iter().for_each(move_by),
            Event::Mark(it) => move_by(&mut it.start),
        }
        self
    }
}
