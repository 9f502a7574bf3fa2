//! Audio through the recogniser's stage on a paused clock: it comes in real time, and only decodes take time.
use std::{collections::BTreeMap, task::Poll, time::Duration};

use futures::poll;
use livecap::{
    flow::{
        EdgeSettings, Engine, Fault, Inlet, Offer, Outlet, Room, Stage, StageGauge, WhenFull, edge,
    },
    logic::{reference::TimedWord, update::Update},
    message::{
        AudioFrame, Caption, Kind, Language, MediaSpan, MediaTime, SampleRate, Speech, Trace,
        TrackName, Transcript,
    },
    stages::recognise::{Recognise, RecogniseSettings, Recogniser, Track, VoiceActivity},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::clock::Clock;

const RATE: SampleRate = SampleRate::SPEECH;
/// Samples of one frame of live sound: 20 ms.
pub(crate) const FRAME: usize = 320;

/// The result of a run.
#[derive(Default)]
pub(crate) struct Streamed {
    /// Each with the time at which it came, in seconds since the capture of the first sample.
    pub(crate) captions: Vec<(f64, Caption)>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

/// The settings of the policy that depend on the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OfModel {
    /// The longest segment, milliseconds.
    pub(crate) longest: u64,
    /// This much silence ends a segment, milliseconds.
    pub(crate) endpoint: u64,
    /// The probability from which a word is committed on which two decodes agree.
    pub(crate) commit: f32,
    /// A partial comes after this much new audio, milliseconds.
    pub(crate) interval: u64,
}

/// The settings that a pipeline file with a model and a language leads to.
pub(crate) fn product_settings(language: Option<&str>, model: OfModel) -> RecogniseSettings {
    let mut settings =
        RecogniseSettings { language: language.map(Language::new), ..RecogniseSettings::default() };
    settings.endpoint.longest = Duration::from_millis(model.longest);
    settings.endpoint.silence = Duration::from_millis(model.endpoint);
    settings.agreement.commit_probability = model.commit;
    settings.scheduler.interval = Duration::from_millis(model.interval);
    settings.scheduler.pause = settings.endpoint.pause();
    settings
}

/// Runs `work` on a paused clock of its own.
pub(crate) fn on_paused_clock<T>(work: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime starts").block_on(work)
}

/// Runs the stage over `frames`, each with the number of its first sample. `make` is called on the recogniser's thread.
pub(crate) async fn streamed<R: Recogniser>(
    settings: RecogniseSettings,
    voice: impl VoiceActivity,
    make: impl FnOnce(Clock) -> R + Send + 'static,
    frames: impl Iterator<Item = (usize, Vec<f32>)>,
) -> Streamed {
    let clock = Clock::here();
    let engine = Engine::start("streamed", move || Ok::<_, Fault>(make(clock))).await;
    let engine = engine.unwrap_or_else(|error| panic!("{error}"));
    let mut track = Track::new(TrackName::new("streamed"));
    let gauge = StageGauge::new("streamed");
    let mut stage = Recognise::new(settings, engine, voice).counting_on(gauge.clone());
    let room = Room::Span(Duration::MAX);
    let (sender, receiver) =
        edge("streamed", "list", EdgeSettings { room, when_full: WhenFull::Wait });
    let out = Outlet::new(vec![sender], gauge.clone());
    let mut list = Inlet::new(vec![receiver]);
    // Advance the clock, so that audio can be older than the run.
    tokio::time::advance(Duration::from_secs(60)).await;
    let zero = Instant::now();
    let mut captions = Vec::new();
    for (first, samples) in frames {
        let captured = zero + RATE.duration_of(first + samples.len());
        if Instant::now() < captured {
            tokio::time::advance(captured - Instant::now()).await;
        }
        let frame = AudioFrame {
            start: MediaTime::of_sample(first as u64, RATE),
            rate: RATE,
            samples: samples.into(),
            hole: None,
            speaker: None,
            trace: Trace::starting(captured),
        };
        stage
            .handle(&mut track, Speech::new(frame).expect("16 kHz"), &out)
            .await
            .expect("a stage that goes on");
        take(&mut list, zero, &mut captions).await;
    }
    stage.flush(&mut track, &out).await.expect("a stage that ends");
    take(&mut list, zero, &mut captions).await;
    Streamed { captions, counts: gauge.read().counts.into_iter().collect() }
}

async fn take(list: &mut Inlet<Caption>, zero: Instant, captions: &mut Vec<(f64, Caption)>) {
    loop {
        let offer = {
            let mut next = std::pin::pin!(list.next());
            poll!(&mut next)
        };
        let Poll::Ready(Some(Offer::Handle(caption))) = offer else { return };
        list.settle();
        captions.push(((Instant::now() - zero).as_secs_f64(), caption));
    }
}

impl Streamed {
    pub(crate) fn transcripts(&self) -> impl Iterator<Item = (f64, &Transcript)> {
        self.captions.iter().filter_map(|(at, caption)| match caption {
            Caption::Transcript(it) => Some((*at, it)),
            Caption::Gap(_) | Caption::Translation(_) => None,
        })
    }

    pub(crate) fn updates(&self) -> Vec<Update> {
        self.transcripts().map(|(at, it)| update(it, at)).collect()
    }

    /// The texts of its finals.
    pub(crate) fn finals(&self) -> Vec<String> {
        let finals = self.transcripts().filter(|it| it.1.kind() == Kind::Final);
        finals.map(|it| it.1.text()).collect()
    }

    /// One line per caption: when it came, its segment and revision, and its words with their times, `|` after the committed
    /// ones. All times are milliseconds.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.captions
            .iter()
            .map(|(at, caption)| format!("{:.0} {}", at * 1000.0, line(caption)))
            .collect()
    }

    /// The SHA-256 of these lines.
    pub(crate) fn digest(&self) -> String {
        let digest = Sha256::digest(self.lines().join("\n"));
        digest.iter().map(|it| format!("{it:02x}")).collect()
    }
}

fn line(caption: &Caption) -> String {
    let at = |span: MediaSpan| {
        format!(
            "{}..{}",
            span.start.since_start().as_millis(),
            span.end().since_start().as_millis()
        )
    };
    match caption {
        Caption::Transcript(it) => {
            let word = |it: &livecap::message::Word| format!("{}@{}", it.text.trim(), at(it.span));
            let mut words: Vec<String> = it.words().iter().map(word).collect();
            words.insert(it.committed().len(), "|".to_owned());
            let kind = if it.kind() == Kind::Final { "final" } else { "partial" };
            let (segment, revision) = (it.segment().number(), it.revision().number());
            format!(
                "{kind} {segment}.{revision} {} {} {}",
                it.language(),
                at(it.span()),
                words.join(" ")
            )
        }
        Caption::Gap(it) => format!("gap {} {}", it.why.name(), at(it.span)),
        Caption::Translation(it) => panic!("a recogniser translates nothing: {it:?}"),
    }
}

fn update(it: &Transcript, at: f64) -> Update {
    let seconds = |at: MediaTime| at.as_secs_f64();
    let words = it.words().iter().map(|word| TimedWord {
        word: word.text.clone(),
        start: seconds(word.span.start),
        end: seconds(word.span.end()),
    });
    Update {
        segment: it.segment().number(),
        revision: it.revision().number(),
        is_final: it.kind() == Kind::Final,
        text: it.text(),
        committed: it.committed_text(),
        words: words.collect(),
        heard_to: seconds(it.span().end()),
        at,
    }
}
