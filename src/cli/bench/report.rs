//! What `--json` writes, in the format of `docs/measures.md`. A measure that could not be taken is null, never 0.
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    args::Way,
    machine,
    measure::Figures,
    meter::Memory,
    parts::{LagFigures, LatencyFigures, StageFigures, TranslationFigures},
    replayed::recognisers,
};
use crate::{
    assemble::ThisMachine,
    logic::histogram::Summary,
    spec::plan::{ModelChoice, Whisper},
    stages::whisper::WhisperSettings,
};

/// Times in milliseconds. Figures of a single run are those of the last run.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) machine: machine::Machine,
    pub(super) commit: Option<String>,
    pub(super) model: Model,
    pub(super) threads: usize,
    /// A number, or `max`.
    pub(super) speed: Value,
    pub(super) audio_s: f64,
    pub(super) wer: Wer,
    pub(super) latency_ms: LatencyFigures,
    pub(super) lag_ms: LagFigures,
    pub(super) erasure: Option<f64>,
    pub(super) committed_changes: usize,
    pub(super) silence_words_per_min: Option<f64>,
    pub(super) gaps: usize,
    pub(super) lost_finals: u64,
    pub(super) duplicate_finals: u64,
    pub(super) stages: Vec<StageFigures>,
    /// One a language; left out without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) translations: Vec<TranslationFigures>,
    pub(super) end_to_end_ms: Option<Summary>,
    /// Null without `--browser`.
    pub(super) glass_to_glass_ms: Option<Summary>,
    pub(super) endpoint_ms: Option<u64>,
    pub(super) sum_error: Option<f64>,
    pub(super) memory_mb: Option<Memory>,
}

#[derive(Serialize)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) sha256: Option<String>,
}

/// Fractions: 0.05 is 5 %. `words` of the reference; `unit`: what is counted, `word` or `character`.
#[derive(Serialize)]
pub(super) struct Wer {
    pub(super) unit: &'static str,
    pub(super) offline: Option<f64>,
    pub(super) unpaced: Option<f64>,
    pub(super) realtime: Option<f64>,
    pub(super) words: Option<usize>,
}

impl Model {
    /// If the file names several models, the one that is installed.
    pub(super) fn of(machine: &ThisMachine, model: Option<&ModelChoice>) -> Model {
        match model.map(|it| (it, machine.find(it))) {
            Some((_, Ok(found))) => Model { name: found.name.clone(), sha256: found.sha256().ok() },
            Some((asked, Err(_))) => Model { name: asked.to_string(), sha256: None },
            None => Model { name: String::new(), sha256: None },
        }
    }
}

impl Report {
    /// Of at least one run; the most informative one comes last.
    pub(super) fn new(machine: &ThisMachine, figures: &[Figures<'_>]) -> Option<Report> {
        let last = figures.last()?;
        let of = |wanted: fn(Way) -> bool| {
            figures.iter().find(|it| wanted(it.way)).and_then(Figures::word_error_rate)
        };
        let whisper = recognisers(last.plan).next().map(|it| it.1);
        let (lost_finals, duplicate_finals) = last.run.watched.lost_and_duplicate();
        let spare = WhisperSettings::spare_threads(last.plan.recognisers()).get();
        Some(Report {
            machine: machine::Machine::here(),
            commit: machine::commit(),
            model: Model::of(machine, whisper.map(|it| &it.model)),
            threads: whisper.and_then(|it| it.threads).unwrap_or(spare),
            speed: match last.way {
                Way::Offline | Way::Unpaced => json!("max"),
                Way::Paced(times) => json!(times),
            },
            audio_s: last.run.audio,
            wer: Wer {
                unit: unit(last.is_in_characters),
                offline: of(|it| it == Way::Offline),
                unpaced: of(|it| it == Way::Unpaced),
                realtime: of(|it| matches!(it, Way::Paced(_))),
                words: last.errors.map(|it| it.words),
            },
            latency_ms: last.latency_ms(),
            lag_ms: last.lag_ms(),
            erasure: last.erasure.normalised(),
            committed_changes: last.committed_changes,
            silence_words_per_min: last.silence_words_per_min(),
            gaps: last.run.watched.gaps(),
            lost_finals,
            duplicate_finals,
            stages: last.stages(),
            translations: last.translations(),
            end_to_end_ms: last.end_to_end_ms(),
            glass_to_glass_ms: last.glass_to_glass_ms(),
            endpoint_ms: whisper.and_then(|it| endpoint_ms(machine, it)),
            sum_error: last.sum_error(),
            memory_mb: last.run.memory,
        })
    }
}

/// The silence that ends a segment: as the pipeline file says, else as suits the model.
fn endpoint_ms(machine: &ThisMachine, whisper: &Whisper) -> Option<u64> {
    let of_model = || {
        let found = machine.find(&whisper.model).ok()?;
        Some(found.decoding(&found.inspect().ok()?).endpoint)
    };
    whisper.endpoint.silence.or_else(of_model).map(|it| it.as_millis() as u64)
}

/// What an error rate counts.
pub(super) fn unit(is_in_characters: bool) -> &'static str {
    if is_in_characters { CHARACTER } else { "word" }
}

/// The name of the rate that counts so.
pub(super) fn rate(unit: &str) -> &'static str {
    if unit == CHARACTER { "CER" } else { "WER" }
}

const CHARACTER: &str = "character";
