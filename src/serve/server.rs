//! The server of one broadcast. It is bound once and outlives the runs of the stage.
use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpSocket, lookup_host},
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    flow::{Gate, Registry},
    message::Caption,
    serve::{
        access::{rights::Token, tls::Tls},
        addresses::Addresses,
        cluster::{self, Site},
        http::{listener::Listener, router},
        hub::Hub,
        journal::{self, Keeper},
        pipeline::editors::Editors,
        pipeline::log_buffer::LogBuffer,
        pipeline::publisher::Publisher,
        random::random_name,
        settings::Settings,
        socket::sessions::{self, Sockets},
    },
    wire::{Graph, Painted, TrackInfo},
};

/// Serves pages, events and the API until it is shut down.
pub struct Server {
    hub: Arc<Hub>,
    publisher: Publisher,
    address: SocketAddr,
    sockets: Sockets,
    viewers: TaskTracker,
    /// The task of its journal.
    journal: TaskTracker,
    /// The tasks of its cluster.
    cluster: TaskTracker,
    connections: TaskTracker,
    /// Cancelled when no more connections are accepted.
    closed: CancellationToken,
    /// Cancelled when all connections are to be closed.
    cut: CancellationToken,
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error(
        "{address} is taken by another program: end that one, or listen on another port (port 0 takes a free one)"
    )]
    Taken { address: String },
    #[error(
        "listening on {address} is not allowed: ports below 1024 are reserved, take a higher one"
    )]
    Denied { address: String },
    #[error(
        "{address} is no address of this machine: listen on 127.0.0.1, on one of its own, or on 0.0.0.0 for all"
    )]
    NotHere { address: String },
    #[error("`{host}` leads to no address: check the name, or write the address itself")]
    Unknown { host: String, source: io::Error },
    #[error("{0}")]
    Tls(String),
    #[error("cannot listen on {address}: {source}")]
    Other { address: String, source: io::Error },
}

