//! What somebody outside may ask of a running pipeline: to pause its sources, to end.
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use tokio_util::sync::CancellationToken;

/// Shared by the sources of a pipeline, and by whoever may operate it.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    closed: Arc<AtomicBool>,
    end: CancellationToken,
}

impl Gate {
    /// From now on what sources give is left out; items say afterwards that something is missing.
    pub fn pause(&self) {
        self.closed.store(true, SeqCst);
    }

    pub fn resume(&self) {
        self.closed.store(false, SeqCst);
    }

    pub fn is_paused(&self) -> bool {
        self.closed.load(SeqCst)
    }

    /// Asks for the end: the sources are to stop, and the rest to drain.
    pub fn ask_for_the_end(&self) {
        self.end.cancel();
    }

    /// Returns once somebody has asked for the end.
    pub async fn end_asked_for(&self) {
        self.end.cancelled().await;
    }
}
