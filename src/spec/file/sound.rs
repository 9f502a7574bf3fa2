//! What is done with sound: resample, whisper.
use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::{
    Code,
    plan::{self, HallucinationFilter, ModelChoice, Planned, SpokenLanguage, Task},
    table::{Around, Settings},
    units::Length,
};
use crate::{languages::whisper, message::Language};

/// Converts sound to the 16 kHz that recognisers take.
///
/// It may be left out: where a recogniser listens to a source of sound, a resampler is implied between them. It has the default queue,
/// is shared by all recognisers of that source, and appears in graphs and metrics by the name of the source with `.16k` behind it,
/// which no stage of a file can have. Write the stage to give it a queue or limits of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Resample {}

impl Settings for Resample {
    fn resolve(self, _: &mut Around<'_>) -> Option<Planned> {
        Some(Planned::Resample)
    }
}

/// Turns speech into captions with a Whisper model. The name of the stage is the name of the track.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Whisper {
    /// A name of the catalogue (`livecap models list`), or the path of a model file, which contains a `/` or ends in `.bin`. If
    /// it is a list, the first model that is on this machine is used.
    model: Models,
    /// The spoken language, such as `en` or `nl`. With `auto` the model finds it for each segment.
    #[schemars(length(min = 2), extend("x-default" = "`en` for an English-only model, else `auto`"))]
    language: Option<String>,
    /// What the captions contain.
    #[serde(default = "transcribe")]
    task: Task,
    /// The time between two partials while somebody speaks. It is longer where decodes take long, and shorter at the beginning
    /// of a segment.
    #[schemars(extend("x-range" = ["50ms", "10s"], "x-default" = "from the catalogue; otherwise `980ms` for models of the size of `tiny`, `940ms` for larger ones"))]
    partials: Option<Length>,
    /// How far the captions may lag behind the sound. Beyond that the recogniser first skips partials. Then it drops the oldest
    /// sound, and a gap marks it.
    #[serde(default = "Length::ms::<4000>")]
    #[schemars(extend("x-range" = ["500ms", "5m"]))]
    max_lag: Length,
    /// The longest segment; a longer one is cut. Whisper decodes at most 30 s at once, some models less.
    #[schemars(extend("x-range" = ["1s", "10m"], "x-default" = "from the catalogue entry of the model"))]
    longest: Option<Length>,
    /// A text that sets the style, and the spelling of names.
    #[schemars(length(max = 1000))]
    prompt: Option<String>,
    /// How many threads decode.
    #[schemars(range(min = 1, max = 256), extend("x-default" = "one less than the number of cores, divided among the decodes that may run at once"))]
    threads: Option<usize>,
    /// How many decodes may run at once for the recognisers that share a pool. The copies of this stage, of which each speaker
    /// of a `browser` stage has one, share a pool. So do `whisper` stages with the same `pool`, `model`, `language`, `task`,
    /// `prompt`, `threads`, `max-tokens` and `decoding`. Each decode waits for its turn, first come, first served. Each turn
    /// needs memory of its own from its first use on, and threads.
    #[schemars(range(min = 1, max = 256), extend("x-default" = "as many as the machine can run for the copies of a stage; otherwise each recogniser has one of its own"))]
    pool: Option<usize>,
    /// The most tokens (pieces of words) of a decode. Decodes that are cut off by this limit are counted.
    #[schemars(range(min = 1, max = 448), extend("x-default" = "the limit of the model, about 220"))]
    max_tokens: Option<usize>,
    /// How the model is decoded. Each key overrides what the header of the model and the catalogue say.
    #[serde(default)]
    decoding: Decoding,
    /// How much silence ends a segment.
    #[schemars(extend("x-range" = ["50ms", "10s"], "x-default" = "from the catalogue; otherwise `750ms` for models of the size of `tiny`, `900ms` for larger ones"))]
    endpoint: Option<Length>,
    /// How much silence ends a long segment after a whole sentence. It applies in full from a segment length of 14 s on if the
    /// model is sure of the final punctuation. If it is less sure, or the segment is shorter, the silence lies between this value
    /// and `endpoint`. Up to 10 s only `endpoint` counts.
    #[serde(default = "Length::ms::<450>")]
    #[schemars(extend("x-range" = ["50ms", "10s"]))]
    sentence_endpoint: Length,
    /// How much of the sound before the first speech belongs to the segment.
    #[serde(default = "Length::ms::<300>")]
    #[schemars(extend("x-range" = ["0s", "2s"]))]
    pre_roll: Length,
    /// Shorter speech does not open a segment.
    #[serde(default = "Length::ms::<100>")]
    #[schemars(extend("x-range" = ["0s", "2s"]))]
    min_speech: Length,
    /// The least probability at which a moment counts as speech.
    #[serde(default = "usual_threshold")]
    #[schemars(range(min = 0.0, max = 1.0))]
    vad_threshold: f64,
    /// The filters against hallucinations: words that nobody said.
    #[serde(default = "all_filters")]
    guards: Vec<HallucinationFilter>,
    /// A segment that consists of one of these phrases and nothing else is removed.
    #[schemars(length(max = 1000), extend("x-default" = "phrases that Whisper models are known to invent"))]
    phrases: Option<Vec<String>>,
    /// Whether each decode gets the text before the segment. Spelling is then steadier, but one error may cause others.
    #[serde(default)]
    condition: bool,
}

