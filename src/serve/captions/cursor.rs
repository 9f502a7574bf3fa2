//! How far one viewer has read the log, and what it is to be sent next.
use std::sync::Arc;

use super::entry::Entry;
use crate::wire::GapEvent;

/// What a viewer is to be sent next.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    Event(Arc<Entry>),
    /// What comes next for this viewer is no longer kept.
    History(GapEvent),
    /// The screen is to be cleared.
    Clear,
    End,
    /// The log belongs to another run now: the client starts again.
    Anew,
}

/// The position of one viewer in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The [turn](super::log::Log) that the other fields belong to.
    pub(super) turn: u64,
    /// The number of the next event to send.
    pub(crate) next: u64,
    /// The order of the newest partial that was sent.
    pub(super) partials: u64,
    /// The number of clearings that were sent.
    pub(super) clears: u64,
    pub(super) ended: bool,
}
