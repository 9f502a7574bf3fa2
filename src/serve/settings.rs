//! The settings of a server: address, access, retention, limits and timeouts.
use std::{net::IpAddr, time::Duration};

use tokio::sync::Semaphore;

use crate::{
    message::{RelayFilter, Retention},
    serve::{
        access::{limits::PerAddress, rights::Tokens, tls::TlsFiles},
        archive::ArchiveSettings,
        cluster::ClusterSettings,
        files::FileDoor,
        journal::JournalSettings,
        pipeline::event_page::EventPage,
        speakers::SpeakerPlaces,
    },
};

#[derive(Clone, Debug)]
pub struct Settings {
    /// The name or address to listen on.
    pub host: String,
    /// 0 lets the system choose.
    pub port: u16,
    /// `Host` headers that a server on a loopback address accepts beside loopback ones.
    pub hosts: Vec<String>,
    /// The web origins whose pages may read, `*` for all. None: all where others reach the server, on loopback addresses its own pages only.
    pub origins: Vec<String>,
    pub keep: Retention,
    /// Captions reach readers only after this time: until then operators may change them.
    pub hold_back: Option<Duration>,
    /// Which events of clients are passed on to all clients.
    pub relay: RelayFilter,
    /// Bytes of relayed events that are kept for viewers; a viewer that is further behind is disconnected.
    pub relay_room: usize,
    pub tokens: Tokens,
    /// Who may speak here.
    pub speakers: SpeakerPlaces,
    /// Who transcribes files that are sent here.
    pub files: Option<FileDoor>,
    /// `None`: no cluster.
    pub cluster: Option<ClusterSettings>,
    /// `None`: nothing is kept beyond the history in memory.
    pub journal: Option<JournalSettings>,
    /// `None`: there is no archive.
    pub archive: Option<ArchiveSettings>,
    /// The address of its pages for others, which goes before those of this machine.
    pub public_url: Option<String>,
    /// What the pages say of the event.
    pub page: Option<EventPage>,
    /// `None`: no TLS.
    pub tls: Option<TlsFiles>,
    /// How often those files are checked. New ones are loaded once they are unchanged at two checks.
    pub tls_look: Duration,
    pub per_address: PerAddress,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpAddr>,
    pub max_viewers: usize,
    /// The most bytes of one message from a client.
    pub max_payload: usize,
    /// A connection that reads nothing for so long is closed.
    pub stall: Duration,
    /// How often the stages are polled, and how often their state is sent to viewers where nothing has changed.
    pub state_look: Duration,
    pub state_every: Duration,
    /// A source with a peak below this, in dB of full scale, counts as silent. Viewers are sent such a change at once.
    pub silence_db: i32,
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    /// How long a client may take for the head of a request.
    pub header_timeout: Duration,
    /// How long a client may take for the body of a request.
    pub body_timeout: Duration,
    /// How long a transcript may take to be written, waiting for a permit included, and how long to be downloaded.
    pub write_timeout: Duration,
    pub take_timeout: Duration,
    pub lookup_timeout: Duration,
    /// How long a client may take to close a connection after the server did.
    pub farewell: Duration,
    /// How long to wait when the system refuses to accept a connection.
    pub accept_pause: Duration,
    /// Bytes of the send buffer of one connection.
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
            hold_back: None,
            relay: RelayFilter::Nothing,
            relay_room: 16 * 1024 * 1024,
            tokens: Tokens::default(),
            speakers: SpeakerPlaces::default(),
            files: None,
            cluster: None,
            journal: None,
            archive: None,
            public_url: None,
            page: None,
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
    /// A viewer needs one connection, or two while it upgrades; the others are for pages and the API.
    pub(crate) fn max_connections(&self) -> usize {
        self.max_viewers.saturating_mul(2).saturating_add(1024).min(Semaphore::MAX_PERMITS)
    }
}
