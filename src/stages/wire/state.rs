//! How the pipeline is, on the wire: `hello`, `state`, `/api/state`.
use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::flow::{EdgeReading, StageReading};

/// `hello`, the first event after each connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    pub v: u32,
    pub stream: String,
    /// Unix time in ms.
    pub started_at: u64,
    pub tracks: Vec<TrackInfo>,
    pub next: u64,
    /// What viewers should know of this pipeline before they read its captions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// One recogniser of the pipeline, with the languages it can be read in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackInfo {
    pub name: String,
    /// The language that is spoken; `auto` where it is recognised.
    pub lang: String,
    /// The languages it is translated to.
    pub langs: Vec<String>,
}

/// `live`: the replay is complete. `end`: the pipeline has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    pub next: u64,
}

/// `state`, on change and now and then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateEvent {
    /// How old the newest sound behind the newest caption was when it was published; null before the first one.
    pub lag_ms: Option<u64>,
    pub paused: bool,
    pub stages: Vec<StageState>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageState {
    pub name: String,
    pub state: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What it counted by itself; left out without any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
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
    /// How long the stage before it has waited for room, all together.
    pub waited_ms: u64,
    pub dropped: u64,
    pub coalesced: u64,
}

/// What `/api/state` answers: the `state` event and what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiState {
    #[serde(flatten)]
    pub state: StateEvent,
    pub edges: Vec<EdgeState>,
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

/// The numbered events that are kept: `first` up to, not including, `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogState {
    pub first: u64,
    pub next: u64,
    pub ended: bool,
}

impl From<&StageReading> for StageState {
    fn from(reading: &StageReading) -> StageState {
        StageState {
            name: reading.name.clone(),
            state: reading.state.name().into(),
            why: reading.why.clone(),
            counts: reading.counts.iter().map(|(name, it)| ((*name).to_owned(), *it)).collect(),
        }
    }
}

impl From<&EdgeReading> for EdgeState {
    fn from(reading: &EdgeReading) -> EdgeState {
        EdgeState {
            from: reading.from.clone(),
            to: reading.to.clone(),
            depth: reading.depth,
            size: reading.size,
            holds_ms: (reading.size == 0).then_some(reading.holds.as_millis() as u64),
            waited_ms: reading.waited.as_millis() as u64,
            dropped: reading.dropped,
            coalesced: reading.coalesced,
        }
    }
}