impl Server {
    /// Binds the port and answers requests. Viewers receive `hello` once a pipeline is [attached](Self::attach).
    pub async fn bind(settings: Settings) -> Result<Server, BindError> {
        let tls = settings.tls.clone().map(Tls::read).transpose().map_err(BindError::Tls)?;
        let (tls, tls_watch) = tls.map(|(tls, watch)| (Arc::new(tls), watch)).unzip();
        let tls_look = settings.tls_look;
        let listener = listen(&settings).await?;
        let address = listener.local_addr().map_err(|error| refused(&settings.host, error))?;
        let loopback = address.ip().is_loopback();
        // A proxy on this machine forwards requests from anywhere.
        let only_here = loopback && settings.trusted_proxies.is_empty();
        let hub = Hub::new(settings, only_here);
        // It is new, so nobody has set it.
        let _ = hub.listening.set(address);
        let (captions, pipeline) = (hub.captions.clone(), hub.pipeline.clone());
        let publisher = Publisher::new(captions, pipeline, hub.clock);
        let viewers = TaskTracker::new();
        let (layer, sockets) = sessions::open(&hub, &viewers);
        let server = Server {
            address,
            sockets,
            viewers,
            journal: TaskTracker::new(),
            cluster: TaskTracker::new(),
            connections: TaskTracker::new(),
            closed: CancellationToken::new(),
            cut: CancellationToken::new(),
            publisher,
            hub,
        };
        let front = Arc::new(Listener {
            router: router::router(&server.hub, layer),
            sockets: server.sockets.clone(),
            room: Arc::new(Semaphore::new(server.hub.settings.max_connections())),
            hub: server.hub.clone(),
            tls: tls.clone(),
            guarded: loopback,
            connections: server.connections.clone(),
            closed: server.closed.clone(),
            cut: server.cut.clone(),
        });
        server.connections.spawn(front.accept(listener));
        if let (Some(tls), Some(watch)) = (tls, tls_watch) {
            let watch = tls.keep_watch(watch, tls_look);
            server.connections.spawn(server.closed.clone().run_until_cancelled_owned(watch));
        }
        let watch = server.hub.clone().keep_watch();
        server.connections.spawn(server.closed.clone().run_until_cancelled_owned(watch));
        if let Some(journal) = server.hub.settings.journal.clone() {
            let hub = &server.hub;
            let site = journal::Site {
                captions: hub.captions.clone(),
                bell: hub.bell.clone(),
                clock: hub.clock,
                states: hub.pipeline.states(),
                ending: hub.ending.clone(),
                returning: hub.returning.clone(),
            };
            let keeping = Keeper::new(site, journal).keep();
            server.journal.spawn(server.cut.clone().run_until_cancelled_owned(keeping));
        }
        if let Some(cluster) = &server.hub.cluster {
            let hub = &server.hub;
            let site = Site {
                cluster: cluster.clone(),
                id: hub.id.clone(),
                listening: address,
                scheme: hub.scheme(),
                clock: hub.clock,
                keep: hub.settings.keep,
                captions: hub.captions.clone(),
                pipeline: hub.pipeline.clone(),
                relay: hub.relay.clone(),
                bell: hub.bell.clone(),
                ending: hub.ending.clone(),
            };
            cluster::start(site, &server.cluster, &server.cut);
        }
        tracing::debug!(%address, "serving captions");
        Ok(server)
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address of its pages.
    pub fn url(&self) -> String {
        format!("{}://{}", self.hub.scheme(), self.address)
    }

    /// Where others find its pages, best first.
    pub fn addresses(&self) -> Addresses {
        self.hub.addresses_of_pages()
    }

    /// A new token that makes an operator until the server ends; `None` where the settings have one, or there is one of this run.
    /// Only its hash is kept.
    pub fn make_operator_token(&self) -> Option<String> {
        let rules = &self.hub.rules;
        let secret = random_name() + &random_name();
        let is_made = !rules.has_operator() && rules.of_this_run.set(Token::new(&secret)).is_ok();
        is_made.then_some(secret)
    }

    /// The number of viewers that are connected now.
    pub fn viewers(&self) -> usize {
        self.hub.viewers()
    }

    /// Whether it is a node: it delivers the captions of a pipeline on another server.
    pub fn is_node(&self) -> bool {
        self.hub.node().is_some()
    }

    /// Where a pipeline writes its captions. All publishers continue the same log and the same numbers.
    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// Every caption that is published from now on, with its whole trace. A slow receiver loses the oldest ones and delays
    /// nobody.
    pub fn published(&self) -> tokio::sync::broadcast::Receiver<Caption> {
        self.publisher.published()
    }

    /// What the page at [`measuring_url`](Self::measuring_url) shows from now on. A slow receiver loses the oldest.
    pub fn painted(&self) -> tokio::sync::broadcast::Receiver<Painted> {
        self.hub.paints.sender.subscribe()
    }

    /// The address of the caption page for the browser of this process. Only the paints that this page reports are measured.
    pub fn measuring_url(&self) -> String {
        format!("{}/?measure={}", self.url(), self.hub.paints.key)
    }

    /// Attaches the pipeline. `notice` is shown to every viewer.
    pub fn attach(&self, registry: Registry, tracks: Vec<TrackInfo>, notice: Option<String>) {
        self.hub.pipeline.attach(registry, tracks, notice);
    }

    /// Lets operators pause and end the pipeline.
    pub fn operate(&self, gate: Gate) {
        self.hub.pipeline.operate(gate);
    }

    /// Lets operators change what stages do while they run.
    pub fn edit(&self, editors: Editors) {
        self.hub.pipeline.edit(editors);
    }

    /// Lets operators see the plan behind it.
    pub fn draw(&self, graph: Graph) {
        self.hub.pipeline.diagnostics.draw(graph);
    }

    /// Lets operators read the program's own log.
    pub fn keep_log(&self, log_buffer: Arc<LogBuffer>) {
        self.hub.pipeline.diagnostics.keep_log(log_buffer);
    }

    /// The program was asked to stop, and may be started again: what its journal keeps goes on then. To be told before the
    /// pipeline drains.
    pub fn will_return(&self) {
        self.hub.returning.cancel();
    }

    /// Sends every viewer the rest of the log, as far as it reads it within `grace`, and closes.
    pub async fn shutdown(self, grace: Duration) {
        let until = Instant::now() + grace;
        // Nobody will look at it any more.
        self.publisher.let_all_go();
        // Viewers see what the journal has kept: without this they would part before the last of it.
        let _ = timeout_at(until, self.hub.captions.all_shown()).await;
        self.closed.cancel();
        self.hub.say_goodbye();
        self.viewers.close();
        self.hub.speakers.tasks.close();
        if timeout_at(until, self.viewers.wait()).await.is_err() {
            tracing::warn!(viewers = self.viewers.len(), "some viewers did not take all in time");
        }
        let _ = timeout_at(until, self.hub.speakers.tasks.wait()).await;
        self.journal.close();
        if timeout_at(until, self.journal.wait()).await.is_err() {
            tracing::error!("the journal did not take all in time");
        }
        self.cluster.close();
        self.connections.close();
        // At the same time, so that a Redis that hangs does not delay the end of viewers.
        let written = async {
            if timeout_at(until, self.cluster.wait()).await.is_err() {
                tracing::warn!("Redis did not take all in time");
            }
        };
        let parted = async {
            let _ = timeout_at(until, self.sockets.close()).await;
            let _ = timeout_at(until, self.connections.wait()).await;
        };
        tokio::join!(written, parted);
        self.cut.cancel();
    }
}

/// Dropping the server closes all connections.
impl Drop for Server {
    fn drop(&mut self) {
        self.closed.cancel();
        self.hub.say_goodbye();
        self.cut.cancel();
    }
}

/// Binds the first address of the host that can be bound.
async fn listen(settings: &Settings) -> Result<TcpListener, BindError> {
    let unknown = |source| BindError::Unknown { host: settings.host.clone(), source };
    let found =
        timeout(settings.lookup_timeout, lookup_host((settings.host.as_str(), settings.port)));
    let found = found.await.map_err(|late| unknown(late.into()))?.map_err(unknown)?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    // `localhost` may be IPv4 and IPv6: most clients try IPv4.
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let mut refusal = unknown(io::ErrorKind::NotFound.into());
    for address in addresses {
        match listen_on(address, settings.send_buffer) {
            Ok(listener) => return Ok(listener),
            Err(error) => refusal = refused(&address.to_string(), error),
        }
    }
    Err(refusal)
}

fn listen_on(address: SocketAddr, send_buffer: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // On Windows this option would let two programs share the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // Accepted sockets inherit it, so that the send buffer of a viewer that reads nothing is bounded.
    socket.set_send_buffer_size(send_buffer)?;
    socket.bind(address)?;
    socket.listen(1024)
}

fn refused(address: &str, source: io::Error) -> BindError {
    let address = address.to_owned();
    match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken { address },
        io::ErrorKind::PermissionDenied => BindError::Denied { address },
        io::ErrorKind::AddrNotAvailable => BindError::NotHere { address },
        _ => BindError::Other { address, source },
    }
}
