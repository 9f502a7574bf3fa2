//! Reconnects to Redis, as long as there is work.
use std::{
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::membership::{Cluster, ClusterSettings};
use crate::logic::backoff::Backoff;

/// Why a connection to Redis failed, as the library says it, which includes no password.
#[derive(Debug)]
pub(super) struct Disconnected(pub(super) String);

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<redis::RedisError> for Disconnected {
    fn from(error: redis::RedisError) -> Disconnected {
        Disconnected(error.to_string())
    }
}

impl From<socketioxide_redis::drivers::redis::RedisError> for Disconnected {
    fn from(error: socketioxide_redis::drivers::redis::RedisError) -> Disconnected {
        Disconnected(error.to_string())
    }
}

/// Work that needs a connection to Redis.
pub(super) trait Task: Send {
    /// Its purpose, for the log.
    const FOR: &'static str;

    /// Connects, reports it to `link`, and works until the connection fails; `Ok` when all work is done.
    fn session(
        &mut self,
        link: &LinkState,
    ) -> impl Future<Output = Result<(), Disconnected>> + Send;
}

/// Whether a session was connected.
#[derive(Debug, Default)]
pub(super) struct LinkState(AtomicBool);

impl LinkState {
    pub(super) fn came_up(&self) {
        self.0.store(true, Relaxed);
    }

    fn was_up(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// Connects again and again until the work is done. The waits double, and a random part makes servers try at different times.
pub(super) async fn keep_up<W: Task>(
    cluster: Arc<Cluster>,
    ending: CancellationToken,
    mut work: W,
) {
    let Cluster { settings, counts, .. } = &*cluster;
    let ClusterSettings { address, wait: shortest, longest_wait, .. } = settings;
    let (mut waits, mut told) = (Backoff::new(*shortest, *longest_wait), false);
    loop {
        let (link, begun) = (LinkState::default(), Instant::now());
        // When the server ends, the rest is tried once more.
        let last = ending.is_cancelled();
        let Err(why) = work.session(&link).await else { return };
        counts.reconnects.fetch_add(1, Relaxed);
        if link.was_up() {
            told = false;
            // Connections that fail soon do not reset the waits.
            if begun.elapsed() > *longest_wait {
                waits.begin_anew();
            }
        }
        // Logged once per outage.
        if !told {
            tracing::warn!(redis = %address, %why, "away: {}; trying again and again", W::FOR);
            told = true;
        }
        if last {
            return;
        }
        let _ = ending.run_until_cancelled(sleep(waits.spread_wait(rand::random()))).await;
    }
}
