//! One recording through the recogniser's stage on a clock that only decodes move.
use std::{
    collections::BTreeMap,
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use livecap::{
    logic::{
        latency::{Comparison, Latencies},
        stability::{Erasure, committed_changes},
        update::{Gold, Update, text_of_finals},
        wer::WordErrors,
    },
    message::{Caption, Kind, Language, SampleRate, Transcript},
    models::{Context, Decoding},
    stages::{
        recognise::{
            Cancellation, DecodeRequest, Hypothesis, RecogniseError, RecogniseSettings, Recogniser,
        },
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};

use crate::{
    corpus::{
        clock::Clock,
        format::OfModel,
        streamed::{FRAME, Streamed, on_paused_clock, product_settings, streamed},
    },
    pieces::Piece,
    processor::processor,
    voices::voice,
};

const RATE: SampleRate = SampleRate::SPEECH;

/// How many decodes there were, and what they cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    decodes: usize,
    cost: Duration,
    /// Of the voice activity detector.
    voice: Duration,
}

/// Moves the clock by what each decode cost.
struct Metered {
    /// `None`: it hears nothing, so that what a voice detector lets through can be seen soon.
    whisper: Option<Whisper>,
    clock: Clock,
    spent: Arc<Mutex<Spent>>,
}

impl Recogniser for Metered {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let (heard, cost) = match &mut self.whisper {
            Some(whisper) => metered(whisper, speech, request, &self.spent),
            None => {
                self.spent.lock().unwrap_or_else(PoisonError::into_inner).decodes += 1;
                (Ok(nothing()), Duration::ZERO)
            }
        };
        match self.clock.spend(cost, &request.cancellation) {
            true => heard,
            false => Err(RecogniseError::Cancelled),
        }
    }
}

fn nothing() -> Hypothesis {
    Hypothesis {
        words: Vec::new(),
        timed: false,
        language: Language::new("en"),
        written: None,
        language_probability: 0.0,
        no_speech: 0.0,
        log_probability: 0.0,
        times: Vec::new(),
        cut_off: false,
    }
}

/// A decode, and what it cost. It is never given up: whether it took too long is told by the clock that it moves, afterwards.
pub(crate) fn metered(
    whisper: &mut Whisper,
    speech: &[f32],
    request: &DecodeRequest,
    spent: &Mutex<Spent>,
) -> (Result<Hypothesis, RecogniseError>, Duration) {
    let before = processor();
    let heard = whisper.decode(
        speech,
        &DecodeRequest { cancellation: Cancellation::default(), ..request.clone() },
    );
    let measured = processor().saturating_sub(before);
    let cost = heard
        .as_ref()
        .ok()
        .and_then(|it| estimated(whisper, speech, request, it))
        .unwrap_or(measured);
    let mut spent = spent.lock().unwrap_or_else(PoisonError::into_inner);
    spent.decodes += 1;
    spent.cost += cost;
    (heard, cost)
}

/// `COSTS=A,B,C`: a decode costs A seconds, B for each position of the encoder and C for each token, instead of what it took here:
/// the same figures on a busy machine.
fn estimated(
    whisper: &Whisper,
    speech: &[f32],
    request: &DecodeRequest,
    heard: &Hypothesis,
) -> Option<Duration> {
    let costs = std::env::var("COSTS").ok()?;
    let costs: Vec<f64> = costs.split(',').map(|it| it.parse().expect("a number")).collect();
    let [decode, position, token] = costs[..] else { panic!("COSTS takes three numbers") };
    let positions = whisper.positions(speech.len(), request.effort) as f64;
    let tokens = heard.words.len() as f64 * TOKENS_A_WORD + TOKENS_AROUND;
    Some(Duration::from_secs_f64(decode + position * positions + token * tokens))
}

/// Roughly, in English; and those that stand before and behind the words.
const TOKENS_A_WORD: f64 = 1.4;
const TOKENS_AROUND: f64 = 4.0;

#[derive(Default)]
pub(crate) struct Figures {
    errors: WordErrors,
    latencies: Latencies,
    erasure: Erasure,
    changes: usize,
    decodes: usize,
    cost: Duration,
    sound: Duration,
    /// So many seconds behind its end the word was shown that a viewer waited for longest.
    oldest: f64,
    /// Processor time of the voice activity detector.
    voice: Duration,
    /// Words where nobody speaks: in finals, and shown in partials at once.
    invented: [usize; 2],
}

impl Figures {
    pub(crate) const HEAD: &str = "piece                   WER  sub del ins | settled p50 p95 | commit p50 p95 | first p50 | final p50 p95 | erasure changes | CPU s/s decodes/s | oldest | VAD ms/s | from nothing: final shown";

    pub(crate) fn of(run: &Streamed, piece: &Piece, spent: Spent) -> Figures {
        let (updates, reference) = (run.updates(), &piece.reference);
        let text = text_of_finals(&updates);
        let latencies = Comparison::new(&updates, &Gold::of(reference), 1.0).latencies();
        let oldest = latencies.first_seen.iter().copied().fold(0.0, f64::max);
        Figures {
            errors: WordErrors::between(&reference.text, &text, reference.language()),
            latencies,
            erasure: Erasure::of(&updates),
            changes: committed_changes(&updates),
            decodes: spent.decodes,
            cost: spent.cost,
            sound: RATE.duration_of(piece.sound.len()),
            oldest: oldest / 1000.0,
            voice: spent.voice,
            invented: if reference.text.trim().is_empty() { invented(&updates) } else { [0; 2] },
        }
    }

