//! What only operators see: the plan, the log of the program, and the traces of the newest captions.
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

/// Latencies are reported of this many of the newest captions, of at most this age.
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

    /// Sets the plan. There is one, so a second one is ignored.
    pub(crate) fn draw(&self, graph: Graph) {
        let _ = self.graph.set(graph);
    }

    /// Empty without a plan.
    pub(crate) fn graph(&self) -> Graph {
        self.graph.get().cloned().unwrap_or_default()
    }

    /// A stage with its kind, where there is a plan.
    pub(crate) fn told(&self, reading: &StageReading) -> StageState {
        let mut stages = self.graph.get().into_iter().flat_map(|it| &it.stages);
        let planned = stages.find(|it| it.name == reading.name);
        StageState { kind: planned.map(|it| it.kind.clone()), ..reading.into() }
    }

    /// The log of the program.
    pub(crate) fn keep_log(&self, log_buffer: Arc<LogBuffer>) {
        let _ = self.log_buffer.set(log_buffer);
    }

    pub(crate) fn lines(&self, after: u64) -> LogLines {
        self.log_buffer.get().map(|it| it.after(after)).unwrap_or_default()
    }

    /// Records the trace of a published caption.
    pub(crate) fn record(&self, caption: &Caption, trace: Trace, now: Instant) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).record(caption, trace, now);
    }

    /// The latencies of the newest captions.
    pub(crate) fn latency(&self, now: Instant) -> Vec<Latency> {
        // Copied first, so that publishers do not wait for the calculation.
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        recent.prune(now);
        let stages = recent.stages().into_iter().map(Into::into);
        stages.chain(recent.ages().into_iter().map(Into::into)).collect()
    }
}
