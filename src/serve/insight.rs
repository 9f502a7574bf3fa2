//! What only operators see, kept where it is written: the plan, the program's log, the traces of what was published last.
use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::diary::Diary;
use crate::{
    flow::StageReading,
    logic::recent::Recent,
    message::{Caption, Trace},
    wire::{Graph, Latency, LogLines, StageState},
};

/// Of how many captions, over how long, the milliseconds are told.
const RECENT: (usize, Duration) = (2000, Duration::from_secs(5 * 60));

pub(super) struct Insight {
    graph: OnceLock<Graph>,
    diary: OnceLock<Arc<Diary>>,
    recent: Mutex<Recent>,
}

impl Insight {
    pub(super) fn new() -> Insight {
        let recent = Mutex::new(Recent::new(RECENT.0, RECENT.1));
        Insight { graph: OnceLock::new(), diary: OnceLock::new(), recent }
    }

    /// The plan behind the server; there is one, so that another one is passed over.
    pub(super) fn draw(&self, graph: Graph) {
        let _ = self.graph.set(graph);
    }

    /// Empty where no plan stands behind the server.
    pub(super) fn graph(&self) -> Graph {
        self.graph.get().cloned().unwrap_or_default()
    }

    /// A stage with its kind, where there is a plan.
    pub(super) fn told(&self, reading: &StageReading) -> StageState {
        let mut stages = self.graph.get().into_iter().flat_map(|it| &it.stages);
        let planned = stages.find(|it| it.name == reading.name);
        StageState { kind: planned.map(|it| it.kind.clone()), ..reading.into() }
    }

    /// The program's own log; it has one.
    pub(super) fn keep_diary(&self, diary: Arc<Diary>) {
        let _ = self.diary.set(diary);
    }

    pub(super) fn lines(&self, after: u64) -> LogLines {
        self.diary.get().map(|it| it.after(after)).unwrap_or_default()
    }

    /// A caption was put in the log with this trace.
    pub(super) fn record(&self, caption: &Caption, trace: Trace, now: Instant) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).record(caption, trace, now);
    }

    /// Where the milliseconds went lately.
    pub(super) fn latency(&self, now: Instant) -> Vec<Latency> {
        // Copied first: nobody who publishes waits for sums.
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        recent.prune(now);
        let stages = recent.stages().into_iter().map(Into::into);
        stages.chain(recent.ages().into_iter().map(Into::into)).collect()
    }
}
