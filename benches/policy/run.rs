//! One recording through the recogniser's stage on a clock that only decodes move.
use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, mpsc},
    task::Poll,
    time::Duration,
};

use futures::poll;
use livecap::{
    flow::{
        EdgeSettings, Engine, Fault, Inlet, Offer, Outlet, Room, Stage, StageGauge, WhenFull, edge,
    },
    logic::{
        latency::{Comparison, Latencies},
        reference::TimedWord,
        stability::{Erasure, committed_changes},
        update::{Gold, Update, text_of_finals},
        wer::WordErrors,
    },
    message::{
        AudioFrame, Caption, Kind, Language, MediaTime, SampleRate, Speech, Trace, TrackName,
        Transcript,
    },
    stages::{
        recognise::{
            Ask, Hypothesis, NeuralVoiceActivity, Recognise, RecogniseError, RecogniseSettings,
            Recogniser, Track, Wanted,
        },
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};
use tokio::time::Instant;

use crate::pieces::Piece;

const RATE: SampleRate = SampleRate::SPEECH;
/// Samples of one frame: 20 ms.
const FRAME: usize = 320;

/// Tells what each decode cost, and waits until the clock has been moved by it: the channel holds nothing.
struct Metered {
    whisper: Whisper,
    costs: mpsc::SyncSender<Duration>,
}

impl Recogniser for Metered {
    fn listen(&mut self, speech: &[f32], ask: &Ask) -> Result<Hypothesis, RecogniseError> {
        let before = processor();
        // A decode is not given up: on this thread its time would be told by the clock of a machine that has other work to do.
        let ask = Ask { wanted: Wanted::default(), ..ask.clone() };
        let heard = self.whisper.listen(speech, &ask);
        let cost = processor().saturating_sub(before);
        let _ = self.costs.send(cost);
        heard
    }
}

/// Processor time of this thread so far.
fn processor() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("this needs Linux");
    let nanoseconds = told.split_whitespace().next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number of nanoseconds"))
}

#[derive(Default)]
pub(crate) struct Figures {
    errors: WordErrors,
    latencies: Latencies,
    erasure: Erasure,
    changes: usize,
    decodes: usize,
    cost: Duration,
    sound: Duration,
    age: f64,
}

impl Figures {
    pub(crate) const HEAD: &str = "piece                   WER  sub del ins | settled p50 p95 | commit p50 p95 | first p50 | final p50 p95 | erasure changes | CPU s/s decodes/s | oldest";

    pub(crate) fn add(&mut self, other: Figures) {
        self.errors = self.errors + other.errors;
        self.erasure = self.erasure + other.erasure;
        self.changes += other.changes;
        self.decodes += other.decodes;
        self.cost += other.cost;
        self.sound += other.sound;
        self.age = self.age.max(other.age);
        let (mine, more) = (&mut self.latencies, other.latencies);
        mine.first_seen.extend(more.first_seen);
        mine.settled.extend(more.settled);
        mine.committed.extend(more.committed);
        mine.first_partial.extend(more.first_partial);
        mine.finalisation.extend(more.finalisation);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |times: &[f64], part: f64| {
            let mut times = times.to_vec();
            times.sort_by(f64::total_cmp);
            let place = ((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1));
            times.get(place).copied().unwrap_or(f64::NAN) / 1000.0
        };
        let Figures { errors, latencies, erasure, sound, .. } = self;
        let seconds = sound.as_secs_f64();
        write!(
            out,
            "{:6.2} {:4} {:3} {:3} | {:6.2} {:6.2} | {:6.2} {:6.2} | {:6.2} | {:5.2} {:5.2} | {:.3} {} | {:.3} {:.2} | {:.1}",
            errors.rate().unwrap_or(0.0) * 100.0,
            errors.substituted,
            errors.deleted,
            errors.inserted,
            at(&latencies.settled, 0.5),
            at(&latencies.settled, 0.95),
            at(&latencies.committed, 0.5),
            at(&latencies.committed, 0.95),
            at(&latencies.first_partial, 0.5),
            at(&latencies.finalisation, 0.5),
            at(&latencies.finalisation, 0.95),
            erasure.normalised().unwrap_or(0.0),
            self.changes,
            self.cost.as_secs_f64() / seconds,
            self.decodes as f64 / seconds,
            self.age,
        )
    }
}

pub(crate) fn run(model: &WhisperModel, piece: &Piece, show: bool) -> Figures {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime starts").block_on(streamed(model.clone(), piece, show))
}

fn knob(name: &str, usual: f64) -> f64 {
    std::env::var(name).ok().map_or(usual, |it| it.parse().expect("a number"))
}

