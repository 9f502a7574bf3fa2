//! What the cluster's tasks use of the server that they work for.
use std::{net::SocketAddr, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::{
    super::{bell::Bell, captions::Captions, log::Keep, pipeline::Pipeline, relay::Relay},
    membership::Cluster,
};
use crate::wire::Clock;

pub(in crate::serve) struct Site {
    pub(in crate::serve) cluster: Arc<Cluster>,
    /// Of this server among the others.
    pub(in crate::serve) id: String,
    /// Where its pages are.
    pub(in crate::serve) listening: SocketAddr,
    pub(in crate::serve) scheme: &'static str,
    pub(in crate::serve) clock: Clock,
    pub(in crate::serve) keep: Keep,
    pub(in crate::serve) captions: Arc<Captions>,
    pub(in crate::serve) pipeline: Arc<Pipeline>,
    pub(in crate::serve) relay: Arc<Relay>,
    pub(in crate::serve) bell: Bell,
    /// The server ends.
    pub(in crate::serve) ending: CancellationToken,
}
