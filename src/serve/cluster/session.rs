//! Connections to Redis, one after the other, for as long as there is something to do.
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

/// Why a connection to Redis is no good any more, in the client library's words, which hold no password.
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

/// What is done over connections to Redis, one after the other.
pub(super) trait Task: Send {
    /// What it is for, in words.
    const FOR: &'static str;

    /// Connects, says so to `link`, and works until the connection is no good any more; `Ok` when nothing is left to do.
    fn session(
        &mut self,
        link: &LinkState,
    ) -> impl Future<Output = Result<(), Disconnected>> + Send;
}

/// Whether a session came as far as being connected.
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

/// Connects again and again, with waits that double and are not the same for any two servers, until the work is done.
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
        // What is still to be brought when the server ends is tried once more.
        let last = ending.is_cancelled();
        let Err(why) = work.session(&link).await else { return };
        counts.reconnects.fetch_add(1, Relaxed);
        if link.was_up() {
            told = false;
            // One that is cut off again and again is not asked faster for that.
            if begun.elapsed() > *longest_wait {
                waits.begin_anew();
            }
        }
        // Once for each time it is away, however often it is tried.
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
