//! A recogniser that panics in the middle of sentences: a source of speech with distinguishable words, and a recogniser that
//! panics at chosen words.
mod caption_store;
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

use self::caption_store::CaptionStore;
use super::numbers::{generous, quiet_panic};

const RATE: SampleRate = SampleRate::SPEECH;
/// Samples of a word, of the pause after it, of a frame, and of the silence after a sentence.
const WORD: usize = 5_120;
const BETWEEN: usize = 512;
const FRAME_LENGTH: usize = 320;
const SILENCE: usize = 11_200;
const WORDS_IN_A_SENTENCE: usize = 8;
const SENTENCES: usize = 12;

/// The speech: all samples of a word have the same value, which is its number divided by 1000.
fn speech() -> Vec<f32> {
    let mut speech = vec![0.0; SILENCE];
    for number in 1..=SENTENCES * WORDS_IN_A_SENTENCE {
        speech.extend(std::iter::repeat_n(number as f32 / 1000.0, WORD));
        let ends = number % WORDS_IN_A_SENTENCE == 0;
        speech.extend(std::iter::repeat_n(0.0, if ends { SILENCE } else { BETWEEN }));
    }
    speech
}

/// The words of `speech` by their numbers, with their spans. Number 0 is silence.
fn words_in(speech: &[f32]) -> Vec<(usize, MediaSpan)> {
    let mut from = 0;
    let word = |run: &[f32]| {
        let start = MediaTime::of_sample(from as u64, RATE);
        from += run.len();
        let span = MediaSpan::between(start, MediaTime::of_sample(from as u64, RATE));
        ((run[0] * 1000.0).round() as usize, span)
    };
    speech.chunk_by(|a, b| a == b).map(word).collect()
}

/// The source of the speech, unpaced or in real time.
struct SpeechSource {
    frames: VecDeque<Speech>,
    started: Instant,
    live: bool,
}

impl SpeechSource {
    /// In real time it begins now.
    fn new(live: bool) -> SpeechSource {
        let started = Instant::now();
        let frame = |(number, samples): (usize, &[f32])| {
            let start = MediaTime::of_sample((number * FRAME_LENGTH) as u64, RATE);
            let due = started + start.since_start() + RATE.duration_of(samples.len());
            let trace = Trace::starting(if live { due } else { started });
            let frame = AudioFrame {
                start,
                rate: RATE,
                samples: samples.into(),
                hole: None,
                speaker: None,
                trace,
            };
            Speech::new(frame).unwrap()
        };
        let frames = speech().chunks(FRAME_LENGTH).enumerate().map(frame).collect();
        SpeechSource { frames, started, live }
    }
}

