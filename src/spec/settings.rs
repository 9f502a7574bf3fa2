//! The settings of each kind of stage, resolved: absolute paths, whole lengths of time, defaults filled in.
use std::{
    collections::BTreeMap, fmt, net::IpAddr, num::NonZeroUsize, path::PathBuf, time::Duration,
};

pub use crate::message::{
    BreakerSettings, Channel, PlaybackSpeed, RawFormat, RecordFormat, RecordSettings, RelayFilter,
    Retention, SampleFormat, SubtitleFormat, SubtitleSettings, WhenExists,
};
use crate::message::{Language, Speaker};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Microphone {
    pub device: DeviceChoice,
    pub channel: Channel,
    pub speaker: Option<Speaker>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    Default,
    /// A device's name or a part of it.
    Named(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    pub path: PathBuf,
    pub channel: Channel,
    /// Which of the tracks of sound, counted from 1; `None`: the one that the file marks, or else the first.
    pub track: Option<NonZeroUsize>,
    pub speed: PlaybackSpeed,
    /// Where in the file to begin.
    pub start: Duration,
    /// Begin anew at `start` after the end, for ever.
    pub repeat: bool,
    pub speaker: Option<Speaker>,
}

/// Raw samples on standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcm {
    pub samples: RawFormat,
    pub speaker: Option<Speaker>,
}

/// A child process that writes samples to its standard output. It runs in [`Plan::folder`](super::Plan::folder).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// A bare name to look for on `PATH`, or a path as seen from where livecap runs.
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Whether it is started anew when it ends well, too.
    pub restart_when_ended: bool,
    pub samples: RawFormat,
    pub speaker: Option<Speaker>,
}

/// Speakers who send their sound to a broadcast. One place of a stage: where it has several, the plan has a stage for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    /// The stage as the file names it.
    pub family: String,
    /// Which of its places, from 1.
    pub slot: usize,
    /// How many there are.
    pub speakers: usize,
    /// What readers see of speakers without a name.
    pub name: Option<String>,
    pub codecs: Vec<SpeakerCodec>,
    /// Sound that is older is given up.
    pub max_lag: Duration,
    pub echo_cancellation: bool,
    pub noise_suppression: bool,
    pub auto_gain: bool,
    /// The environment variable that holds the token.
    pub token: Option<String>,
    /// Clients of other programs that it takes too.
    pub compatible_with: Vec<OtherClient>,
    /// The broadcast at whose port they speak; `None`: the only one.
    pub server: Option<String>,
}

/// Programs whose clients may speak by their own protocols.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OtherClient {
    /// The WebSocket of WhisperLive.
    WhisperLive,
    /// OpenAI's realtime transcription over a WebSocket, and its transcription of files.
    Openai,
}

/// How the sound of a speaker may be packed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SpeakerCodec {
    /// Whole numbers of 16 bits.
    PcmS16le,
    /// Floating-point numbers of 32 bits.
    PcmF32le,
    /// Opus packets: a tenth of the bandwidth.
    Opus,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Translate {
    pub to: Language,
    /// What is spoken, where the recogniser does not say.
    pub source: Option<Language>,
    pub provider: Provider,
    pub url: Option<String>,
    pub model: Option<String>,
    pub key: KeyPlace,
    pub partials: Clauses,
    pub glossary: BTreeMap<String, String>,
    pub prompt: Option<String>,
    pub temperature: Option<f32>,
    /// Sentences.
    pub context: usize,
    /// How long half a sentence waits for the rest; zero: not at all.
    pub join: Duration,
    pub in_flight: usize,
    pub backlog: usize,
    /// Of one request.
    pub timeout: Duration,
    /// Of one text.
    pub deadline: Duration,
    pub retries: u32,
    /// Before the first retry.
    pub wait: Duration,
    pub breaker: BreakerSettings,
    /// Answers.
    pub cache: usize,
}

/// Where a key is to be found. It never stands in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    None,
    /// The name of an environment variable.
    Variable(String),
    File(PathBuf),
}

/// Whether committed clauses are translated before their segment is final.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Clauses {
    /// Finals only.
    Off,
    /// Clauses too, once they will not change any more.
    Stable,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Any OpenAI-compatible chat endpoint; needs `url`.
    OpenAi,
    /// A LibreTranslate server; needs `url`.
    LibreTranslate,
    /// The DeepL API.
    DeepL,
    /// An apertium-apy server.
    Apertium,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    pub words: BTreeMap<String, String>,
    pub mask: Vec<String>,
    pub unwanted: Vec<String>,
    /// Regular expressions, each seen to be one.
    pub patterns: BTreeMap<String, String>,
}

/// What was said, kept in a file of SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    pub path: PathBuf,
    /// How long a stop may last after which its event goes on.
    pub continue_within: Duration,
    /// Open segments are written so often.
    pub batch: Duration,
    /// Events that ended longer ago are removed; `None`: none.
    pub keep: Option<Duration>,
    /// The most bytes of the file; `None`: any.
    pub size: Option<u64>,
    /// The `record` stage whose sound belongs to the words, as the file names it.
    pub record: Option<String>,
}

/// JSON lines of captions: read where the stage listens to nobody, else written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    pub place: Place,
    /// For a file that is written.
    pub when_exists: WhenExists,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Standard input or output; `-` in the file.
    Standard,
    File(PathBuf),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    pub listen: Listen,
    /// Web origins, beside the server's own, whose pages may read.
    pub origins: Vec<String>,
    /// `Host` headers, beside loopback ones, that a server on a loopback address answers to.
    pub hosts: Vec<String>,
    /// Which events of clients are passed on to all clients.
    pub relay: RelayFilter,
    /// Whether an open relay may be where others can reach it.
    pub open: bool,
    pub tokens: TokenVariables,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where nodes read what is broadcast.
    pub cluster: Option<ClusterPlace>,
    /// Where its pages are, as nodes are told.
    pub public_url: Option<String>,
    pub tls: Option<Tls>,
    pub keep: Retention,
    /// How long captions wait for a person.
    pub hold_back: Option<Duration>,
    /// A viewer that takes nothing for so long is disconnected.
    pub stall: Duration,
    pub max_viewers: usize,
    /// Bytes of one message from a client.
    pub max_payload: usize,
}

/// Where the address of a Redis server stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterPlace {
    Address(String),
    /// In this environment variable.
    Variable(String),
}

/// The environment variables that hold a broadcast's tokens, never the tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenVariables {
    pub viewer: Option<String>,
    pub publish: Option<String>,
    pub operator: Option<String>,
    pub archive: Option<String>,
}

/// Files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate and those that vouch for it, its own first.
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// An address with its port; port 0 lets the system choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    pub port: u16,
}

impl Listen {
    /// Whether only this machine reaches it, as far as the name tells.
    pub fn is_loopback(&self) -> bool {
        let local = |it: &str| it == "localhost" || it.ends_with(".localhost");
        local(&self.host.to_ascii_lowercase())
            || self.host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}
