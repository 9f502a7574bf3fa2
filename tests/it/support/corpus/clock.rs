//! Decodes that move tokio's paused clock by what they cost.
use std::time::Duration;

use futures::FutureExt;
use livecap::stages::recognise::Cancellation;
use tokio::runtime::Handle;

/// How often a decode asks whether it is still wanted. whisper.cpp asks more often than that.
const STEP: Duration = Duration::from_millis(10);

/// The paused clock of a runtime, for use on the thread of a recogniser. While the recogniser works its stage waits, so that
/// nothing else moves the clock.
#[derive(Clone)]
pub(crate) struct Clock(Handle);

impl Clock {
    /// Of the runtime that this is called in.
    pub(crate) fn here() -> Clock {
        Clock(Handle::current())
    }

    /// Lets so much time pass, or less where the decode is no longer wanted. Tells whether it still is.
    pub(crate) fn spend(&self, cost: Duration, wanted: &Cancellation) -> bool {
        // The clock of a thread outside of the runtime is the real one, and `wanted` would request that.
        let _inside = self.0.enter();
        let mut left = cost;
        while !left.is_zero() && !wanted.is_cancelled() {
            let step = left.min(STEP);
            // The first poll moves the clock; what is left of the call only lets other tasks run.
            let _ = tokio::time::advance(step).now_or_never();
            left -= step;
        }
        !wanted.is_cancelled()
    }
}
