//! A recogniser that panics in mid-sentence: talk whose words can be told apart, and a recogniser that panics as planned.
mod ledger;
mod live;
mod page;

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::FutureExt;
use livecap::{
    flow::{
        EdgeSettings, Engine, EngineError, Fault, Inlet, Never, Outlet, Registry, Room, Source,
        Stage, StageGauge, WhenFull, edge,
    },
    host::{Pipeline, StageSettings},
    logic::{
        agreement::{AgreementSettings, DecodedWord},
        decode_scheduler::DecodeSchedulerSettings,
        endpoint::EndpointSettings,
        window::WindowSettings,
    },
    message::{
        AudioFrame, Caption, Language, MediaSpan, MediaTime, SampleRate, Speech, Trace, TrackName,
        Word,
    },
    stages::recognise::{
        DecodeRequest, FRAME, Hypothesis, Recognise, RecogniseError, RecogniseSettings, Recogniser,
        Track, VoiceActivity,
    },
};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::ledger::Ledger;
use super::numbers::{generous, quiet_panic};

const RATE: SampleRate = SampleRate::SPEECH;
/// Samples of a spoken word, of the weak place behind it, of a frame, and of the silence behind a sentence.
const WORD: usize = 5_120;
const BETWEEN: usize = 512;
const FRAME_LENGTH: usize = 320;
const SILENCE: usize = 11_200;
const WORDS_IN_A_SENTENCE: usize = 8;
const SENTENCES: usize = 12;

/// Each word is a stretch of its own value.
fn sound() -> Vec<f32> {
    let mut sound = vec![0.0; SILENCE];
    for number in 1..=SENTENCES * WORDS_IN_A_SENTENCE {
        sound.extend(std::iter::repeat_n(number as f32 / 1000.0, WORD));
        let ends = number % WORDS_IN_A_SENTENCE == 0;
        sound.extend(std::iter::repeat_n(0.0, if ends { SILENCE } else { BETWEEN }));
    }
    sound
}

/// Stretches of one value, with the number of the word that it stands for; 0 is silence.
fn stretches(sound: &[f32]) -> Vec<(usize, MediaSpan)> {
    let mut from = 0;
    let stretch = |run: &[f32]| {
        let start = MediaTime::of_sample(from as u64, RATE);
        from += run.len();
        let span = MediaSpan::between(start, MediaTime::of_sample(from as u64, RATE));
        ((run[0] * 1000.0).round() as usize, span)
    };
    sound.chunk_by(|a, b| a == b).map(stretch).collect()
}

/// Gives the sound, as fast as it is taken or at its own pace.
struct Talk {
    frames: VecDeque<Speech>,
    started: Instant,
    live: bool,
}

impl Talk {
    /// A live one begins now.
    fn new(live: bool) -> Talk {
        let started = Instant::now();
        let frame = |(number, samples): (usize, &[f32])| {
            let start = MediaTime::of_sample((number * FRAME_LENGTH) as u64, RATE);
            let due = started + start.since_start() + RATE.duration_of(samples.len());
            let trace = Trace::starting(if live { due } else { started });
            let frame =
                AudioFrame { start, rate: RATE, samples: samples.into(), hole: None, trace };
            Speech::new(frame).unwrap()
        };
        let frames = sound().chunks(FRAME_LENGTH).enumerate().map(frame).collect();
        Talk { frames, started, live }
    }
}

impl Source for Talk {
    type Out = Speech;

    async fn run(&mut self, out: &Outlet<Speech>, stop: CancellationToken) -> Result<(), Fault> {
        while let Some(frame) = self.frames.pop_front() {
            if stop.is_cancelled() {
                break;
            }
            if self.live {
                sleep_until(self.started + frame.span().end().since_start()).await;
            }
            out.send(frame).await?;
        }
        Ok(())
    }
}

struct Level;

impl VoiceActivity for Level {
    fn speech_probability(&mut self, frame: &[f32; FRAME]) -> f32 {
        if frame.iter().any(|it| *it > 0.0) { 1.0 } else { 0.0 }
    }
    fn reset(&mut self) {}
}

/// Hears each word, and panics when it first hears one of at least the number that is next.
#[derive(Clone)]
struct Bomb {
    bombs: Arc<Mutex<VecDeque<usize>>>,
    /// Called before a panic, with what this life last said of the sentence.
    before: Arc<dyn Fn(&str) + Send + Sync>,
    said: String,
}

impl Bomb {
    fn new(bombs: &[usize], before: impl Fn(&str) + Send + Sync + 'static) -> Bomb {
        let bombs = Arc::new(Mutex::new(bombs.iter().copied().collect()));
        Bomb { bombs, before: Arc::new(before), said: String::new() }
    }
}

