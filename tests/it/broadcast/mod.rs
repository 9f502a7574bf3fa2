//! The broadcast, with the real server on a port of the system's choosing, and the real client.
use std::{num::NonZeroUsize, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use livecap::{
    cli::client::{Client, Event},
    flow::{
        EdgeSettings, Fault, Inlet, Never, Outlet, Registry, Room, Stage, StageGauge, StageState,
        WhenFull, drive, edge,
    },
    message::{
        Caption, Gap, Hop, Language, MediaSpan, MediaTime, Milestone, Segments, Speaker, Trace,
        TrackName, Why, Word,
    },
    serve::{Server, Settings},
    stages::broadcast::Broadcast,
    wire::{CaptionEvent, CaptionKind, GapEvent, Hello, Next, StateEvent, TrackInfo},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::{Instant, timeout},
};

mod api;
#[cfg(unix)]
mod cluster;
mod corrections;
mod events;
mod hold_back;
pub(super) mod http;
mod inspect;
pub(super) mod limits;
mod rights;
mod slow;
mod storm;

/// Nothing here takes longer, on any machine.
const SOON: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    let ms = Duration::from_millis;
    let often = Settings { state_look: ms(5), state_every: ms(60_000), ..Settings::default() };
    Settings { port: 0, farewell: ms(200), ..often }
}

/// A served pipeline of one recogniser, whose captions the test writes.
struct Pipeline {
    server: Server,
    captions: Outlet<Caption>,
    recogniser: Arc<StageGauge>,
    tracks: Vec<Segments>,
    running: JoinHandle<u32>,
    now: u64,
}

impl Pipeline {
    async fn start(settings: Settings) -> Pipeline {
        Pipeline::start_with(settings, |stage| stage).await
    }

    /// `life` makes each life's stage out of the server's. Lives follow one another until the recogniser ends; their
    /// number is what the task returns.
    async fn start_with<S: Stage<In = Caption, Out = Never, Kept = ()>>(
        settings: Settings,
        mut life: impl FnMut(Broadcast) -> S + Send + 'static,
    ) -> Pipeline {
        let server = Server::bind(settings).await.unwrap();
        let room = Room::Items(NonZeroUsize::new(16).unwrap());
        let wait = EdgeSettings { room, when_full: WhenFull::Wait };
        let (sender, receiver) = edge("english", "web", wait);
        let (recogniser, web) = (StageGauge::new("english"), StageGauge::new("web"));
        let mut registry = Registry::default();
        registry.add_stage(recogniser.clone());
        registry.add_stage(web.clone());
        registry.add_edge(sender.gauge());
        recogniser.set(StageState::Running, None);
        web.set(StageState::Running, None);
        let info = |name: &str| TrackInfo { name: name.into(), lang: "en".into(), langs: vec![] };
        let notice = Some("demo model: a small fixed vocabulary".to_owned());
        let stages: Vec<Broadcast> = (0..64).map(|_| Broadcast::new(server.publisher())).collect();
        server.attach(registry, vec![info("english"), info("second")], notice);
        let running = tokio::spawn(async move {
            let (mut inlet, out) = (Inlet::new(vec![receiver]), Outlet::new(vec![], web.clone()));
            let mut lives = 0;
            for stage in stages {
                lives += 1;
                let mut stage = life(stage);
                let mut kept = ();
                let run = drive(&mut stage, &mut kept, &mut inlet, &out, &web);
                if AssertUnwindSafe(run).catch_unwind().await.is_ok() {
                    break;
                }
            }
            lives
        });
        let tracks = ["english", "second"].map(|it| Segments::new(TrackName::new(it))).into();
        let captions = Outlet::new(vec![sender], recogniser.clone());
        Pipeline { server, captions, recogniser, tracks, running, now: 0 }
    }

    async fn partial(&mut self, committed: &str, tail: &str) {
        let trace = self.hear();
        let (start, end) = (at(self.now - 500), at(self.now));
        let segments = &mut self.tracks[0];
        if segments.current().is_none() {
            segments.open(start, Language::new("en"));
        }
        let open = segments.current().unwrap();
        let partial = open.revise(words(committed), words(tail), end, trace);
        self.send(Caption::Transcript(partial)).await;
    }

    async fn finish(&mut self, text: &str) {
        self.finish_on(0, text).await;
    }

    async fn finish_on(&mut self, track: usize, text: &str) {
        let trace = self.hear();
        let (start, end) = (at(self.now - 500), at(self.now));
        let segments = &mut self.tracks[track];
        if segments.current().is_none() {
            segments.open(start, Language::new("en"));
        }
        let whole = segments.close(words(text), end, trace).unwrap();
        self.send(Caption::Transcript(whole)).await;
    }

    async fn lose(&mut self, why: Why) {
        let trace = self.hear();
        let span = MediaSpan::between(at(self.now - 500), at(self.now));
        let track = self.tracks[0].track().clone();
        self.send(Caption::Gap(Gap { track, span, why, trace })).await;
    }

    /// The recogniser ends, and the stage with it. How many lives it took.
    async fn end(self) -> (Server, u32) {
        drop(self.captions);
        (self.server, timeout(SOON, self.running).await.unwrap().unwrap())
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.local_addr())
    }

    async fn viewer(&self, auth: Value) -> Viewer {
        Viewer(timeout(SOON, Client::connect(&self.url(), auth)).await.unwrap().unwrap())
    }

    /// Half a second of sound more.
    fn hear(&mut self) -> Trace {
        self.now += 500;
        let now = Instant::now();
        Trace::starting(now).with(Milestone::Recognised, Hop { begun: now, done: now })
    }

    async fn send(&self, caption: Caption) {
        timeout(SOON, self.captions.send(caption)).await.unwrap().unwrap();
    }
}

struct Viewer(Client);

impl Viewer {
    async fn event(&mut self) -> Event {
        timeout(SOON, self.0.next()).await.expect("an event in time").unwrap().expect("an event")
    }

    async fn expect<T: DeserializeOwned>(&mut self, name: &str) -> T {
        let mut event = self.event().await;
        assert_eq!((event.name.as_str(), event.args.len()), (name, 1), "{event:?}");
        serde_json::from_value(event.args.remove(0)).unwrap()
    }

    async fn hello(&mut self) -> Hello {
        let hello = self.expect("hello").await;
        self.expect::<StateEvent>("state").await;
        hello
    }

    async fn caption(&mut self) -> CaptionEvent {
        self.expect("caption").await
    }

    /// The number and the text of the next caption, which is a final.
    async fn final_text(&mut self) -> (u64, String) {
        let caption = self.caption().await;
        assert_eq!(caption.kind, CaptionKind::Final, "{caption:?}");
        (caption.seq, caption.text)
    }
}

/// One HTTP exchange: the status line and headers, and the body.
pub(super) async fn request(server: &Server, head: &str, body: &str) -> (String, String) {
    let exchange = async {
        let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
        let length = body.len();
        let whole =
            format!("{head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(whole.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        (head.to_owned(), body.to_owned())
    };
    timeout(SOON, exchange).await.unwrap()
}

async fn get(server: &Server, path: &str) -> (String, String) {
    request(server, &format!("GET {path} HTTP/1.1\r\nhost: localhost"), "").await
}

fn words(text: &str) -> Vec<Word> {
    let word = |it| Word { text: format!(" {it}"), span: MediaSpan::default() };
    text.split_whitespace().map(word).collect()
}

fn at(ms: u64) -> MediaTime {
    MediaTime::new(Duration::from_millis(ms))
}

fn captions() -> Value {
    json!({ "v": 1 })
}