/// One model, or several; the first that is on this machine is used.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Models {
    One(#[schemars(length(min = 1))] String),
    FirstOf(#[schemars(length(min = 1))] Vec<String>),
}

impl Models {
    fn resolve(self, around: &Around<'_>) -> ModelChoice {
        let one = |model: String| {
            let is_path = model.contains(std::path::is_separator) || model.ends_with(".bin");
            match is_path {
                true => ModelChoice::File(around.path(&model)),
                false => ModelChoice::Named(model),
            }
        };
        match self {
            Models::One(model) => one(model),
            Models::FirstOf(models) => ModelChoice::FirstOf(models.into_iter().map(one).collect()),
        }
    }
}

/// How a model is decoded.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Decoding {
    /// The least context of the encoder for partials. Less context costs less, and makes models repeat words.
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    context_floor: Option<Length>,
    /// How much context there is behind the end of the sound.
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    context_margin: Option<Length>,
    /// The same for finals.
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    final_context_floor: Option<Length>,
    /// The same for finals.
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    final_context_margin: Option<Length>,
    /// Whether blanks, sound annotations and music notes are suppressed in decodes.
    suppress: Option<bool>,
    /// The temperature of decodes; 0 always takes the most probable token.
    #[schemars(range(min = 0.0, max = 1.0))]
    temperature: Option<f64>,
    /// The least probability at which a word is committed when two decodes agree on it.
    #[schemars(range(min = 0.0, max = 1.0))]
    commit: Option<f64>,
}

fn transcribe() -> Task {
    Task::Transcribe
}

fn all_filters() -> Vec<HallucinationFilter> {
    HallucinationFilter::ALL.to_vec()
}

fn usual_threshold() -> f64 {
    0.5
}

/// The most sound that a Whisper model decodes at once.
const WINDOW: Length = Length::ms::<30_000>();

impl Settings for Whisper {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        if let Some(longest) = self.longest.filter(|it| *it > WINDOW) {
            around.complain(
                Code::ModelLimit,
                "longest",
                format!("a segment of {longest} is longer than a Whisper model decodes at once"),
                "at most 30s",
                Some("longest = \"30s\"".into()),
            );
        }
        let tag = self.language.as_deref().filter(|it| *it != "auto");
        if let Some(Err(unknown)) = tag.map(whisper::checked) {
            around.complain(
                Code::UnknownValue,
                "language",
                unknown.to_string(),
                "takes a tag such as `en` or `nl`, or `auto`",
                Some(format!("language = \"{}\"", unknown.meant.unwrap_or("auto"))),
            );
        }
        Some(Planned::Whisper(Box::new(plan::Whisper {
            model: self.model.resolve(around),
            language: match self.language.as_deref() {
                None => SpokenLanguage::FromModel,
                Some("auto") => SpokenLanguage::Auto,
                Some(tag) => SpokenLanguage::Is(Language::new(tag)),
            },
            task: self.task,
            partials: self.partials.map_or(plan::Partials::Usual, |it| plan::Partials::Every(it.0)),
            max_lag: self.max_lag.0,
            longest: self.longest.map(|it| it.0),
            prompt: self.prompt,
            threads: self.threads,
            pool: self.pool.and_then(NonZeroUsize::new),
            max_tokens: self.max_tokens,
            decoding: plan::Decoding {
                context_floor: self.decoding.context_floor.map(|it| it.0),
                context_margin: self.decoding.context_margin.map(|it| it.0),
                final_context_floor: self.decoding.final_context_floor.map(|it| it.0),
                final_context_margin: self.decoding.final_context_margin.map(|it| it.0),
                suppress: self.decoding.suppress,
                temperature: self.decoding.temperature.map(|it| it as f32),
                commit: self.decoding.commit.map(|it| it as f32),
            },
            endpoint: plan::Endpoint {
                silence: self.endpoint.map(|it| it.0),
                sentence: self.sentence_endpoint.0,
                pre_roll: self.pre_roll.0,
                min_speech: self.min_speech.0,
                threshold: self.vad_threshold as f32,
            },
            hallucination_filters: self.guards,
            phrases: self.phrases,
            condition: self.condition,
        })))
    }
}
