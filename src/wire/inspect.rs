//! What an operator's page is told: the plan as a graph, how stages and edges are doing, lines of the log.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::state::StateEvent;
use crate::{
    flow::{EdgeReading, StageReading},
    logic::{
        histogram::Summary,
        recent::{Age, StageTimes},
    },
};

/// What `/api/graph` answers: the plan that runs, as `livecap graph` draws it. Without stages where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Graph {
    /// Of the pipeline.
    pub name: String,
    /// Upstream first.
    pub stages: Vec<GraphStage>,
    pub edges: Vec<GraphEdge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GraphStage {
    pub name: String,
    /// As in the header of the pipeline file: `whisper`.
    pub kind: String,
    /// Whether it stands in no file: the resampler between a source and a recogniser.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub implied: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GraphEdge {
    pub from: String,
    pub to: String,
    /// `audio`, `speech` or `captions`.
    pub carries: String,
    /// As in the pipeline file: `2s`, `64`.
    pub room: String,
    /// `wait`, `drop-oldest`, `drop-newest` or `coalesce`.
    pub when_full: String,
}

/// What `/api/state` answers: the `state` event and what stands behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApiState {
    #[serde(flatten)]
    pub state: StateEvent,
    /// The run that `hello` names too: another one means that everything read before is of another pipeline.
    pub stream: String,
    /// This process: another one has another log, and counts anew.
    #[serde(default)]
    pub server: String,
    /// The server's Unix time in ms.
    pub now: u64,
    /// Whether whoever asks may `POST` too; nobody may on a node of a cluster.
    pub may_operate: bool,
    /// What was kept may be read here by whoever asks: there is an archive.
    #[serde(default)]
    pub may_read_archive: bool,
    pub edges: Vec<EdgeState>,
    pub work: Vec<StageWork>,
    /// Every source of sound, also where none comes.
    pub levels: Vec<SourceLevel>,
    pub latency: Vec<Latency>,
    /// Clients connected now.
    pub viewers: usize,
    pub log: LogState,
    /// On a node of a cluster, which only delivers: `state` is then that of the writer as it was last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeState>,
}

/// What a node of a cluster knows of its writer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeState {
    /// The address of the server whose pipeline it delivers; null before anything was heard of one.
    pub writer: Option<String>,
    /// Whether Redis answers now.
    pub connected: bool,
}

/// One edge in `/api/state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EdgeState {
    pub from: String,
    pub to: String,
    /// Items that wait.
    pub depth: usize,
    /// Room in items; 0 where the room is `holds_ms`.
    pub size: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds_ms: Option<u64>,
    /// How long what waits lasts, all together; 0 for text.
    pub held_ms: u64,
    /// The most items that ever waited.
    pub high_water: usize,
    /// How long the stage before it has waited for room, all together.
    pub waited_ms: u64,
    /// Items that the stage behind it has taken.
    pub taken: u64,
    pub dropped: u64,
    pub coalesced: u64,
}

/// What one stage has done so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageWork {
    pub stage: String,
    /// Items dealt with.
    pub handled: u64,
    /// Items that two lives failed on.
    pub given_up: u64,
    /// Time at work, waiting for room downstream left out.
    pub busy_ms: u64,
}

/// How loud one source is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceLevel {
    pub source: String,
    /// As the `level_db` of `state`; null where none comes.
    pub level_db: Option<i32>,
}

/// Where the milliseconds of one track, or one language of it, went over the last five minutes (the last 2 000 captions).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Latency {
    /// `resampled`, `recognised`, `translated`, `published`: from offered to this stage until it was done. `all`: from the
    /// capture of the newest sound behind a caption until it was published.
    pub stage: String,
    pub track: String,
    /// Of a translation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    #[serde(flatten)]
    pub total: Percentiles,
    /// Captions.
    pub n: u64,
    /// From offered to begun; not of `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Percentiles>,
    /// From begun to done; not of `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Percentiles>,
}

/// In ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

/// The numbered events that are kept: `first` up to, not including, `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogState {
    pub first: u64,
    pub next: u64,
    pub ended: bool,
}

/// What `/api/log` answers: lines of the program's own log, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLines {
    pub lines: Vec<LogLine>,
    /// The number of the newest line; 0 before the first. Below the `after` that was asked with is another process, as another `server` in `/api/state`.
    pub newest: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    pub n: u64,
    /// Unix time in ms.
    pub at: u64,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// The message, and its fields behind it as `name=value`.
    pub text: String,
}

impl From<&EdgeReading> for EdgeState {
    fn from(reading: &EdgeReading) -> EdgeState {
        EdgeState {
            from: reading.from.clone(),
            to: reading.to.clone(),
            depth: reading.depth,
            size: reading.size,
            holds_ms: (reading.size == 0).then_some(reading.holds.as_millis() as u64),
            // What has no length weighs a millisecond, so that it has an end; it is no time.
            held_ms: if reading.size == 0 { reading.held.as_millis() as u64 } else { 0 },
            high_water: reading.high_water,
            waited_ms: reading.waited.as_millis() as u64,
            taken: reading.taken,
            dropped: reading.dropped,
            coalesced: reading.coalesced,
        }
    }
}

impl From<&StageReading> for StageWork {
    fn from(reading: &StageReading) -> StageWork {
        let now = reading.busy_for.unwrap_or_default();
        StageWork {
            stage: reading.name.clone(),
            handled: reading.handled,
            given_up: reading.given_up,
            busy_ms: (reading.busy + now).as_millis() as u64,
        }
    }
}

impl From<StageTimes> for Latency {
    fn from(times: StageTimes) -> Latency {
        Latency {
            stage: times.milestone.name().to_owned(),
            track: times.path.track.to_string(),
            lang: times.path.language.map(|it| it.to_string()),
            n: times.total.n,
            total: times.total.into(),
            wait: Some(times.wait.into()),
            service: Some(times.service.into()),
        }
    }
}

impl From<Age> for Latency {
    fn from(Age { path, age }: Age) -> Latency {
        Latency {
            stage: "all".to_owned(),
            track: path.track.to_string(),
            lang: path.language.map(|it| it.to_string()),
            n: age.n,
            total: age.into(),
            wait: None,
            service: None,
        }
    }
}

impl From<Summary> for Percentiles {
    fn from(Summary { p50, p95, p99, .. }: Summary) -> Percentiles {
        Percentiles { p50, p95, p99 }
    }
}
