//! Where captions and sound end up: broadcast, subtitles, record.
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        Code,
        complaint::list,
        listen::{address_of_pages, parse},
        plan::{
            self, Planned, RecordFormat, RecordSettings, RelayFilter, Retention, SubtitleFormat,
            SubtitleSettings, WhenExists,
        },
        table::{Around, Settings},
        units::Length,
    },
    number,
};

/// Serves the pages, Socket.IO and the HTTP API. Each recogniser that leads to it is a track.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Broadcast {
    /// Address and port, such as `127.0.0.1:31979`. `0.0.0.0` is every address, port 0 any free port.
    #[schemars(length(min = 1))]
    listen: String,
    /// Web origins, besides its own, whose pages may read: `["https://example.org"]`, `["*"]` for all. On a loopback address
    /// without `trusted-proxies` no other origin may read unless it is listed.
    #[serde(default)]
    #[schemars(extend("x-default" = "its own on a loopback address, otherwise any"))]
    origins: Vec<String>,
    /// Host names, besides loopback names, that a server on a loopback address accepts.
    #[serde(default)]
    hosts: Vec<String>,
    /// How much history is kept for viewers who come late or reconnect.
    #[serde(default)]
    keep: Keep,
    /// Captions reach readers only after this time. Until then operators see them, and may mask a word or change the text. See
    /// [operator](operator.md#holding-captions-back).
    #[schemars(extend("x-range" = ["2s", "8s"], "x-default" = "none"))]
    hold_back: Option<Length>,
    /// A viewer is disconnected if it takes nothing for this long while captions wait for it.
    #[serde(default = "Length::ms::<30_000>")]
    #[schemars(extend("x-range" = ["10ms", "1h"]))]
    stall: Length,
    /// The most viewers at once. Further ones are refused and may try again later.
    #[serde(default = "number::<10_000>")]
    #[schemars(range(min = 1, max = 1_000_000))]
    max_viewers: usize,
    /// The largest message that a client may send, in bytes.
    #[serde(default = "number::<100_000>")]
    #[schemars(range(min = 1000, max = 100_000_000))]
    max_payload: usize,
    /// Pass on events that clients emit: all of them, or those named in the list.
    #[serde(default = "no_relay")]
    relay: Relay,
    /// Allow an open relay on an address that others can reach.
    #[serde(default)]
    open: bool,
    /// The environment variable with the token that viewers must present.
    #[schemars(length(min = 1))]
    viewer_token_env: Option<String>,
    /// The environment variable with the token that publishers must present.
    #[schemars(length(min = 1))]
    publish_token_env: Option<String>,
    /// The environment variable with the token that operators must present.
    #[schemars(length(min = 1))]
    operator_token_env: Option<String>,
    /// The environment variable with the token for the archive of what a `journal` of this broadcast keeps. Operators may read it,
    /// too. Without a token it can be read on this machine, where the server listens on a loopback address.
    #[schemars(length(min = 1))]
    archive_token_env: Option<String>,
    /// Addresses of proxies whose `X-Forwarded-For` is trusted. With a proxy, a loopback address counts as reachable by others.
    #[serde(default)]
    trusted_proxies: Vec<String>,
    /// A Redis server, such as `redis://127.0.0.1/`. Nodes (`livecap serve --cluster`) read the captions there and deliver them
    /// too. Append `?name=talk` to distinguish several broadcasts. See [cluster](cluster.md).
    #[schemars(length(min = 1))]
    cluster: Option<String>,
    /// The environment variable with that address. Use it if the address has a password.
    #[schemars(length(min = 1))]
    cluster_env: Option<String>,
    /// The address of its pages for others, such as `https://captions.example`: for the terminal, QR codes and the page `/join`.
    /// Nodes of its cluster show it to operators.
    #[schemars(length(min = 1), extend("x-default" = "an address of this machine that others can reach, if there is one"))]
    public_url: Option<String>,
    /// The file of a certificate chain in PEM. The server then speaks TLS. Needs `key`.
    #[schemars(length(min = 1))]
    cert: Option<String>,
    /// The file of the certificate's private key in PEM. Needs `cert`.
    #[schemars(length(min = 1))]
    key: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Relay {
    All(bool),
    Named(Vec<String>),
}

fn no_relay() -> Relay {
    Relay::All(false)
}

/// How much is kept; the limit that is reached first applies.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Keep {
    /// The most numbered events: finals, gaps and marks.
    #[schemars(range(min = 1, max = 10_000_000))]
    count: usize,
    /// The greatest age of an event.
    #[schemars(extend("x-range" = ["1ms", "720h"]))]
    age: Length,
}

impl Default for Keep {
    fn default() -> Keep {
        let Retention { count, age } = Retention::default();
        Keep { count, age: Length(age) }
    }
}