impl Recogniser for Bomb {
    fn decode(&mut self, speech: &[f32], _: &DecodeRequest) -> Result<Hypothesis, RecogniseError> {
        let heard = stretches(speech).into_iter().filter(|(number, _)| *number > 0);
        let heard: Vec<_> =
            heard.filter(|(_, span)| span.length >= RATE.duration_of(WORD / 8)).collect();
        let whole = |span: &MediaSpan| span.length >= RATE.duration_of(WORD * 3 / 4);
        let newest = heard.iter().filter(|(_, span)| whole(span)).map(|(number, _)| *number).max();
        let begins = heard.first().map(|(number, _)| number.to_string());
        if self.said.split(' ').next().and_then(|it| it.get(1..)) != begins.as_deref() {
            // Another sentence than that of which something was said.
            self.said.clear();
        }
        let is_due = |bomb: &mut usize| newest.is_some_and(|newest| *bomb <= newest);
        let due = self.bombs.lock().unwrap().pop_front_if(is_due);
        if due.is_some() {
            (self.before)(&self.said);
            quiet_panic();
        }
        let word = |(number, span): &(usize, MediaSpan)| {
            let mark = if whole(span) { 'w' } else { 'x' };
            Word { text: format!(" {mark}{number}"), span: *span }
        };
        let words: Vec<Word> = heard.iter().map(word).collect();
        self.said = words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned();
        let sure = |word| DecodedWord { word, probability: 1.0, punctuation_probability: 1.0 };
        let words = words.into_iter().map(sure).collect();
        let language = Language::new("en");
        Ok(Hypothesis {
            words,
            has_word_times: true,
            language,
            language_probability: 1.0,
            text_language: None,
            no_speech: 0.0,
            log_probability: 0.0,
            times: Vec::new(),
            hit_token_limit: false,
        })
    }
}

/// What differs between the pipelines.
struct Setting {
    live: bool,
    when_full: WhenFull,
    max_lag: Option<Duration>,
    recogniser: StageSettings,
    /// Whether a life is being made now.
    making: Arc<AtomicBool>,
}

/// Decodes and ends that come soon, so that a short talk has many of them.
fn quick() -> RecogniseSettings {
    let (ms, usual) = (Duration::from_millis, RecogniseSettings::default());
    RecogniseSettings {
        endpoint: EndpointSettings { silence: ms(500), sentence: ms(250), ..usual.endpoint },
        scheduler: DecodeSchedulerSettings {
            first: ms(150),
            interval: ms(350),
            pause: ms(250),
            share: 0.5,
        },
        agreement: AgreementSettings { commit_margin: ms(100), ..usual.agreement },
        window: WindowSettings { length: ms(3_000), keep: ms(1_000), ..usual.window },
        ..usual
    }
}

/// Talk, 2 s of queue, the recogniser, and `sink`.
fn pipeline<S: Stage<In = Caption, Out = Never, Kept = ()> + Clone + Sync>(
    setting: Setting,
    bomb: Bomb,
    sink: S,
) -> Pipeline {
    let room = Room::Span(Duration::from_secs(2));
    let settings = EdgeSettings { room, when_full: setting.when_full };
    let (to_recogniser, speech) = edge("talk", "english", settings);
    let room = Room::Items(NonZeroUsize::new(64).unwrap());
    let settings = EdgeSettings { room, when_full: WhenFull::Coalesce };
    let (to_sink, captions) = edge("english", "sink", settings);
    let mut registry = Registry::default();
    registry.add_edge(to_recogniser.gauge());
    registry.add_edge(to_sink.gauge());
    let mut pipeline = Pipeline::new(registry);
    let gauge = StageGauge::new("talk");
    let outlet = Outlet::new(vec![to_recogniser], gauge.clone());
    pipeline.source(generous(), gauge, Talk::new(setting.live), outlet);
    let gauge = StageGauge::new("english");
    let outlet = Outlet::new(vec![to_sink], gauge.clone());
    let kept = Track::new(TrackName::new("english"));
    let make = move || {
        let (bomb, making) = (bomb.clone(), setting.making.clone());
        async move {
            making.store(true, SeqCst);
            let engine = Engine::start("english", move || Ok::<_, Fault>(bomb)).await;
            let engine = engine.map_err(|error| match error {
                EngineError::Make(fault) | EngineError::Fault(fault) => fault,
            })?;
            making.store(false, SeqCst);
            let max_lag = setting.max_lag;
            let settings = RecogniseSettings { max_lag, ..quick() };
            Ok(Recognise::new(settings, engine, Level))
        }
        .boxed()
    };
    let inlet = Inlet::new(vec![speech]);
    pipeline.stage(setting.recogniser, gauge, make, kept, inlet, outlet);
    let make = move || std::future::ready(Ok(sink.clone())).boxed();
    pipeline.sink(generous(), StageGauge::new("sink"), make, (), Inlet::new(vec![captions]));
    pipeline
}

/// Each word was said once and whole, or a gap takes a part of it; no gap lies where a final does.
fn check_words(ledger: &Ledger) {
    let words: Vec<&str> = ledger.finals.values().flat_map(|it| it.text.split(' ')).collect();
    for (number, span) in stretches(&sound()).into_iter().filter(|(number, _)| *number > 0) {
        let (start, end) = (span.start.as_secs_f64(), span.end().as_secs_f64());
        let times = words.iter().filter(|it| **it == format!("w{number}")).count();
        let missing = ledger.gaps.iter().any(|gap| gap.start < end && start < gap.end);
        assert!(times == 1 || (times == 0 && missing), "w{number}: {times} times, {missing}");
    }
    for gap in &ledger.gaps {
        let clash = ledger.finals.values().find(|it| gap.start < it.end && it.start < gap.end);
        assert!(clash.is_none(), "{gap:?} lies on {clash:?}");
    }
}