    pub(crate) fn add(&mut self, other: Figures) {
        self.errors = self.errors + other.errors;
        self.erasure = self.erasure + other.erasure;
        self.changes += other.changes;
        self.decodes += other.decodes;
        self.cost += other.cost;
        self.sound += other.sound;
        self.oldest = self.oldest.max(other.oldest);
        self.voice += other.voice;
        (0..2).for_each(|at| self.invented[at] += other.invented[at]);
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
            "{:6.2} {:4} {:3} {:3} | {:6.2} {:6.2} | {:6.2} {:6.2} | {:6.2} | {:5.2} {:5.2} | {:.3} {} | {:.3} {:.2} | {:.1} | {:.2} | {} {}",
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
            self.oldest,
            self.voice.as_secs_f64() * 1000.0 / seconds,
            self.invented[0],
            self.invented[1],
        )
    }
}

pub(crate) fn run(model: Option<&WhisperModel>, piece: &Piece, show: bool) -> Figures {
    let spent = Arc::<Mutex<Spent>>::default();
    let settings = settings(piece.language(), model);
    let whisper = model.map(|it| started(it, piece.language()));
    let meter = spent.clone();
    let make = move |clock| Metered { whisper: whisper.map(|it| it()), clock, spent: meter };
    let frames = piece.sound.chunks(FRAME).enumerate();
    let frames = frames.map(|(number, samples)| (number * FRAME, samples.to_vec()));
    let (voice, voice_cost) = voice();
    let run = on_paused_clock(streamed(settings, voice, make, frames));
    let mut spent = *spent.lock().unwrap_or_else(PoisonError::into_inner);
    spent.voice = Duration::from_nanos(voice_cost.load(Relaxed));
    if show {
        tell(&run);
    }
    Figures::of(&run, piece, spent)
}

/// Words in finals, and the most words that stood in a partial of each segment.
fn invented(updates: &[Update]) -> [usize; 2] {
    let count = |it: &Update| it.text.split_whitespace().count();
    let finals = updates.iter().filter(|it| it.is_final).map(count).sum();
    let mut shown = BTreeMap::new();
    for it in updates.iter().filter(|it| !it.is_final) {
        let most = shown.entry(it.segment).or_insert(0);
        *most = count(it).max(*most);
    }
    [finals, shown.values().sum()]
}

/// To be called on the recogniser's thread.
pub(crate) fn started(
    model: &WhisperModel,
    language: Option<&str>,
) -> impl FnOnce() -> Whisper + Send + 'static {
    let (model, language) = (model.clone(), language.map(Language::new));
    let (threads, decoding) = (NonZeroUsize::MIN, Some(decoding(&model)));
    let settings = WhisperSettings { language, threads, decoding, ..WhisperSettings::default() };
    move || Whisper::start(&model, &settings).unwrap_or_else(|error| panic!("{error}"))
}

/// `CONTEXT=full`: every decode, of a partial too, with all of the encoder's context.
fn decoding(model: &WhisperModel) -> Decoding {
    let usual = Decoding::of(model.header());
    match std::env::var("CONTEXT").as_deref() {
        Err(_) => usual,
        Ok("full") => {
            let all = Context { floor: Duration::MAX, margin: Duration::ZERO };
            Decoding { partial: all, full: all, ..usual }
        }
        Ok(other) => panic!("CONTEXT={other}: only `full` is known"),
    }
}

fn knob(name: &str, usual: f64) -> f64 {
    std::env::var(name).ok().map_or(usual, |it| it.parse().expect("a number"))
}

pub(crate) fn of_model(model: &WhisperModel) -> OfModel {
    let Decoding { longest, endpoint, commit, interval, .. } = Decoding::of(model.header());
    let [longest, endpoint, interval] =
        [longest, endpoint, interval].map(|it| it.as_millis() as u64);
    OfModel { longest, endpoint, commit, interval }
}

/// The product's settings, with what the environment says otherwise.
fn settings(language: Option<&str>, model: Option<&WhisperModel>) -> RecogniseSettings {
    // Without a model: as of the smallest one.
    let smallest = OfModel { longest: 30_000, endpoint: 750, commit: 0.4, interval: 980 };
    let mut settings = product_settings(language, model.map_or(smallest, of_model));
    let ms = |name: &str, usual: Duration| {
        Duration::from_millis(knob(name, usual.as_secs_f64() * 1000.0) as u64)
    };
    settings.endpoint.threshold = knob("THRESHOLD", settings.endpoint.threshold.into()) as f32;
    settings.endpoint.min_speech = ms("MIN_SPEECH", settings.endpoint.min_speech);
    settings.endpoint.longest = ms("LONGEST", settings.endpoint.longest);
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
    settings.max_lag = settings.max_lag.map(|it| ms("MAX_LAG", it));
    settings.window.overlap = knob("OVERLAP", settings.window.overlap as f64) as usize;
    settings
}

pub(crate) fn tell(run: &Streamed) {
    for (at, caption) in &run.captions {
        match caption {
            Caption::Transcript(it) if it.kind() == Kind::Final => {
                println!("{at:8.2} FINAL {}", told(it));
            }
            Caption::Transcript(it) => println!("{at:8.2}       {}", told(it)),
            other => println!("{at:8.2} {other:?}"),
        }
    }
    println!("    {:?}", run.counts);
}

fn told(it: &Transcript) -> String {
    let (committed, text) = (it.committed_text(), it.text());
    format!("{committed} | {}", text.strip_prefix(&committed).unwrap_or(&text).trim())
}
