//! What is done with sound: resample, whisper.
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::{
    Code,
    plan::{self, HallucinationFilter, ModelChoice, Planned, SpokenLanguage, Task},
    table::{Around, Settings},
    units::Length,
};
use crate::{languages::whisper, message::Language};

/// Brings sound to the 16 kHz that recognisers take.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Resample {}

impl Settings for Resample {
    fn resolve(self, _: &mut Around<'_>) -> Option<Planned> {
        Some(Planned::Resample)
    }
}

/// Turns speech into captions with a Whisper model; its name is the name of the track.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Whisper {
    /// A name in the catalogue (`livecap models list`), or the path of a model file, which holds a `/` or ends in `.bin`. Of a
    /// list of them, the first that is on this machine.
    model: Models,
    /// The language that is spoken, as `en` or `nl`; `auto` asks the model for each segment.
    #[schemars(length(min = 2), extend("x-default" = "`en` for an English-only model, else `auto`"))]
    language: Option<String>,
    /// What is written.
    #[serde(default = "transcribe")]
    task: Task,
    /// While somebody speaks, a partial comes after so much new sound, or later where decodes cost much. The first ones of a segment come
    /// sooner.
    #[schemars(extend("x-range" = ["50ms", "10s"], "x-default" = "as the model's catalogue entry says, else `980ms` for models of OpenAI's smallest size and `900ms` for larger ones"))]
    partials: Option<Length>,
    /// How far the captions may lag behind the sound. Past it partials are given up, then the oldest sound, which is
    /// marked as a gap.
    #[serde(default = "Length::ms::<4000>")]
    #[schemars(extend("x-range" = ["500ms", "5m"]))]
    max_lag: Length,
    /// A segment that grows past this is ended. Whisper hears at most 30 s at once; some models less.
    #[schemars(extend("x-range" = ["1s", "10m"], "x-default" = "as the model's catalogue entry says"))]
    longest: Option<Length>,
    /// Text that sets the style and the spelling of names.
    #[schemars(length(max = 1000))]
    prompt: Option<String>,
    /// How many threads compute.
    #[schemars(range(min = 1, max = 256), extend("x-default" = "one less than the machine has cores, shared out among the recognisers"))]
    threads: Option<usize>,
    /// A decode ends after so many tokens (pieces of words). One that is cut off so is counted.
    #[schemars(range(min = 1, max = 448), extend("x-default" = "as many as the model holds, about 220"))]
    max_tokens: Option<usize>,
    /// How the model is decoded, where it is to be otherwise than its header and the catalogue tell.
    #[serde(default)]
    decoding: Decoding,
    /// So much silence ends a segment.
    #[schemars(extend("x-range" = ["50ms", "10s"], "x-default" = "as the model's catalogue entry says, else `750ms` for models of OpenAI's smallest size and `900ms` for larger ones"))]
    endpoint: Option<Length>,
    /// So much is enough in a segment of 14 s and more where what was said before it is surely a whole sentence, as its punctuation tells; where
    /// that is less sure, or the segment has not lasted as long, something between this and `endpoint`, which up to 10 s is what counts.
    #[serde(default = "Length::ms::<450>")]
    #[schemars(extend("x-range" = ["50ms", "10s"]))]
    sentence_endpoint: Length,
    /// So much of the sound before the first speech belongs to a segment.
    #[serde(default = "Length::ms::<300>")]
    #[schemars(extend("x-range" = ["0s", "2s"]))]
    pre_roll: Length,
    /// Speech that is shorter opens no segment.
    #[serde(default = "Length::ms::<100>")]
    #[schemars(extend("x-range" = ["0s", "2s"]))]
    min_speech: Length,
    /// From which probability on a moment counts as speech.
    #[serde(default = "usual_threshold")]
    #[schemars(range(min = 0.0, max = 1.0))]
    vad_threshold: f64,
    /// What keeps words out that nobody said.
    #[serde(default = "all_filters")]
    guards: Vec<HallucinationFilter>,
    /// A segment that is one of these and nothing else is left out.
    #[schemars(length(max = 1000), extend("x-default" = "those that Whisper models are known for"))]
    phrases: Option<Vec<String>>,
    /// Whether each segment is told what was said before it: steadier spelling, but one error may breed others.
    #[serde(default)]
    condition: bool,
}

/// One model, or several of which the first that is there is taken.
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
    /// The encoder's context for partials: at least so much sound. Less costs less, and makes models repeat words.
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    context_floor: Option<Length>,
    /// So much context behind the end of the sound.
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    context_margin: Option<Length>,
    /// The same for finals.
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    final_context_floor: Option<Length>,
    /// The same for finals.
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    final_context_margin: Option<Length>,
    /// Whether blanks, sound annotations and music notes are suppressed while it decodes.
    suppress: Option<bool>,
    /// 0 takes the most probable token each time.
    #[schemars(range(min = 0.0, max = 1.0))]
    temperature: Option<f64>,
    /// A word on which two decodes agree is committed from this probability on.
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

/// What a Whisper model hears at once.
const WINDOW: Length = Length::ms::<30_000>();

impl Settings for Whisper {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        if let Some(longest) = self.longest.filter(|it| *it > WINDOW) {
            around.complain(
                Code::ModelLimit,
                "longest",
                format!("a segment of {longest} is longer than a Whisper model hears"),
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
