//! The translate stage with real services: a strict one on this machine, and Apertium where it is installed.
mod apertium;
#[cfg(feature = "whisper")]
mod broadcast;
mod faults;
#[cfg(feature = "whisper")]
mod files;
#[cfg(feature = "whisper")]
mod pipes;
mod service;
mod shapes;

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use livecap::{
    flow::{
        EdgeSettings, Inlet, Item, Offer, Outlet, Receiver, Registry, Room, StageGauge, WhenFull,
        drive, edge,
    },
    logic::translate::{QueueSettings, Scheduler, SchedulerSettings},
    message::{
        BreakerSettings, Caption, Kind, Language, MediaSpan, MediaTime, Segments, Trace, TrackName,
        Transcript, Translation, Word,
    },
    stages::translate::{Key, OpenAi, OpenAiSettings, Translate, TranslateSettings, Translator},
};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout},
};

pub(crate) use service::{Service, Turn, translated};

/// Nothing here takes longer, on any machine.
const SOON: Duration = Duration::from_secs(30);
const MS: Duration = Duration::from_millis(1);

/// All waits in milliseconds; time-outs and deadlines long enough for a busy machine.
fn settings() -> TranslateSettings {
    let breaker = BreakerSettings { failures: 4, wait: 10 * MS, longest: 20 * MS };
    let queue = QueueSettings {
        in_flight: 4,
        deadline: 20_000 * MS,
        patient: false,
        retries: 3,
        wait: 5 * MS,
        breaker,
        cache: 0,
        ..QueueSettings::default()
    };
    let scheduler = SchedulerSettings { queue, ..SchedulerSettings::new(Language::new("nl")) };
    TranslateSettings { scheduler, timeout: 10_000 * MS, waits: false }
}

fn openai(url: &str) -> Arc<dyn Translator> {
    let settings = OpenAiSettings {
        url: format!("{url}/v1"),
        key: Key::new("secret"),
        connect: SOON,
        ..OpenAiSettings::default()
    };
    Arc::new(OpenAi::new(settings).unwrap())
}

/// An edge behind the stage of this gauge.
fn wire<T: Item>(size: usize, gauge: Arc<StageGauge>) -> (Outlet<T>, Receiver<T>) {
    let room = Room::Items(NonZeroUsize::new(size).unwrap());
    let (sender, receiver) =
        edge("before", "behind", EdgeSettings { room, when_full: WhenFull::Wait });
    (Outlet::new(vec![sender], gauge), receiver)
}

/// A stage at work, what it takes, and what it gives.
struct AtWork {
    captions: Option<Outlet<Caption>>,
    given: Inlet<Caption>,
    registry: Registry,
    running: JoinHandle<()>,
    segments: Segments,
}

impl AtWork {
    fn start(settings: TranslateSettings, translator: Arc<dyn Translator>) -> AtWork {
        let (captions, taken) = wire(256, StageGauge::new("english"));
        let gauge = StageGauge::new("dutch");
        let (out, given) = wire(256, gauge.clone());
        let mut registry = Registry::default();
        registry.add_stage(gauge.clone());
        let running = tokio::spawn(async move {
            let mut scheduler = Scheduler::new(settings.scheduler.clone());
            let mut stage = Translate::new(settings, translator);
            drive(&mut stage, &mut scheduler, &mut Inlet::new(vec![taken]), &out, &gauge)
                .await
                .unwrap();
        });
        let segments = Segments::new(TrackName::new("english"));
        let given = Inlet::new(vec![given]);
        AtWork { captions: Some(captions), given, registry, running, segments }
    }

    async fn say(&mut self, text: &str) {
        let it = final_of(&mut self.segments, text);
        let captions = self.captions.as_ref().expect("it has not ended");
        timeout(SOON, captions.send(Caption::Transcript(it))).await.unwrap().unwrap();
    }

    /// The next translation; `None` at the end.
    async fn next(&mut self) -> Option<Translation> {
        let offer = timeout(SOON, self.given.next()).await.expect("a translation in time")?;
        self.given.settle();
        let (Offer::Handle(caption) | Offer::Failed(caption)) = offer;
        let Caption::Translation(it) = caption else { panic!("only translations: {caption:?}") };
        Some(it)
    }

    /// Everything that is still to come, once nothing more is said.
    async fn rest(mut self) -> Vec<Translation> {
        self.captions = None;
        let mut all = Vec::new();
        while let Some(it) = self.next().await {
            all.push(it);
        }
        timeout(SOON, self.running).await.unwrap().unwrap();
        all
    }
}

fn final_of(segments: &mut Segments, text: &str) -> Transcript {
    let trace = Trace::starting(Instant::now());
    segments.open(MediaTime::ZERO, Language::new("en"));
    segments.close(words(text), MediaTime::ZERO, trace).expect("it has words")
}

fn words(text: &str) -> Vec<Word> {
    let word = |it| Word { text: format!(" {it}"), span: MediaSpan::default() };
    text.split_whitespace().map(word).collect()
}

/// All are finals, in the order of their segments, none missing.
#[track_caller]
fn assert_whole(given: &[Translation], count: u64) {
    let numbers: Vec<_> = given.iter().map(|it| it.of.segment.number()).collect();
    assert_eq!(numbers, (0..count).collect::<Vec<_>>());
    assert!(given.iter().all(|it| it.kind == Kind::Final));
}
