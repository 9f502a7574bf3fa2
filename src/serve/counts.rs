//! What a server counts as it goes.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Events handed to the connections of viewers.
    pub(super) delivered: AtomicU64,
    /// Connections taken.
    pub(super) connections: AtomicU64,
    /// Viewers, connections and handshakes turned away because there were too many.
    pub(super) turned_away: AtomicU64,
    /// Viewers who took nothing for too long, or were left behind by the relay.
    pub(super) too_slow: AtomicU64,
}

impl Counts {
    pub(super) fn add_delivered(&self) {
        self.delivered.fetch_add(1, Relaxed);
    }

    pub(super) fn add_connection(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn add_turned_away(&self) {
        self.turned_away.fetch_add(1, Relaxed);
    }

    pub(super) fn add_too_slow(&self) {
        self.too_slow.fetch_add(1, Relaxed);
    }
}
