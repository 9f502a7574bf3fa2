//! The counters of a server.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Events sent to viewers.
    pub(crate) delivered: AtomicU64,
    /// Accepted connections.
    pub(crate) connections: AtomicU64,
    /// Viewers, connections and handshakes refused because there were too many.
    pub(crate) turned_away: AtomicU64,
    /// Viewers that read nothing for too long, or fell behind the relay.
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
