//! The role of a server in its cluster, and its counters there.
use std::{
    sync::atomic::{AtomicBool, AtomicU64},
    time::Duration,
};

use super::{address::ClusterAddress, writer_status::Node};

#[derive(Clone, Debug)]
pub struct ClusterSettings {
    pub address: ClusterAddress,
    pub role: Role,
    /// The address of a writer's pages for nodes; `None`: one that is detected.
    pub public_url: Option<String>,
    /// How often Redis is polled if nothing comes from it.
    pub look: Duration,
    /// The timeout of a connection attempt.
    pub connect: Duration,
    /// The timeout of a response.
    pub answer: Duration,
    /// The wait after a failure; each further wait is about twice as long.
    pub wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
}

/// The role of a server in its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It writes the captions of its pipeline.
    Writer,
    /// It delivers the captions of a writer.
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

/// The state of a server in its cluster.
pub(crate) struct Cluster {
    pub(crate) settings: ClusterSettings,
    /// `Some` on a node.
    pub(crate) node: Option<Node>,
    pub(crate) counts: Counts,
}

/// The counters of a cluster.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Numbered events that a writer has put into Redis, or a node has read from there.
    pub(crate) appended: AtomicU64,
    pub(crate) read: AtomicU64,
    /// Events that left the history before they reached Redis, or before a node could read them.
    pub(crate) lost: AtomicU64,
    /// Entries and messages that were not valid.
    pub(crate) refused: AtomicU64,
    /// Connections to Redis that were lost, or failed.
    pub(crate) reconnects: AtomicU64,
    /// Relayed events that were sent, received, and lost.
    pub(crate) crossed_out: AtomicU64,
    pub(crate) crossed_in: AtomicU64,
    pub(crate) not_crossed: AtomicU64,
    /// The number of the last event that is in Redis.
    pub(crate) in_redis: AtomicU64,
    pub(crate) connected: AtomicBool,
    /// A newer run has taken over the broadcast.
    pub(crate) stood_down: AtomicBool,
}

impl Cluster {
    pub(crate) fn new(settings: ClusterSettings) -> Cluster {
        let node = || Node::new(settings.address.to_string(), settings.look);
        let node = (settings.role == Role::Node).then(node);
        Cluster { settings, node, counts: Counts::default() }
    }
}
