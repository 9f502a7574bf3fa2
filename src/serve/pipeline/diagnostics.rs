//! What only operators see, kept where it is written: the plan, the program's log, the traces of what was published last.
use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::log_buffer::LogBuffer;
use crate::{
    flow::StageReading,
    logic::recent::Recent,
    message::{Caption, Trace},
    wire::{Graph, Latency, LogLines, StageState},
};

/// Of how many captions, over how long, the milliseconds are told.
const RECENT: (usize, Duration) = (2000, Duration::from_secs(5 * 60));

pub(crate) struct Diagnostics {
    graph: OnceLock<Graph>,
    log_buffer: OnceLock<Arc<LogBuffer>>,
    recent: Mutex<Recent>,
}

impl Diagnostics {
    pub(crate) fn new() -> Diagnostics {
        let recent = Mutex::new(Recent::new(RECENT.0, RECENT.1));
        Diagnostics { graph: OnceLock::new(), log_buffer: OnceLock::new(), recent }
    }

    /// The plan behind the server; there is one, so that another one is passed over.
    pub(crate) fn draw(&self, graph: Graph) {
        let _ = self.graph.set(graph);
    }

    /// Empty where no plan stands behind the server.
    pub(crate) fn graph(&self) -> Graph {
        self.graph.get().cloned().unwrap_or_default()
    }

    /// A stage with its kind, where there is a plan.
    pub(crate) fn told(&self, reading: &StageReading) -> StageState {
        let mut stages = self.graph.get().into_iter().flat_map(|it| &it.stages);
        let planned = stages.find(|it| it.name == reading.name);
        StageState { kind: planned.map(|it| it.kind.clone()), ..reading.into() }
    }

    /// The program's own log; it has one.
    pub(crate) fn keep_log(&self, log_buffer: Arc<LogBuffer>) {
        let _ = self.log_buffer.set(log_buffer);
    }

    pub(crate) fn lines(&self, after: u64) -> LogLines {
        self.log_buffer.get().map(|it| it.after(after)).unwrap_or_default()
    }

    /// A caption was put in the log with this trace.
    pub(crate) fn record(&self, caption: &Caption, trace: Trace, now: Instant) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).record(caption, trace, now);
    }

    /// Where the milliseconds went lately.
    pub(crate) fn latency(&self, now: Instant) -> Vec<Latency> {
        // Copied first: nobody who publishes waits for sums.
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        recent.prune(now);
        let stages = recent.stages().into_iter().map(Into::into);
        stages.chain(recent.ages().into_iter().map(Into::into)).collect()
    }
}
