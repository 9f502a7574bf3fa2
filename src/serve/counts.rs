//! What a server counts as it goes.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Events handed to the connections of viewers.
    pub(crate) delivered: AtomicU64,
    /// Connections taken.
    pub(crate) connections: AtomicU64,
    /// Viewers, connections and handshakes turned away because there were too many.
    pub(crate) turned_away: AtomicU64,
    /// Viewers who took nothing for too long, or were left behind by the relay.
    pub(crate) too_slow: AtomicU64,
}

impl Counts {
    pub(crate) fn add_delivered(&self) {
        self.delivered.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_connection(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_turned_away(&self) {
        self.turned_away.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_too_slow(&self) {
        self.too_slow.fetch_add(1, Relaxed);
    }
}
