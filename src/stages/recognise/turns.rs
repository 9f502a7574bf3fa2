//! How long decodes waited for their turn with an engine that others use too.
use std::time::Duration;

/// The waits of one run.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The newest wait.
    pub(super) newest: Duration,
    /// Whether that was longer than the interval of decodes.
    pub(super) are_late: bool,
}

impl Turns {
    /// Whether most of the time of a decode, which takes `cost` with its wait, goes into waiting.
    pub(super) fn dominate(&self, cost: Duration) -> bool {
        self.newest > cost / 2
    }
}
