//! What a server is in its cluster, and what it counts there.
use std::{
    sync::atomic::{AtomicBool, AtomicU64},
    time::Duration,
};

use super::{address::ClusterAddress, writer_status::Node};

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
pub(crate) struct Cluster {
    pub(crate) settings: ClusterSettings,
    /// Where it only delivers.
    pub(crate) node: Option<Node>,
    pub(crate) counts: Counts,
}

/// What is counted of a cluster.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Numbered events that a writer has put into Redis, or a node has read from there.
    pub(crate) appended: AtomicU64,
    pub(crate) read: AtomicU64,
    /// Those that left the history before Redis took them, or before a node could read them.
    pub(crate) lost: AtomicU64,
    /// What was read and could not be meant.
    pub(crate) refused: AtomicU64,
    /// Connections to Redis that were lost, or failed.
    pub(crate) reconnects: AtomicU64,
    /// Events of clients that went out, that came in, and that did not cross.
    pub(crate) crossed_out: AtomicU64,
    pub(crate) crossed_in: AtomicU64,
    pub(crate) not_crossed: AtomicU64,
    /// The number of the last event that is in Redis.
    pub(crate) in_redis: AtomicU64,
    pub(crate) connected: AtomicBool,
    /// A newer run has the broadcast.
    pub(crate) stood_down: AtomicBool,
}

impl Cluster {
    pub(crate) fn new(settings: ClusterSettings) -> Cluster {
        let node = || Node::new(settings.address.to_string(), settings.look);
        let node = (settings.role == Role::Node).then(node);
        Cluster { settings, node, counts: Counts::default() }
    }
}
