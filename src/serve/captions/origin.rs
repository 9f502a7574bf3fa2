//! The run of a log, and where it begins in the event that it continues: its timeline, and the segments of its tracks.
use std::collections::BTreeMap;

use crate::wire::{Continued, Event};

/// The run of a pipeline that a log belongs to. A client compares it to know whether its numbers are still valid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) stream: String,
    /// Unix time in ms.
    pub(crate) started_at: u64,
}

/// The default is that of an event's first run.
#[derive(Default)]
pub(super) struct Origin {
    /// Seconds.
    offset: f64,
    /// The number of the first segment of each track.
    segments: BTreeMap<String, u64>,
}

impl Origin {
    pub(super) fn of(continued: &Continued) -> Origin {
        Origin { offset: continued.offset, segments: continued.segments.clone() }
    }

    pub(super) fn offset(&self) -> f64 {
        self.offset
    }

    /// The event as it stands in the log, of one as the run tells it.
    pub(super) fn moved(&self, event: Event) -> Event {
        let track = match &event {
            Event::Caption(it) => Some(&it.track),
            Event::Translation(it) => Some(&it.track),
            // Whoever corrects names the segment as readers know it.
            Event::Gap(_) | Event::Mark(_) | Event::Correction(_) => None,
        };
        let segments = track.and_then(|it| self.segments.get(it)).copied().unwrap_or_default();
        if segments == 0 && self.offset == 0.0 { event } else { event.moved(self.offset, segments) }
    }
}
