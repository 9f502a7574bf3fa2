//! Several servers as one, by way of Redis: the broadcast of a pipeline writes what it gives, nodes read it and deliver it,
//! and what clients emit crosses between all of them. Described in `docs/cluster.md`.
use std::{
    fmt,
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{hub::Hub, relay::Passes};
use crate::{logic::backoff::Backoff, stages::chance::chance};

mod address;
mod append;
mod crossing;
mod frame;
mod heard;
mod judge;
mod node;
mod reach;
pub(super) mod shape;
mod store;
mod writer;

pub use address::ClusterAddress;
pub(super) use heard::Node;

#[derive(Clone, Debug)]
pub struct ClusterSettings {
    pub address: ClusterAddress,
    pub role: Role,
    /// Where a writer's pages are, as nodes are told; none: an address that is found out.
    pub public_url: Option<String>,
    /// How often Redis is looked at where nothing comes from it.
    pub look: Duration,
    /// How long it may take to connect.
    pub connect: Duration,
    /// How long Redis may take to answer.
    pub answer: Duration,
    /// After a failure; each further wait is about twice as long.
    pub wait: Duration,
    /// But no longer than this.
    pub longest_wait: Duration,
}

/// What a server does in its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It writes what its pipeline gives.
    Writer,
    /// It delivers what a writer elsewhere gives.
    Node,
}

impl ClusterSettings {
    pub fn new(address: ClusterAddress, role: Role) -> ClusterSettings {
        ClusterSettings {
            address,
            role,
            public_url: None,
            look: Duration::from_secs(1),
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(5),
            wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(5),
        }
    }
}

/// What a server knows of its cluster.
pub(super) struct Cluster {
    pub(super) settings: ClusterSettings,
    /// Where it only delivers.
    pub(super) node: Option<Node>,
    pub(super) counts: Counts,
}

/// What is counted of a cluster.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Numbered events that a writer has put into Redis, or a node has read from there.
    pub(super) appended: AtomicU64,
    pub(super) read: AtomicU64,
    /// Those that left the history before Redis took them, or before a node could read them.
    pub(super) lost: AtomicU64,
    /// What was read and could not be meant.
    pub(super) refused: AtomicU64,
    /// Connections to Redis that were lost, or failed.
    pub(super) reconnects: AtomicU64,
    /// Events of clients that went out, that came in, and that did not cross.
    pub(super) crossed_out: AtomicU64,
    pub(super) crossed_in: AtomicU64,
    pub(super) not_crossed: AtomicU64,
    /// The number of the last event that is in Redis.
    pub(super) in_redis: AtomicU64,
    pub(super) connected: AtomicBool,
    /// A newer run has the broadcast.
    pub(super) stood_down: AtomicBool,
}

impl Cluster {
    pub(super) fn new(settings: ClusterSettings) -> Cluster {
        let node = || Node::new(settings.address.to_string(), settings.look);
        let node = (settings.role == Role::Node).then(node);
        Cluster { settings, node, counts: Counts::default() }
    }
}

/// Why a connection to Redis is no good any more, in the client library's words, which hold no password.
#[derive(Debug)]
struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<redis::RedisError> for Broken {
    fn from(error: redis::RedisError) -> Broken {
        Broken(error.to_string())
    }
}

impl From<socketioxide_redis::drivers::redis::RedisError> for Broken {
    fn from(error: socketioxide_redis::drivers::redis::RedisError) -> Broken {
        Broken(error.to_string())
    }
}

/// What is done over connections to Redis, one after the other.
trait Work: Send {
    /// What it is for, in words.
    const FOR: &'static str;

    /// Connects, says so to `link`, and works until the connection is no good any more; `Ok` when nothing is left to do.
    fn session(&mut self, link: &Link) -> impl Future<Output = Result<(), Broken>> + Send;
}

/// Whether a session came as far as being connected.
#[derive(Debug, Default)]
struct Link(AtomicBool);

impl Link {
    fn came_up(&self) {
        self.0.store(true, Relaxed);
    }

    fn was_up(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// Begins what the server that listens there does in its cluster, if it is in one. The tasks end by themselves when the server does,
/// a writer's once Redis has all there is; `cut` ends them at once.
pub(super) fn start(
    hub: &Arc<Hub>,
    listening: SocketAddr,
    tasks: &TaskTracker,
    cut: &CancellationToken,
) {
    let Some(cluster) = &hub.cluster else { return };
    // For `rediss://`. Another part of the program may have done so already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match cluster.settings.role {
        Role::Writer => {
            let writing = keep_up(hub.clone(), writer::Writer::new(hub.clone(), listening));
            tasks.spawn(cut.clone().run_until_cancelled_owned(writing));
        }
        Role::Node => {
            let reading = keep_up(hub.clone(), node::Reader::new(hub.clone()));
            tasks.spawn(hub.ending.clone().run_until_cancelled_owned(reading));
        }
    }
    if hub.settings.relay != Passes::Nothing {
        let crossing = keep_up(hub.clone(), crossing::Crossing::new(hub.clone()));
        tasks.spawn(hub.ending.clone().run_until_cancelled_owned(crossing));
    }
}

/// Connects again and again, with waits that double and are not the same for any two servers, until the work is done.
async fn keep_up<W: Work>(hub: Arc<Hub>, mut work: W) {
    let Some(Cluster { settings, counts, .. }) = &hub.cluster else { return };
    let ClusterSettings { address, wait: shortest, longest_wait, .. } = settings;
    let (mut waits, mut told) = (Backoff::new(*shortest, *longest_wait), false);
    loop {
        let (link, begun) = (Link::default(), Instant::now());
        // What is still to be brought when the server ends is tried once more.
        let last = hub.ending.is_cancelled();
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
        let _ = hub.ending.run_until_cancelled(sleep(waits.wait(chance()))).await;
    }
}
