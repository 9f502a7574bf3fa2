//! A paused tokio clock that decodes move by their cost.
use std::time::Duration;

use futures::FutureExt;
use livecap::stages::recognise::Cancellation;
use tokio::runtime::Handle;

/// How often a decode checks its cancellation. whisper.cpp checks more often.
const STEP: Duration = Duration::from_millis(10);

/// The paused clock of a runtime, for use on the thread of a recogniser. While the recogniser works, its stage waits, so
/// nothing else moves the clock.
#[derive(Clone)]
pub(crate) struct Clock(Handle);

impl Clock {
    /// The clock of the current runtime.
    pub(crate) fn here() -> Clock {
        Clock(Handle::current())
    }

    /// Moves the clock by `cost`, or less if the decode is cancelled before. Returns whether it was completed.
    pub(crate) fn spend(&self, cost: Duration, cancellation: &Cancellation) -> bool {
        // Outside the runtime the clock is the real one, and the cancellation would check that.
        let _inside = self.0.enter();
        let mut left = cost;
        while !left.is_zero() && !cancellation.is_cancelled() {
            let step = left.min(STEP);
            // The first poll moves the clock; what is left of the call only lets other tasks run.
            let _ = tokio::time::advance(step).now_or_never();
            left -= step;
        }
        !cancellation.is_cancelled()
    }
}
