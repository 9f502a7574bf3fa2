//! Speakers, with the real server on a port of the system's choosing, the real source, and a client made of bare messages.
use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt};
use livecap::{
    flow::{
        EdgeSettings, Inlet, Offer, Outlet, Registry, Room, Source, StageGauge, WhenFull, edge,
    },
    message::AudioFrame,
    serve::{
        Capture, OtherClients, PerAddress, Server, Settings, SpeakerPlaces, SpeakerSettings,
        Speakers, Token, Tokens,
    },
    stages::browser::Browser,
    wire::Codec,
};
use serde_json::{Value, json};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};
use tokio_util::sync::CancellationToken;

use crate::broadcast::request;

#[cfg(feature = "whisper")]
mod captions;
mod command;
mod cut;
#[cfg(feature = "whisper")]
mod doors;
mod files;
mod hostile;
mod hostile_others;
mod links;
mod resume;
mod sound;

/// Nothing here takes longer, on any machine.
const SOON: Duration = Duration::from_secs(20);

/// Samples of 20 ms at 16 kHz.
const BLOCK: usize = 320;

fn stage() -> SpeakerSettings {
    SpeakerSettings {
        stage: "panel".into(),
        name: Some("Panel".into()),
        places: 2,
        codecs: vec![Codec::PcmS16le, Codec::PcmF32le, Codec::Opus],
        max_lag: Duration::from_secs(10),
        token: None,
        capture: Capture { echo_cancellation: false, noise_suppression: false, auto_gain: true },
        others: OtherClients { whisper_live: true, openai: true },
    }
}

fn operated() -> Settings {
    let tokens = Tokens { operator: Some(Token::new("o")), ..Tokens::default() };
    Settings { port: 0, farewell: Duration::from_millis(200), tokens, ..Settings::default() }
}

/// A server with speakers, and the sources of its two places.
struct Stand {
    server: Server,
    speakers: Arc<Speakers>,
    /// What comes out of each place.
    heard: Vec<Inlet<AudioFrame>>,
    stop: CancellationToken,
    running: Vec<JoinHandle<()>>,
}

impl Stand {
    async fn start() -> Stand {
        Stand::with(stage(), operated()).await
    }

    async fn with(stage: SpeakerSettings, settings: Settings) -> Stand {
        let mut stand = Stand::without_sources(stage, settings).await;
        for slot in [1, 2] {
            stand.listen(slot);
        }
        stand
    }

    /// Sound waits until somebody [listens](Self::listen).
    async fn without_sources(stage: SpeakerSettings, settings: Settings) -> Stand {
        let speakers = Speakers::new(vec![stage]);
        let settings = Settings { speakers: SpeakerPlaces(speakers.clone()), ..settings };
        let server = Server::bind(settings).await.unwrap();
        server.attach(Registry::default(), Vec::new(), None);
        let (heard, running) = (Vec::new(), Vec::new());
        Stand { server, speakers, heard, stop: CancellationToken::new(), running }
    }

    fn listen(&mut self, slot: usize) {
        let room = Room::Items(NonZeroUsize::new(10_000).unwrap());
        let (sender, receiver) =
            edge("panel", "test", EdgeSettings { room, when_full: WhenFull::Wait });
        let out = Outlet::new(vec![sender], StageGauge::new("panel"));
        let mut source = Browser::new(self.speakers.place("panel", slot).unwrap());
        let stop = self.stop.clone();
        self.running.push(tokio::spawn(async move { source.run(&out, stop).await.unwrap() }));
        self.heard.push(Inlet::new(vec![receiver]));
    }

    /// The next frame out of a place.
    async fn frame(&mut self, slot: usize) -> AudioFrame {
        let next = timeout(SOON, self.heard[slot - 1].next()).await;
        match next.expect("a frame in time") {
            Some(Offer::Handle(frame) | Offer::Failed(frame)) => frame,
            None => panic!("the source has ended"),
        }
    }

    /// The next frame with sound.
    async fn sound(&mut self, slot: usize) -> AudioFrame {
        loop {
            let frame = self.frame(slot).await;
            if !frame.is_interruption() {
                return frame;
            }
        }
    }

    /// Takes frames until an interruption.
    async fn until_quiet(&mut self, slot: usize) -> Vec<AudioFrame> {
        let mut frames = Vec::new();
        loop {
            let frame = self.frame(slot).await;
            if frame.is_interruption() {
                return frames;
            }
            frames.push(frame);
        }
    }

    async fn speaker(&self) -> Speaker {
        Speaker::connect(&self.server, "").await.expect("an upgrade")
    }

