//! One event as a line of JSON on a pipe.
use serde::{Deserialize, Serialize};

use super::{CaptionEvent, CaptionKind, Clock, GapEvent, TranslationEvent};
use crate::message::{Gap, Transcript};

/// One line of JSON on a pipe: the type and the text first, then the fields of the event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    Intermediate(CaptionEvent),
    Final(CaptionEvent),
    Translation(TranslationEvent),
    Gap(GapEvent),
}

impl Line {
    /// As [`CaptionEvent::new`], with its words.
    pub fn caption(transcript: &Transcript, seq: u64, clock: &Clock) -> Line {
        let event = CaptionEvent::new(transcript, seq, clock, true);
        match event.kind {
            CaptionKind::Partial => Line::Intermediate(event),
            CaptionKind::Final => Line::Final(event),
        }
    }

    pub fn gap(gap: &Gap, seq: u64) -> Line {
        Line::Gap(GapEvent::new(gap, seq))
    }
}
