//! What a journal takes of a broadcast's log, and what it gives back when the program is started again.
use std::collections::BTreeMap;

use super::{Event, SoundFile};

/// The state of an event when a run begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Continued {
    pub stream: String,
    /// Unix time in ms of the event's first run.
    pub started_at: u64,
    /// The number of the next entry; 1 for a new event.
    pub next: u64,
    /// How often the screen was cleared, and the number of the entry after the last time.
    pub clears: (u64, u64),
    /// The newest entries, in order, each with the Unix time in ms when it was published.
    pub entries: Vec<(Event, u64)>,
    /// The number of the next segment of each track.
    pub segments: BTreeMap<String, u64>,
    /// Seconds from the event's beginning to this run's: its sound begins there on the event's timeline.
    pub offset: f64,
    /// Segments that a crash had left open, and that are closed now.
    pub closed: usize,
}

/// What is committed together, or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Unix time in ms.
    pub now: u64,
    /// New entries, in order: number, Unix time in ms when it was published, the event as [`Event`] writes it.
    pub entries: Vec<(u64, u64, String)>,
    /// The newest partial of each open segment, where they have changed: they replace those before.
    pub open: Option<Vec<String>>,
    /// States of the pipeline that have changed, as JSON.
    pub notes: Vec<(&'static str, String)>,
    /// Files of sound that were begun, on the event's timeline.
    pub sounds: Vec<SoundFile>,
    /// How often the screen was cleared, and the number of the entry after the last time.
    pub clears: (u64, u64),
    /// The pipeline has ended: no later run continues this event.
    pub ended: bool,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        let Batch { entries, open, notes, sounds, ended, .. } = self;
        entries.is_empty() && open.is_none() && notes.is_empty() && sounds.is_empty() && !ended
    }
}
