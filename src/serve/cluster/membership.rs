//! What a server is in its cluster, and what it counts there.
use std::{
    sync::atomic::{AtomicBool, AtomicU64},
    time::Duration,
};

use super::{address::ClusterAddress, heard::Node};

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
pub(in crate::serve) struct Cluster {
    pub(in crate::serve) settings: ClusterSettings,
    /// Where it only delivers.
    pub(in crate::serve) node: Option<Node>,
    pub(in crate::serve) counts: Counts,
}

/// What is counted of a cluster.
#[derive(Debug, Default)]
pub(in crate::serve) struct Counts {
    /// Numbered events that a writer has put into Redis, or a node has read from there.
    pub(in crate::serve) appended: AtomicU64,
    pub(in crate::serve) read: AtomicU64,
    /// Those that left the history before Redis took them, or before a node could read them.
    pub(in crate::serve) lost: AtomicU64,
    /// What was read and could not be meant.
    pub(in crate::serve) refused: AtomicU64,
    /// Connections to Redis that were lost, or failed.
    pub(in crate::serve) reconnects: AtomicU64,
    /// Events of clients that went out, that came in, and that did not cross.
    pub(in crate::serve) crossed_out: AtomicU64,
    pub(in crate::serve) crossed_in: AtomicU64,
    pub(in crate::serve) not_crossed: AtomicU64,
    /// The number of the last event that is in Redis.
    pub(in crate::serve) in_redis: AtomicU64,
    pub(in crate::serve) connected: AtomicBool,
    /// A newer run has the broadcast.
    pub(in crate::serve) stood_down: AtomicBool,
}

impl Cluster {
    pub(in crate::serve) fn new(settings: ClusterSettings) -> Cluster {
        let node = || Node::new(settings.address.to_string(), settings.look);
        let node = (settings.role == Role::Node).then(node);
        Cluster { settings, node, counts: Counts::default() }
    }
}
