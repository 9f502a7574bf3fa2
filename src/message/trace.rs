//! What a message went through on its way: when its sound was captured, when each stage began and was done.
use std::time::Duration;
use tokio::time::Instant;

/// The stages at which the milliseconds are told apart, in the order in which a message passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Milestone {
    Captured,
    Resampled,
    Recognised,
    Translated,
    Published,
}

impl Milestone {
    pub const ALL: [Milestone; 5] = [
        Milestone::Captured,
        Milestone::Resampled,
        Milestone::Recognised,
        Milestone::Translated,
        Milestone::Published,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Milestone::Captured => "captured",
            Milestone::Resampled => "resampled",
            Milestone::Recognised => "recognised",
            Milestone::Translated => "translated",
            Milestone::Published => "published",
        }
    }
}

/// The work of one stage on one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// When the work that made the message began.
    pub begun: Instant,
    pub done: Instant,
}

/// Carried by every message, so that page, bench and metrics read the same numbers.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    captured: Instant,
    hops: [Option<Hop>; Milestone::ALL.len()],
}

impl Trace {
    /// `captured`: when the newest sample behind the message was captured.
    pub fn starting(captured: Instant) -> Trace {
        Trace { captured, hops: [None; Milestone::ALL.len()] }
    }

    #[must_use]
    pub fn with(mut self, milestone: Milestone, hop: Hop) -> Trace {
        self.hops[milestone as usize] = Some(hop);
        self
    }

    pub fn captured(&self) -> Instant {
        self.captured
    }

    pub fn hop(&self, milestone: Milestone) -> Option<Hop> {
        self.hops[milestone as usize]
    }

    /// When the message was offered to this stage: when the stage before it was done, or when its sound was captured.
    pub fn offered(&self, milestone: Milestone) -> Instant {
        self.hops[..milestone as usize]
            .iter()
            .rev()
            .flatten()
            .next()
            .map_or(self.captured, |hop| hop.done)
    }

    /// From offered to begun: time in queues, and time held back inside the stage.
    pub fn wait(&self, milestone: Milestone) -> Option<Duration> {
        Some(self.hop(milestone)?.begun.saturating_duration_since(self.offered(milestone)))
    }

    /// From begun to done.
    pub fn service(&self, milestone: Milestone) -> Option<Duration> {
        let hop = self.hop(milestone)?;
        Some(hop.done.saturating_duration_since(hop.begun))
    }

    /// How old the newest sample behind the message was when the stage was done.
    pub fn age(&self, milestone: Milestone) -> Option<Duration> {
        Some(self.hop(milestone)?.done.saturating_duration_since(self.captured))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_and_services_add_up_to_the_age() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let trace = Trace::starting(start)
            .with(Milestone::Resampled, Hop { begun: at(3), done: at(5) })
            .with(Milestone::Recognised, Hop { begun: at(40), done: at(90) })
            .with(Milestone::Published, Hop { begun: at(91), done: at(93) });
        let sum: Duration = Milestone::ALL
            .iter()
            .filter_map(|it| Some(trace.wait(*it)? + trace.service(*it)?))
            .sum();
        assert_eq!(Some(sum), trace.age(Milestone::Published));
        assert_eq!(trace.wait(Milestone::Recognised), Some(Duration::from_millis(35)));
        assert_eq!(trace.age(Milestone::Translated), None);
    }
}
