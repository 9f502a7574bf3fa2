//! What a server may be told: where it listens, who may come, how much it keeps, and how long it waits.
use std::{net::IpAddr, time::Duration};

use tokio::sync::Semaphore;

use crate::{
    message::{RelayFilter, Retention},
    serve::{
        access::{limits::PerAddress, rights::Tokens, tls::TlsFiles},
        cluster::ClusterSettings,
    },
};

#[derive(Clone, Debug)]
pub struct Settings {
    /// A name or an address to listen on.
    pub host: String,
    /// 0 lets the system choose.
    pub port: u16,
    /// Beside loopback ones, the `Host` headers that a server on a loopback address answers to.
    pub hosts: Vec<String>,
    /// The web origins whose pages may read, `*` for all. None: all where others reach the server, on loopback addresses its own pages only.
    pub origins: Vec<String>,
    pub keep: Retention,
    /// Which events of clients are passed on to all clients.
    pub relay: RelayFilter,
    /// Bytes that relayed events on their way may take; who is further behind is disconnected.
    pub relay_room: usize,
    pub tokens: Tokens,
    /// `None`: it serves alone.
    pub cluster: Option<ClusterSettings>,
    /// `None`: it speaks no TLS.
    pub tls: Option<TlsFiles>,
    /// How often those files are looked at: new ones are read once they are the same at two looks.
    pub tls_look: Duration,
    pub per_address: PerAddress,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    pub max_viewers: usize,
    /// Bytes of one message from a client.
    pub max_payload: usize,
    /// A connection that takes nothing for so long is ended.
    pub stall: Duration,
    /// How often the stages are looked at, and how often viewers are told of them where nothing has changed.
    pub state_look: Duration,
    pub state_every: Duration,
    /// A source whose peak is below it, in dB of full scale, counts as silent: viewers are told at once where that changes.
    pub silence_db: i32,
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    /// How long a client may take for the head of a request.
    pub header_timeout: Duration,
    /// How long a client may take for the body of a request.
    pub body_timeout: Duration,
    /// How long what was said may take to be written, waiting for a turn included, and how long to be taken.
    pub write_timeout: Duration,
    pub take_timeout: Duration,
    pub lookup_timeout: Duration,
    /// How long the other end may take to hang up after us.
    pub farewell: Duration,
    /// How long to wait when the system gives no more connections.
    pub accept_pause: Duration,
    /// Bytes that the system may hold for one connection.
    pub send_buffer: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            host: "127.0.0.1".to_owned(),
            port: 31979,
            hosts: Vec::new(),
            origins: Vec::new(),
            keep: Retention::default(),
            relay: RelayFilter::Nothing,
            relay_room: 16 * 1024 * 1024,
            tokens: Tokens::default(),
            cluster: None,
            tls: None,
            tls_look: Duration::from_secs(5),
            per_address: PerAddress::default(),
            trusted_proxies: Vec::new(),
            max_viewers: 10_000,
            max_payload: 100_000,
            stall: Duration::from_secs(30),
            state_look: Duration::from_millis(200),
            state_every: Duration::from_secs(5),
            silence_db: -60,
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(20),
            write_timeout: Duration::from_secs(30),
            take_timeout: Duration::from_secs(300),
            lookup_timeout: Duration::from_secs(5),
            farewell: Duration::from_secs(2),
            accept_pause: Duration::from_millis(100),
            send_buffer: 256 * 1024,
        }
    }
}

impl Settings {
    /// Every viewer needs one, or two while it upgrades; the others are for pages and the API.
    pub(crate) fn max_connections(&self) -> usize {
        self.max_viewers.saturating_mul(2).saturating_add(1024).min(Semaphore::MAX_PERMITS)
    }
}