impl Source for SpeechSource {
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

/// Recognises each word, and panics when it first recognises a word whose number is at least the next of `panics_at`.
#[derive(Clone)]
struct PanickingRecogniser {
    panics_at: Arc<Mutex<VecDeque<usize>>>,
    /// Called before a panic, with the newest hypothesis of this run for the open sentence.
    before: Arc<dyn Fn(&str) + Send + Sync>,
    hypothesis: String,
}

impl PanickingRecogniser {
    fn new(
        panics_at: &[usize],
        before: impl Fn(&str) + Send + Sync + 'static,
    ) -> PanickingRecogniser {
        let panics_at = Arc::new(Mutex::new(panics_at.iter().copied().collect()));
        PanickingRecogniser { panics_at, before: Arc::new(before), hypothesis: String::new() }
    }
}

impl Recogniser for PanickingRecogniser {
    fn decode(&mut self, speech: &[f32], _: &DecodeRequest) -> Result<Hypothesis, RecogniseError> {
        let words = words_in(speech).into_iter().filter(|(number, _)| *number > 0);
        let words: Vec<_> =
            words.filter(|(_, span)| span.length >= RATE.duration_of(WORD / 8)).collect();
        let whole = |span: &MediaSpan| span.length >= RATE.duration_of(WORD * 3 / 4);
        let newest = words.iter().filter(|(_, span)| whole(span)).map(|(number, _)| *number).max();
        let begins = words.first().map(|(number, _)| number.to_string());
        if self.hypothesis.split(' ').next().and_then(|it| it.get(1..)) != begins.as_deref() {
            // Another sentence has begun.
            self.hypothesis.clear();
        }
        let is_due = |number: &mut usize| newest.is_some_and(|newest| *number <= newest);
        let due = self.panics_at.lock().unwrap().pop_front_if(is_due);
        if due.is_some() {
            (self.before)(&self.hypothesis);
            quiet_panic();
        }
        let word = |(number, span): &(usize, MediaSpan)| {
            let mark = if whole(span) { 'w' } else { 'x' };
            Word { text: format!(" {mark}{number}"), span: *span }
        };
        let words: Vec<Word> = words.iter().map(word).collect();
        self.hypothesis =
            words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned();
        let decoded = |word| DecodedWord { word, probability: 1.0, punctuation_probability: 1.0 };
        let words = words.into_iter().map(decoded).collect();
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

/// What differs between the tests.
struct PipelineSettings {
    live: bool,
    when_full: WhenFull,
    max_lag: Option<Duration>,
    /// Of the recogniser.
    stage: StageSettings,
    /// Whether a run of the recogniser is being started.
    is_starting: Arc<AtomicBool>,
}

/// Frequent decodes and early endpoints, so that a short speech has many of them.
fn frequent() -> RecogniseSettings {
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

/// The source, a queue of 2 s, the recogniser, and `sink`.
fn pipeline<S: Stage<In = Caption, Out = Never, Kept = ()> + Clone + Sync>(
    settings: PipelineSettings,
    recogniser: PanickingRecogniser,
    sink: S,
) -> Pipeline {
    let room = Room::Span(Duration::from_secs(2));
    let edge_settings = EdgeSettings { room, when_full: settings.when_full };
    let (to_recogniser, speech) = edge("talk", "english", edge_settings);
    let room = Room::Items(NonZeroUsize::new(64).unwrap());
    let edge_settings = EdgeSettings { room, when_full: WhenFull::Coalesce };
    let (to_sink, captions) = edge("english", "sink", edge_settings);
    let mut registry = Registry::default();
    registry.add_edge(to_recogniser.gauge());
    registry.add_edge(to_sink.gauge());
    let mut pipeline = Pipeline::new(registry);
    let gauge = StageGauge::new("talk");
    let outlet = Outlet::new(vec![to_recogniser], gauge.clone());
    pipeline.source(generous(), gauge, SpeechSource::new(settings.live), outlet);
    let gauge = StageGauge::new("english");
    let outlet = Outlet::new(vec![to_sink], gauge.clone());
    let kept = Track::new(TrackName::new("english"));
    let make = move || {
        let (recogniser, is_starting) = (recogniser.clone(), settings.is_starting.clone());
        async move {
            is_starting.store(true, SeqCst);
            let engine = Engine::start("english", move || Ok::<_, Fault>(recogniser)).await;
            let engine = engine.map_err(|error| match error {
                EngineError::Make(fault) | EngineError::Fault(fault) => fault,
            })?;
            is_starting.store(false, SeqCst);
            let max_lag = settings.max_lag;
            let settings = RecogniseSettings { max_lag, ..frequent() };
            Ok(Recognise::new(settings, engine, Level))
        }
        .boxed()
    };
    let inlet = Inlet::new(vec![speech]);
    pipeline.stage(settings.stage, gauge, make, kept, inlet, outlet);
    let make = move || std::future::ready(Ok(sink.clone())).boxed();
    pipeline.sink(generous(), StageGauge::new("sink"), make, (), Inlet::new(vec![captions]));
    pipeline
}

/// Each word is in exactly one final, or a gap overlaps it. No gap overlaps a final.
fn check_words(store: &CaptionStore) {
    let words: Vec<&str> = store.finals.values().flat_map(|it| it.text.split(' ')).collect();
    for (number, span) in words_in(&speech()).into_iter().filter(|(number, _)| *number > 0) {
        let (start, end) = (span.start.as_secs_f64(), span.end().as_secs_f64());
        let times = words.iter().filter(|it| **it == format!("w{number}")).count();
        let missing = store.gaps.iter().any(|gap| gap.start < end && start < gap.end);
        assert!(times == 1 || (times == 0 && missing), "w{number}: {times} times, {missing}");
    }
    for gap in &store.gaps {
        let overlapped = store.finals.values().find(|it| gap.start < it.end && it.start < gap.end);
        assert!(overlapped.is_none(), "{gap:?} overlaps {overlapped:?}");
    }
}
