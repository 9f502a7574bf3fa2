//! The WebSocket of a speaker (`docs/ingest.md`), from the side that sends: its address, and messages both ways.
use std::time::Duration;

use futures::{SinkExt, StreamExt, stream::SplitStream};
use percent_encoding::percent_decode_str;
use tokio::{net::TcpStream, sync::mpsc, task::JoinHandle, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, http::Uri},
};

use super::{
    error::ClientError,
    secure::{Wire, wire},
};
use crate::wire::{FromSpeaker, INGEST_PATH, ToSpeaker};

/// How long a connection may take to come about.
const PATIENCE: Duration = Duration::from_secs(8);
/// Messages that wait for the socket, beside what the system's own buffers hold. What waits longer stays with who sends.
const WAITING: usize = 4;

/// Where to speak, and what a link of an operator says beside that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpeakerAddress {
    host: String,
    port: u16,
    secure: bool,
    request: String,
    /// Without the token.
    pub(crate) shown: String,
    pub(crate) token: Option<String>,
    pub(crate) stage: Option<String>,
    pub(crate) name: Option<String>,
}

impl SpeakerAddress {
    /// Takes the address of a server, of its page `/speak`, a link of an operator, and the address of the WebSocket itself.
    pub(crate) fn of(url: &str) -> Result<SpeakerAddress, ClientError> {
        let (place, fragment) = url.split_once('#').unwrap_or((url, ""));
        let (place, query) = place.split_once('?').unwrap_or((place, ""));
        let wrong = || ClientError::Address { url: place.to_owned() };
        let uri: Uri = place.parse().map_err(|_| wrong())?;
        let (secure, scheme) = match uri.scheme_str() {
            Some("http" | "ws") => (false, "ws"),
            Some("https" | "wss") => (true, "wss"),
            Some(_) | None => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        let path = uri.path().trim_end_matches('/');
        let path = path.strip_suffix("/speak").or_else(|| path.strip_suffix(INGEST_PATH));
        let path = path.unwrap_or(uri.path()).trim_end_matches('/');
        let field = |name: &str| {
            let fields = fragment.split('&').chain(query.split('&'));
            let mut fields = fields.filter_map(|it| it.split_once('='));
            let value = fields.find(|it| it.0 == name).map(|it| percent_decode_str(it.1));
            value.map(|it| it.decode_utf8_lossy().into_owned()).filter(|it| !it.is_empty())
        };
        Ok(SpeakerAddress {
            host: authority.host().trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: authority.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            secure,
            request: format!("{scheme}://{authority}{path}{INGEST_PATH}"),
            shown: place.to_owned(),
            token: field("token"),
            stage: field("stage"),
            name: field("name"),
        })
    }
}

type Socket = WebSocketStream<Box<dyn Wire>>;

/// An open WebSocket. A task of its own writes, so that a network that takes nothing holds nobody up.
pub(crate) struct SpeakerLine {
    shown: String,
    to: mpsc::Sender<Message>,
    from: SplitStream<Socket>,
    writer: JoinHandle<()>,
}

impl SpeakerLine {
    pub(crate) async fn open(address: &SpeakerAddress) -> Result<SpeakerLine, ClientError> {
        let url = address.shown.clone();
        let opened = timeout(PATIENCE, SpeakerLine::connect(address)).await;
        opened.unwrap_or(Err(ClientError::Silent { url, within: PATIENCE }))
    }

    async fn connect(address: &SpeakerAddress) -> Result<SpeakerLine, ClientError> {
        let url = || address.shown.clone();
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
        let stream = stream.map_err(|source| ClientError::Unreachable { url: url(), source })?;
        let _ = stream.set_nodelay(true);
        let stream = wire(stream, &address.host, address.secure).await;
        let stream = stream.map_err(|source| ClientError::Tls { url: url(), source })?;
        let joined = client_async(&address.request, stream).await;
        let (socket, _) = joined.map_err(|error| match error {
            tungstenite::Error::Http(answer) if answer.status() == 503 => {
                let after = answer.headers().get("retry-after").and_then(|it| it.to_str().ok());
                ClientError::full(&address.shown, after)
            }
            error => ClientError::NotForSpeakers { url: url(), why: error.to_string() },
        })?;
        let (mut sink, from) = socket.split();
        let (to, mut waiting) = mpsc::channel(WAITING);
        let writer = tokio::spawn(async move {
            while let Some(message) = waiting.recv().await {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        Ok(SpeakerLine { shown: url(), to, from, writer })
    }

    /// The next message of the server, or, where that is wanted, that there is room for one to it. May be dropped and called again.
    pub(crate) async fn turn(&mut self, wants_room: bool) -> Result<Turn, ClientError> {
        loop {
            let came = tokio::select! {
                came = self.from.next() => came,
                room = self.to.reserve(), if wants_room => match room {
                    Ok(_) => return Ok(Turn::Room),
                    Err(_) => None,
                },
            };
            let why = match came {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(message) => return Ok(Turn::Heard(message)),
                    // Of a later version.
                    Err(_) => continue,
                },
                Some(Ok(Message::Close(_))) | None => "the server has hung up".to_owned(),
                Some(Ok(_)) => continue,
                Some(Err(error)) => error.to_string(),
            };
            return Err(ClientError::Broken { url: self.shown.clone(), why });
        }
    }

    /// Only where there is room.
    pub(crate) fn say(&self, message: &FromSpeaker) {
        let _ = self.to.try_send(Message::text(serde_json::to_string(message).unwrap_or_default()));
    }

    /// Only where there is room.
    pub(crate) fn sound(&self, message: Vec<u8>) {
        let _ = self.to.try_send(Message::binary(message));
    }
}

/// What a line is ready for.
#[derive(Debug)]
pub(crate) enum Turn {
    Heard(ToSpeaker),
    Room,
}

impl Drop for SpeakerLine {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_that_people_have_lead_to_the_websocket() {
        for (url, request) in [
            ("http://localhost:31979", "ws://localhost:31979/ingest/v1"),
            ("http://localhost:31979/speak", "ws://localhost:31979/ingest/v1"),
            ("wss://a.example/ingest/v1", "wss://a.example/ingest/v1"),
            ("https://a.example/hall/speak/", "wss://a.example/hall/ingest/v1"),
            ("ws://[::1]:9/hall/", "ws://[::1]:9/hall/ingest/v1"),
        ] {
            assert_eq!(SpeakerAddress::of(url).unwrap().request, request, "{url}");
        }
        for url in ["localhost:31979", "", "ftp://a", "https://"] {
            assert!(matches!(SpeakerAddress::of(url), Err(ClientError::Address { .. })), "{url}");
        }
    }

    #[test]
    fn a_link_brings_its_token_its_stage_and_its_name() {
        let link = "https://a.example/speak#token=a%2Bb+c&stage=panel&name=Ada%20L%C3%B6we";
        let address = SpeakerAddress::of(link).unwrap();
        assert_eq!((address.host.as_str(), address.port, address.secure), ("a.example", 443, true));
        assert_eq!(address.token.as_deref(), Some("a+b+c"));
        assert_eq!(address.stage.as_deref(), Some("panel"));
        assert_eq!(address.name.as_deref(), Some("Ada Löwe"));
        assert_eq!(address.shown, "https://a.example/speak");
        let asked = SpeakerAddress::of("http://a:1/speak?token=t&name=").unwrap();
        assert_eq!((asked.token.as_deref(), asked.name), (Some("t"), None));
    }
}
