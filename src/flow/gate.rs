//! What somebody outside may ask of a running pipeline: to pause its sources, to end.
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use tokio_util::sync::CancellationToken;

/// Shared by sources, and by whoever may operate them.
#[derive(Clone, Debug)]
pub struct Gate {
    /// One a source, or one for as many as share it.
    closed: Vec<Arc<AtomicBool>>,
    end: CancellationToken,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate { closed: vec![Arc::default()], end: CancellationToken::new() }
    }
}

impl Gate {
    /// One that closes and opens all of these. Who asks for the end asks by it alone.
    pub fn over<'a>(gates: impl IntoIterator<Item = &'a Gate>) -> Gate {
        let closed = gates.into_iter().flat_map(|it| it.closed.iter().cloned()).collect();
        Gate { closed, end: CancellationToken::new() }
    }

    /// From now on what sources give is left out; items say afterwards that something is missing.
    pub fn pause(&self) {
        self.closed.iter().for_each(|it| it.store(true, SeqCst));
    }

    pub fn resume(&self) {
        self.closed.iter().for_each(|it| it.store(false, SeqCst));
    }

    /// Whether nothing comes of any of its sources; others may have paused them.
    pub fn is_paused(&self) -> bool {
        !self.closed.is_empty() && self.closed.iter().all(|it| it.load(SeqCst))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_share_a_source_see_that_it_is_paused_and_each_has_its_own_end() {
        let [one, shared, other] = [(); 3].map(|()| Gate::default());
        let (left, right) = (Gate::over([&one, &shared]), Gate::over([&shared, &other]));
        left.pause();
        assert!(left.is_paused() && one.is_paused() && shared.is_paused());
        assert!(!right.is_paused() && !other.is_paused(), "one of its sources goes on");
        right.pause();
        assert!(right.is_paused());
        right.resume();
        assert!(!left.is_paused() && one.is_paused() && !shared.is_paused());
        left.ask_for_the_end();
        assert!(left.end.is_cancelled() && !right.end.is_cancelled() && !one.end.is_cancelled());
        assert!(!Gate::over([]).is_paused(), "without a source nothing is paused");
    }
}