impl Settings for Broadcast {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        let listen = match parse(&self.listen) {
            Ok(listen) => listen,
            Err(wrong) => {
                let title = format!("`{}` is not an address to listen on", self.listen);
                around.complain(Code::BadListen, "listen", title, wrong.why, Some(wrong.help));
                return None;
            }
        };
        let cluster = cluster(self.cluster, self.cluster_env, around)?;
        let public_url = public_url(self.public_url, around)?;
        let trusted_proxies = proxies(&self.trusted_proxies, around)?;
        let tls = match (self.cert, self.key) {
            (None, None) => None,
            (Some(cert), Some(key)) => {
                Some(plan::Tls { cert: around.path(&cert), key: around.path(&key) })
            }
            (cert, _) => {
                let (there, missing) =
                    if cert.is_some() { ("cert", "key") } else { ("key", "cert") };
                let title = format!("`{there}` is set without `{missing}`");
                let help = Some(format!("{missing} = \"{missing}.pem\""));
                around.complain(Code::MissingKey, there, title, "needs both", help);
                return None;
            }
        };
        Some(Planned::Broadcast(Box::new(plan::Broadcast {
            listen,
            relay: match self.relay {
                Relay::All(false) => RelayFilter::Nothing,
                Relay::All(true) => RelayFilter::Everything,
                Relay::Named(names) => RelayFilter::Only(names),
            },
            open: self.open,
            tokens: plan::TokenVariables {
                viewer: self.viewer_token_env,
                publish: self.publish_token_env,
                operator: self.operator_token_env,
                archive: self.archive_token_env,
            },
            trusted_proxies,
            cluster,
            public_url,
            tls,
            origins: self.origins,
            hosts: self.hosts,
            hold_back: self.hold_back.map(|it| it.0),
            keep: Retention { count: self.keep.count, age: self.keep.age.0 },
            stall: self.stall.0,
            max_viewers: self.max_viewers,
            max_payload: self.max_payload,
        })))
    }
}

/// Where the cluster's Redis is, if there is one.
fn cluster(
    address: Option<String>,
    variable: Option<String>,
    around: &mut Around<'_>,
) -> Option<Option<plan::ClusterPlace>> {
    match (address, variable) {
        (None, None) => Some(None),
        (None, Some(name)) => Some(Some(plan::ClusterPlace::Variable(name))),
        (Some(_), Some(_)) => {
            let title = format!("`{}` has two addresses of Redis", around.title());
            let help = Some("write the address, or name a variable, not both".to_owned());
            around.complain(Code::UnknownKey, "cluster-env", title, "the second one", help);
            None
        }
        (Some(written), None) => match super::super::cluster::check(&written) {
            Ok(()) => Some(Some(plan::ClusterPlace::Address(written))),
            Err(wrong) => {
                // A line that is shown with a password in it would be in somebody's log.
                let place = if wrong.secret { "" } else { "cluster" };
                let title = format!("`cluster` of `{}` cannot be used", around.title());
                around.complain(Code::BadCluster, place, title, wrong.why, Some(wrong.help));
                None
            }
        },
    }
}

fn public_url(written: Option<String>, around: &mut Around<'_>) -> Option<Option<String>> {
    let Some(url) = written else { return Some(None) };
    if let Some(address) = address_of_pages(&url) {
        return Some(Some(address));
    }
    let title = format!("`{url}` is not the address of a page");
    let help = Some("public-url = \"https://captions.example\"".to_owned());
    around.complain(Code::UnknownValue, "public-url", title, "needs a scheme and a host", help);
    None
}

fn proxies(written: &[String], around: &mut Around<'_>) -> Option<Vec<IpAddr>> {
    let mut addresses = Vec::new();
    for text in written {
        let Ok(address) = text.parse::<IpAddr>() else {
            let title = format!("`{text}` is not the address of a proxy");
            let help = Some("trusted-proxies = [\"127.0.0.1\"]".to_owned());
            let why = "takes addresses without a port";
            around.complain(Code::UnknownValue, "trusted-proxies", title, why, help);
            return None;
        };
        // Connections are known by the shorter form of an address that has two.
        addresses.push(address.to_canonical());
    }
    Some(addresses)
}

/// Writes subtitle files as captions become final. After each final the file is complete.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Subtitles {
    /// The file. Its ending is the format: `.srt`, `.vtt` or `.txt`. `{lang}` is replaced by the language and `{track}` by the
    /// recogniser, for a stage that takes several of them. Each track has a file of its own. Where somebody else begins to
    /// speak in it, text and SubRip say who (`Ada: `); WebVTT says it of each cue (`<v Ada>`).
    #[schemars(length(min = 1))]
    path: String,
    /// Begin a new file after this much of the audio timeline: `session-2.srt` follows `session.srt`.
    #[schemars(extend("x-range" = ["1s", "24h"], "x-default" = "never"))]
    roll: Option<Length>,
    /// What happens to an existing file.
    #[serde(default)]
    when_exists: WhenExists,
}

impl Settings for Subtitles {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        let formats = [
            ("srt", SubtitleFormat::Srt),
            ("vtt", SubtitleFormat::Vtt),
            ("txt", SubtitleFormat::Txt),
        ];
        let format = by_ending(&self.path, &formats, around)?;
        let (template, roll) = (around.path(&self.path), self.roll.map(|it| it.0));
        let when_exists = self.when_exists;
        Some(Planned::Subtitles(SubtitleSettings { template, format, roll, when_exists }))
    }
}

/// Records the sound to a file. The file is valid even if livecap is killed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Record {
    /// The file. Its ending is the format: `.flac` or `.wav`.
    #[schemars(length(min = 1))]
    path: String,
}

impl Settings for Record {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        let formats = [("flac", RecordFormat::Flac), ("wav", RecordFormat::Wav)];
        let format = by_ending(&self.path, &formats, around)?;
        Some(Planned::Record(RecordSettings { path: around.path(&self.path), format }))
    }
}

fn by_ending<T: Copy>(path: &str, formats: &[(&str, T)], around: &mut Around<'_>) -> Option<T> {
    let path = std::path::Path::new(path);
    let ending = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    let found = formats.iter().find(|(name, _)| ending.as_deref() == Some(name));
    if found.is_none() {
        let known: Vec<String> = formats.iter().map(|(name, _)| format!(".{name}")).collect();
        let known = list(known.iter().map(String::as_str), "or");
        around.complain(
            Code::UnknownValue,
            "path",
            format!("`{}` does not say how the file is to be written", path.display()),
            format!("should end in {known}"),
            Some(format!("path = \"{}\"", path.with_extension(formats[0].0).display())),
        );
    }
    found.map(|(_, format)| *format)
}
