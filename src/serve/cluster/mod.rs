//! Several servers as one, through Redis: the server of a pipeline writes its captions, nodes read and deliver them, and events of
//! clients are relayed between all of them. Described in `docs/cluster.md`.
use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::session::keep_up;

mod address;
mod append;
mod frame;
mod heartbeat;
mod membership;
mod messages;
mod node;
mod ordering;
mod reach;
mod relay_bridge;
mod session;
mod site;
mod store;
mod writer;
mod writer_status;

pub use address::ClusterAddress;
pub(super) use membership::Cluster;
pub use membership::{ClusterSettings, Role};
pub(super) use site::Site;
pub(super) use writer_status::Node;

/// Starts the tasks of a server in its cluster. They end with the server, those of a writer once Redis has everything; `cut` ends
/// them at once.
pub(super) fn start(site: Site, tasks: &TaskTracker, cut: &CancellationToken) {
    // For `rediss://`. It fails where a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ending = site.ending.clone();
    let site = Arc::new(site);
    let cluster = || site.cluster.clone();
    match site.cluster.settings.role {
        Role::Writer => {
            let writing = keep_up(cluster(), ending.clone(), writer::Writer::new(site.clone()));
            tasks.spawn(cut.clone().run_until_cancelled_owned(writing));
        }
        Role::Node => {
            let reading = keep_up(cluster(), ending.clone(), node::Reader::new(site.clone()));
            tasks.spawn(ending.clone().run_until_cancelled_owned(reading));
        }
    }
    if site.relay.passes_any() {
        let bridge =
            keep_up(cluster(), ending.clone(), relay_bridge::RelayBridge::new(site.clone()));
        tasks.spawn(ending.run_until_cancelled_owned(bridge));
    }
}
