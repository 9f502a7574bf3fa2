//! The settings of a recogniser, resolved.
use std::{fmt, num::NonZeroUsize, path::PathBuf, time::Duration};

use crate::message::Language;

#[derive(Clone, Debug, PartialEq)]
pub struct Whisper {
    pub model: ModelChoice,
    pub language: SpokenLanguage,
    pub task: Task,
    pub partials: Partials,
    /// What lies further back than this is given up, with a gap.
    pub max_lag: Duration,
    /// A segment that grows past this is ended; at most 30 s. `None`: as the model's catalogue entry says.
    pub longest: Option<Duration>,
    pub prompt: Option<String>,
    /// `None`: one less than the machine has cores, at least 1.
    pub threads: Option<usize>,
    /// How many engines it shares with others. `None`: it has its own, or as many as the machine can run where it is one of
    /// several copies.
    pub pool: Option<NonZeroUsize>,
    /// A decode ends after so many. `None`: as many as the model holds.
    pub max_tokens: Option<usize>,
    pub decoding: Decoding,
    pub endpoint: Endpoint,
    pub hallucination_filters: Vec<HallucinationFilter>,
    /// `None`: those that Whisper models are known for.
    pub phrases: Option<Vec<String>>,
    /// Whether each segment is told what was said before it.
    pub condition: bool,
}

/// While somebody speaks, a partial comes after so much new sound, or later where decodes are slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partials {
    /// As often as suits the model.
    Usual,
    Every(Duration),
    /// Finals only.
    Never,
}

/// How a model is decoded; what is `None` is as its header and the catalogue tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Decoding {
    /// The encoder's context for partials: at least so much.
    pub context_floor: Option<Duration>,
    /// So much behind the end of the sound.
    pub context_margin: Option<Duration>,
    pub final_context_floor: Option<Duration>,
    pub final_context_margin: Option<Duration>,
    /// Blanks, sound annotations and music notes.
    pub suppress: Option<bool>,
    pub temperature: Option<f32>,
    /// From this probability on two decodes that agree on a word are enough.
    pub commit: Option<f32>,
}

/// A filter of hallucinations: words that nobody said.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum HallucinationFilter {
    /// The model is sure that nobody spoke.
    NoSpeech,
    /// The words are improbable.
    LogProbability,
    /// The text goes round and round.
    Compression,
    /// Something is said over and over.
    Repetition,
    /// The recogniser wrote on behind the end of the sound: it decodes again, with more context.
    BeyondEnd,
    /// It is a sound annotation or a music note.
    Annotations,
    /// It holds no letter and no digit.
    Letterless,
    /// It is one of `phrases`, and nothing else, and the model doubts that somebody spoke.
    Phrases,
}

impl HallucinationFilter {
    pub const ALL: [Self; 8] = [
        Self::NoSpeech,
        Self::LogProbability,
        Self::Compression,
        Self::Repetition,
        Self::BeyondEnd,
        Self::Annotations,
        Self::Letterless,
        Self::Phrases,
    ];
}

/// When a segment begins and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Endpoint {
    /// So much silence ends a segment; left open where the model is to say it.
    pub silence: Option<Duration>,
    /// So much is enough behind a whole sentence where the segment has grown long.
    pub sentence: Duration,
    /// So much of the sound before the first speech belongs to the segment.
    pub pre_roll: Duration,
    /// Shorter speech opens no segment.
    pub min_speech: Duration,
    /// A frame is speech from this probability on; 0 to 1.
    pub threshold: f32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelChoice {
    /// A name in the catalogue.
    Named(String),
    File(PathBuf),
    /// The first of these that is on the machine; never empty.
    FirstOf(Vec<ModelChoice>),
}

impl fmt::Display for ModelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelChoice::FirstOf(all) => {
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                f.write_str(&all.join(" or "))
            }
            ModelChoice::Named(name) => f.write_str(name),
            ModelChoice::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpokenLanguage {
    /// The only one that the model knows; one that knows several is asked for each segment.
    FromModel,
    /// Asked of the model for each segment.
    Auto,
    Is(Language),
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Text in the spoken language.
    Transcribe,
    /// English text, whatever is spoken; multilingual models only.
    Translate,
}
