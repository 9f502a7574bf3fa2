//! The file as written: one type per table, whose comments are the reference and the schema's descriptions.
mod browser;
mod journal;
mod page;
mod sinks;
mod sound;
mod sources;
mod text;
mod translate;

pub(super) use browser::Browser;
pub(super) use journal::Journal;
pub(super) use page::Page;
pub(super) use sinks::{Broadcast, Record, Subtitles};
pub(super) use sound::{Resample, Whisper};
pub(super) use sources::{Command, Microphone, Pcm, Recording};
pub(super) use text::{Lines, Replace};
pub(super) use translate::Translate;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{plan::WhenFull, units::Length};

/// Settings of the whole pipeline. The table is optional.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Pipeline {
    /// The name of the pipeline in logs and on pages.
    #[schemars(extend("x-default" = "the file's name without `.toml`", "minLength" = 1))]
    pub(super) name: Option<String>,
    /// How long the stages may take to drain after a stop. A stage that takes longer is named and ended.
    #[serde(default = "Length::ms::<5000>")]
    #[schemars(extend("x-range" = ["0s", "10m"]))]
    pub(super) grace: Length,
}

/// The keys of every stage.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Every {
    /// How often the stage is restarted after a failure.
    #[serde(default)]
    pub(super) restart: Restart,
    /// How long one item may take before the stage is reported as stuck. Time spent waiting for other stages does not count.
    #[schemars(extend("x-range" = ["10ms", "1h"]))]
    pub(super) patience: Option<Length>,
}

/// The keys of every stage with an input, besides `from`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Listening {
    /// How much may wait for the stage, and what happens when the queue is full.
    #[serde(default)]
    #[schemars(extend("x-default" = "see [Queues](#queues)"))]
    pub(super) queue: Queue,
}

/// How much may wait on an edge.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Queue {
    /// For sound: how much sound may wait.
    #[schemars(extend("x-range" = ["20ms", "10m"], "x-default" = "`2s`; for a recogniser at least its `max-lag`"))]
    pub(super) holds: Option<Length>,
    /// For text: how many captions may wait.
    #[schemars(range(min = 1, max = 65536), extend("x-default" = 64))]
    pub(super) size: Option<usize>,
    /// What happens to a new item when the queue is full.
    #[schemars(extend("x-default" = "see [Queues](#queues)"))]
    pub(super) when_full: Option<WhenFull>,
}

/// How often a stage is restarted after a failure.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Restart {
    /// How many restarts are allowed within `within`. At the next failure the stage fails for good.
    #[schemars(range(min = 0, max = 1000))]
    pub(super) limit: u32,
    /// The time over which failures are counted.
    #[schemars(extend("x-range" = ["1ms", "24h"]))]
    pub(super) within: Length,
    /// How long to wait before the first restart. Each further wait is twice as long.
    #[schemars(extend("x-range" = ["0s", "10m"]))]
    pub(super) wait: Length,
}

impl Default for Restart {
    fn default() -> Restart {
        Restart { limit: 5, within: Length::ms::<60_000>(), wait: Length::ms::<250>() }
    }
}

/// For defaults: `#[serde(default = "number::<64>")]`.
pub(super) const fn number<const N: usize>() -> usize {
    N
}