    /// A speaker who was let in, and what the welcome said.
    async fn welcomed(&self, changes: Value) -> (Speaker, Value) {
        let mut speaker = self.speaker().await;
        speaker.hello(changes).await;
        let welcome = speaker.expect("welcome").await;
        (speaker, welcome)
    }

    async fn api(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer o"
        );
        let (head, body) = request(&self.server, &head, body).await;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    /// A number of the metrics, by the beginning of its line.
    async fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.api("GET", "/metrics", "").await;
        let text = text.as_str().unwrap().to_owned();
        let line = text.lines().find(|it| it.starts_with(name));
        line.unwrap_or_else(|| panic!("no {name} in {text}"))
            .rsplit(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap()
    }
}

struct Speaker {
    socket: WebSocketStream<TcpStream>,
}

impl Speaker {
    /// The error is the status of a refusal.
    async fn connect(server: &Server, header: &str) -> Result<Speaker, u16> {
        Speaker::connect_to(server, "/ingest/v1", header).await
    }

    async fn connect_to(server: &Server, path: &str, header: &str) -> Result<Speaker, u16> {
        let stream = TcpStream::connect(server.local_addr()).await.unwrap();
        let mut request =
            tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(
                format!("ws://{}{path}", server.local_addr()),
            )
            .unwrap();
        if let Some((name, value)) = header.split_once(": ") {
            let name =
                tokio_tungstenite::tungstenite::http::HeaderName::from_bytes(name.as_bytes());
            request.headers_mut().insert(name.unwrap(), value.parse().unwrap());
        }
        match timeout(SOON, client_async(request, stream)).await.unwrap() {
            Ok((socket, _)) => Ok(Speaker { socket }),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                Err(answer.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn text(&mut self, text: impl Into<String>) {
        // The server may have refused it by now.
        let _ = self.socket.send(Message::text(text.into())).await;
    }

    async fn say(&mut self, message: Value) {
        self.text(message.to_string()).await;
    }

    /// `hello` with the fields of `changes` in place of the usual ones.
    async fn hello(&mut self, changes: Value) {
        let mut hello = json!({
            "type": "hello", "protocol": 1, "clock_ms": 0.0, "format": { "codec": "pcm_s16le", "rate": 16000 },
        });
        for (name, value) in changes.as_object().cloned().unwrap_or_default() {
            hello[name] = value;
        }
        self.say(hello).await;
    }

    async fn bytes(&mut self, bytes: Vec<u8>) {
        let _ = self.socket.send(Message::binary(bytes)).await;
    }

    /// Block number `n` of 20 ms, each of whose samples is `n`.
    async fn block(&mut self, n: u32) {
        self.bytes(block(n, u64::from(n) * BLOCK as u64, n as i16)).await;
    }

    /// The next message that is not an ack; `None` at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            match timeout(SOON, self.socket.next()).await.expect("a message in time")? {
                Ok(Message::Text(text)) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] != "ack" {
                        return Some(message);
                    }
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => (),
            }
        }
    }

    async fn expect(&mut self, kind: &str) -> Value {
        let message = self.next().await.unwrap_or_else(|| panic!("closed before `{kind}`"));
        assert_eq!(message["type"], kind, "{message}");
        message
    }

    /// The code with which it is refused.
    async fn refused(&mut self) -> String {
        let refused = self.expect("refused").await;
        assert!(refused["message"].as_str().is_some_and(|it| !it.is_empty()), "{refused}");
        assert!(self.next().await.is_none(), "it is closed");
        refused["code"].as_str().unwrap().to_owned()
    }

    /// The next ack.
    async fn ack(&mut self) -> Value {
        loop {
            let message = timeout(SOON, self.socket.next()).await.expect("an ack in time");
            let Some(Ok(Message::Text(text))) = message else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["type"] == "ack" {
                return message;
            }
        }
    }

    /// Its connection is gone without a word.
    fn cut(self) {
        drop(self.socket.into_inner());
    }
}

/// A message as `docs/ingest.md` has it.
fn message(sequence: u32, first_sample: u64, captured_ms: f64, sound: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1, 0, 0, 0];
    bytes.extend(sequence.to_le_bytes());
    bytes.extend(first_sample.to_le_bytes());
    bytes.extend(captured_ms.to_le_bytes());
    bytes.extend(sound);
    bytes
}

fn block(sequence: u32, first_sample: u64, sample: i16) -> Vec<u8> {
    let captured = first_sample.saturating_add(BLOCK as u64) as f64 / 16.0;
    message(sequence, first_sample, captured, &[sample.to_le_bytes(); BLOCK].concat())
}

/// The number that each sample of a block has.
fn number(frame: &AudioFrame) -> i16 {
    (frame.samples[0] * 32_768.0) as i16
}
