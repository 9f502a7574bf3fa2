//! What the cluster's tasks use of the server that they work for.
use std::{net::SocketAddr, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::membership::Cluster;
use crate::{
    message::Retention,
    serve::{
        bell::Bell, captions::shared::Captions, pipeline::attached::Pipeline, relay::ring::Relay,
    },
    wire::Clock,
};

pub(crate) struct Site {
    pub(crate) cluster: Arc<Cluster>,
    /// Of this server among the others.
    pub(crate) id: String,
    /// Where its pages are.
    pub(crate) listening: SocketAddr,
    pub(crate) scheme: &'static str,
    pub(crate) clock: Clock,
    pub(crate) keep: Retention,
    pub(crate) captions: Arc<Captions>,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) relay: Arc<Relay>,
    pub(crate) bell: Bell,
    /// The server ends.
    pub(crate) ending: CancellationToken,
}
