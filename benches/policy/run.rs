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
        streamed::{FRAME, OfModel, Streamed, on_paused_clock, product_settings, streamed},
    },
    pieces::Piece,
    processor::processor,
    voices::voice,
};

const RATE: SampleRate = SampleRate::SPEECH;

/// The number of decodes and their cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    decodes: usize,
    cost: Duration,
    /// The cost of the voice activity detector.
    voice: Duration,
}

/// Moves the clock by the cost of each decode.
struct Metered {
    /// `None`: decodes give nothing, so that the effect of a voice activity detector can be measured quickly.
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
        let (hypothesis, cost) = match &mut self.whisper {
            Some(whisper) => metered(whisper, speech, request, &self.spent),
            None => {
                self.spent.lock().unwrap_or_else(PoisonError::into_inner).decodes += 1;
                (Ok(nothing()), Duration::ZERO)
            }
        };
        match self.clock.spend(cost, &request.cancellation) {
            true => hypothesis,
            false => Err(RecogniseError::Cancelled),
        }
    }
}

fn nothing() -> Hypothesis {
    Hypothesis {
        words: Vec::new(),
        has_word_times: false,
        language: Language::new("en"),
        text_language: None,
        language_probability: 0.0,
        no_speech: 0.0,
        log_probability: 0.0,
        times: Vec::new(),
        hit_token_limit: false,
    }
}

/// A decode and its cost. It is never cancelled: whether it took too long is decided afterwards, by the clock that it moves.
pub(crate) fn metered(
    whisper: &mut Whisper,
    speech: &[f32],
    request: &DecodeRequest,
    spent: &Mutex<Spent>,
) -> (Result<Hypothesis, RecogniseError>, Duration) {
    let before = processor();
    let hypothesis = whisper.decode(
        speech,
        &DecodeRequest { cancellation: Cancellation::default(), ..request.clone() },
    );
    let measured = processor().saturating_sub(before);
    let cost = hypothesis
        .as_ref()
        .ok()
        .and_then(|it| estimated(whisper, speech, request, it))
        .unwrap_or(measured);
    let mut spent = spent.lock().unwrap_or_else(PoisonError::into_inner);
    spent.decodes += 1;
    spent.cost += cost;
    (hypothesis, cost)
}

/// `COSTS=A,B,C`: a decode costs A seconds, B for each position of the encoder and C for each token, instead of its measured
/// cost. So the figures are the same on a busy machine.
fn estimated(
    whisper: &Whisper,
    speech: &[f32],
    request: &DecodeRequest,
    hypothesis: &Hypothesis,
) -> Option<Duration> {
    let costs = std::env::var("COSTS").ok()?;
    let costs: Vec<f64> = costs.split(',').map(|it| it.parse().expect("a number")).collect();
    let [decode, position, token] = costs[..] else { panic!("COSTS takes three numbers") };
    let positions = whisper.positions(speech.len(), request.effort) as f64;
    let tokens = hypothesis.words.len() as f64 * TOKENS_A_WORD + TOKENS_AROUND;
    Some(Duration::from_secs_f64(decode + position * positions + token * tokens))
}

/// Roughly, in English, and the tokens before and after the words.
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
    /// The longest wait of a viewer for a word, in seconds after its end.
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

/// Words in finals, and the most words of a partial of each segment.
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

/// Must be called on the recogniser's thread.
pub(crate) fn started(
    model: &WhisperModel,
    language: Option<&str>,
) -> impl FnOnce() -> Whisper + Send + 'static {
    let (model, language) = (model.clone(), language.map(Language::new));
    let (threads, decoding) = (NonZeroUsize::MIN, Some(decoding(&model)));
    let settings = WhisperSettings { language, threads, decoding, ..WhisperSettings::default() };
    move || Whisper::start(&model, &settings).unwrap_or_else(|error| panic!("{error}"))
}

/// `CONTEXT=full`: every decode has the full context of the encoder, also for partials.
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

/// The product's settings, changed by the environment.
fn settings(language: Option<&str>, model: Option<&WhisperModel>) -> RecogniseSettings {
    // Without a model: the settings of the smallest one.
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
    settings.scheduler.pause = settings.endpoint.pause();
    settings.scheduler.first = ms("FIRST", settings.scheduler.first);
    settings.scheduler.interval = ms("INTERVAL", settings.scheduler.interval);
    settings.scheduler.share = knob("SHARE", settings.scheduler.share.into()) as f32;
    settings.agreement.show_probability =
        knob("SHOW", settings.agreement.show_probability.into()) as f32;
    settings.agreement.show_last_probability =
        knob("SHOW_LAST", settings.agreement.show_last_probability.into()) as f32;
    settings.agreement.show_punctuation_probability =
        knob("SHOW_MARK", settings.agreement.show_punctuation_probability.into()) as f32;
    settings.agreement.commit_probability =
        knob("COMMIT", settings.agreement.commit_probability.into()) as f32;
    settings.agreement.commit_decodes =
        knob("DECODES", settings.agreement.commit_decodes as f64) as usize;
    settings.agreement.unstable_tail = ms("EDGE", settings.agreement.unstable_tail);
    settings.agreement.commit_after = ms("SETTLE", settings.agreement.commit_after);
    settings.window.keep = ms("KEEP", settings.window.keep);
    settings.agreement.commit_margin = ms("HOLD", settings.agreement.commit_margin);
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
