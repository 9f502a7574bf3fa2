//! What is read of a running pipeline: the state and counts of a stage, the counts of an edge.
use std::{collections::BTreeMap, time::Duration};

/// Where a stage stands: from starting to ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StageState {
    #[default]
    Starting,
    Running,
    /// Goes on, but what it shares with others is in use: it waits for its turn longer than it should.
    Waiting,
    /// Failed, and waits for its next run.
    Restarting,
    /// Goes on, but not as it should: something outside is missing, or one item takes longer than it may.
    Degraded,
    /// Gave up for good; what can goes on without it.
    Failed,
    Ended,
}

impl StageState {
    pub const fn name(self) -> &'static str {
        match self {
            StageState::Starting => "starting",
            StageState::Running => "running",
            StageState::Waiting => "waiting",
            StageState::Restarting => "restarting",
            StageState::Degraded => "degraded",
            StageState::Failed => "failed",
            StageState::Ended => "ended",
        }
    }
}

/// One stage as it was when it was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct StageReading {
    pub name: String,
    pub state: StageState,
    /// Why it is not simply running.
    pub why: Option<String>,
    /// Items dealt with.
    pub handled: u64,
    /// Items that two runs failed on, passed on as such.
    pub given_up: u64,
    pub restarts: u64,
    /// The counters of the stage itself, by name: such as how much each hallucination filter removed.
    pub counts: BTreeMap<&'static str, u64>,
    /// How long it has been at the item in hand, time spent waiting for room downstream left out.
    pub busy_for: Option<Duration>,
    /// How long it has been at work, all together; waiting for room downstream left out.
    pub busy: Duration,
    /// The peak of what a source of sound gave over about the last second, as a share of full scale; `None` where none came.
    pub peak: Option<f32>,
    /// How long ago the oldest of what came in and has not come out yet was captured, at this moment; `None` where nothing is
    /// waited for. Of a recogniser: speech whose words have not been shown.
    pub waits: Option<Duration>,
    /// The engines that a recogniser lends from; `None` where an earlier stage shows them, and of other stages.
    pub engines: Option<PoolReading>,
}

/// What passed over an edge so far. `received = taken + dropped + coalesced + depth`, at any moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EdgeReading {
    pub from: String,
    pub to: String,
    /// Room in items; 0 where the room is a length of time.
    pub size: usize,
    /// Room as a length of time; zero where it is a number of items.
    pub holds: Duration,
    pub received: u64,
    pub taken: u64,
    pub dropped: u64,
    pub coalesced: u64,
    pub depth: usize,
    pub high_water: usize,
    /// How long what waits on it lasts, all together.
    pub held: Duration,
    /// How long the stage before it has waited for room, all together.
    pub waited: Duration,
}

/// How an engine pool is used at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolReading {
    /// The most engines that there may be.
    pub size: usize,
    pub lent: usize,
    /// Those that wait for one.
    pub waiting: usize,
}