fn settings(model: &WhisperModel, language: Option<Language>) -> RecogniseSettings {
    let mut settings = RecogniseSettings { language, ..RecogniseSettings::default() };
    let _ = model;
    let ms = |name: &str, usual: Duration| {
        Duration::from_millis(knob(name, usual.as_secs_f64() * 1000.0) as u64)
    };
    settings.endpoint.longest = ms("LONGEST", Duration::from_secs(30));
    settings.endpoint.silence = ms("SILENCE", settings.endpoint.silence);
    settings.endpoint.sentence = ms("SENTENCE", settings.endpoint.sentence);
    settings.pace.pause = settings.endpoint.pause();
    settings.pace.first = ms("FIRST", settings.pace.first);
    settings.pace.interval = ms("INTERVAL", settings.pace.interval);
    settings.pace.share = knob("SHARE", settings.pace.share.into()) as f32;
    settings.agreement.show = knob("SHOW", settings.agreement.show.into()) as f32;
    settings.agreement.show_last = knob("SHOW_LAST", settings.agreement.show_last.into()) as f32;
    settings.agreement.show_mark = knob("SHOW_MARK", settings.agreement.show_mark.into()) as f32;
    settings.agreement.commit = knob("COMMIT", settings.agreement.commit.into()) as f32;
    settings.agreement.decodes = knob("DECODES", settings.agreement.decodes as f64) as usize;
    settings.agreement.edge = ms("EDGE", settings.agreement.edge);
    settings.agreement.settle = ms("SETTLE", settings.agreement.settle);
    settings.window.keep = ms("KEEP", settings.window.keep);
    settings.agreement.hold = ms("HOLD", settings.agreement.hold);
    settings.window.length = ms("WINDOW", settings.window.length);
    settings.window.overlap = knob("OVERLAP", settings.window.overlap as f64) as usize;
    settings
}

async fn streamed(model: WhisperModel, piece: &Piece, show: bool) -> Figures {
    let language = (piece.language != "mixed").then(|| Language::new(&piece.language));
    let settings = settings(&model, language.clone());
    let whisper =
        WhisperSettings { language, threads: NonZeroUsize::MIN, ..WhisperSettings::default() };
    let (costs, spent) = mpsc::sync_channel(0);
    let engine = Engine::start("policy", move || {
        Whisper::start(&model, &whisper).map(|whisper| Metered { whisper, costs })
    });
    let engine = engine.await.unwrap_or_else(|error| panic!("{error}"));
    let track = Arc::new(Mutex::new(Track::new(TrackName::new("policy"))));
    let gauge = StageGauge::new("policy");
    let mut stage = Recognise::new(settings, engine, NeuralVoiceActivity::default(), track)
        .counting_on(gauge.clone());
    let room = Room::Span(Duration::MAX);
    let (sender, receiver) =
        edge("policy", "list", EdgeSettings { room, when_full: WhenFull::Wait });
    let out = Outlet::new(vec![sender], gauge.clone());
    let mut list = Inlet::new(vec![receiver]);
    // A clock that has run for a while, so that sound can be older than it.
    tokio::time::advance(Duration::from_secs(60)).await;
    let zero = Instant::now();
    let (mut updates, mut figures) = (Vec::new(), Figures::default());
    for (number, samples) in piece.sound.chunks(FRAME).enumerate() {
        let start = MediaTime::of_sample((number * FRAME) as u64, RATE);
        let captured = zero + RATE.duration_of(number * FRAME + samples.len());
        if Instant::now() < captured {
            tokio::time::advance(captured - Instant::now()).await;
        }
        let frame = AudioFrame {
            start,
            rate: RATE,
            samples: samples.into(),
            hole: None,
            trace: Trace::starting(captured),
        };
        let handled = stage.handle(Speech::new(frame).expect("16 kHz"), &out);
        moved(handled, &spent, &mut figures).await.expect("a stage that goes on");
        take(&mut list, zero, &mut updates, show).await;
    }
    moved(stage.flush(&out), &spent, &mut figures).await.expect("a stage that ends");
    take(&mut list, zero, &mut updates, show).await;
    if show {
        println!("    {:?}", gauge.read().counts);
    }
    figures.sound = RATE.duration_of(piece.sound.len());
    figures.errors = WordErrors::between(
        &piece.reference.text,
        &text_of_finals(&updates),
        piece.reference.language(),
    );
    figures.erasure = Erasure::of(&updates);
    figures.changes = committed_changes(&updates);
    let gold = Gold::of(&piece.reference);
    figures.latencies = Comparison::new(&updates, &gold, 1.0).latencies();

    figures
}

/// Waits for `work`, and moves the clock by what each decode in it cost.
async fn moved(
    work: impl Future<Output = Result<(), Fault>>,
    spent: &mpsc::Receiver<Duration>,
    figures: &mut Figures,
) -> Result<(), Fault> {
    let mut work = std::pin::pin!(work);
    loop {
        if let Poll::Ready(done) = poll!(&mut work) {
            return done;
        }
        match spent.try_recv() {
            Ok(cost) => {
                figures.cost += cost;
                figures.decodes += 1;
                tokio::time::advance(cost).await;
            }
            Err(_) => std::thread::yield_now(),
        }
    }
}

async fn take(list: &mut Inlet<Caption>, zero: Instant, updates: &mut Vec<Update>, show: bool) {
    loop {
        let offer = {
            let mut next = std::pin::pin!(list.next());
            poll!(&mut next)
        };
        let Poll::Ready(Some(Offer::Handle(caption))) = offer else { return };
        list.settle();
        let at = (Instant::now() - zero).as_secs_f64();
        if let Caption::Transcript(it) = &caption {
            if show {
                println!(
                    "{at:8.2} {} {}",
                    if it.kind() == Kind::Final { "FINAL" } else { "     " },
                    told(it)
                );
            }
            updates.push(update(it, at));
        } else if show {
            println!("{at:8.2} {caption:?}");
        }
    }
}

fn told(it: &Transcript) -> String {
    let (committed, text) = (it.committed_text(), it.text());
    format!(
        "{} {committed} | {}",
        it.language(),
        text.strip_prefix(&committed).unwrap_or(&text).trim()
    )
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
