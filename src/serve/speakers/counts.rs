//! What is counted of speakers, all of one server together.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::wire::RefusalCode;

#[derive(Debug, Default)]
pub(crate) struct SpeakerCounts {
    /// Sessions that began.
    pub(crate) sessions: AtomicU64,
    /// Connections that went on with a session.
    pub(crate) resumed: AtomicU64,
    /// Binary messages that were taken.
    pub(crate) messages: AtomicU64,
    /// Bytes of those.
    pub(crate) bytes: AtomicU64,
    /// Messages that had come before.
    pub(crate) repeated: AtomicU64,
    /// Times that a client's clock was set, or told wrong.
    pub(crate) clock_jumps: AtomicU64,
    /// By what was refused.
    refused: [AtomicU64; RefusalCode::ALL.len()],
}

impl SpeakerCounts {
    pub(crate) fn refuse(&self, code: RefusalCode) {
        if let Some(at) = RefusalCode::ALL.iter().position(|it| *it == code) {
            self.refused[at].fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn refused(&self) -> impl Iterator<Item = (RefusalCode, u64)> + '_ {
        RefusalCode::ALL.into_iter().zip(self.refused.iter().map(|it| it.load(Relaxed)))
    }
}
