//! The parts of the server that the tasks of the cluster use.
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
    /// The id of this server.
    pub(crate) id: String,
    /// The address of its pages.
    pub(crate) listening: SocketAddr,
    pub(crate) scheme: &'static str,
    pub(crate) clock: Clock,
    pub(crate) keep: Retention,
    pub(crate) captions: Arc<Captions>,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) relay: Arc<Relay>,
    pub(crate) bell: Bell,
    /// The server is ending.
    pub(crate) ending: CancellationToken,
}
