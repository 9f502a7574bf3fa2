//! Whether a service that fails again and again is asked at all: after some failures in a row it is left alone for a while,
//! then one request finds out whether it is back.
use tokio::time::Instant;

use crate::{logic::backoff::Backoff, message::BreakerSettings};

#[derive(Debug)]
pub(super) struct Breaker {
    settings: BreakerSettings,
    failures: u32,
    waits: Backoff,
    /// Until when, while it is open.
    open: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings) -> Breaker {
        let waits = Backoff::new(settings.wait, settings.longest);
        Breaker { settings, failures: 0, waits, open: None }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// When the next request may be sent; `in_flight` are on their way. `None`: not before one of these has come back.
    pub(super) fn free_at(&self, now: Instant, in_flight: usize) -> Option<Instant> {
        match self.open {
            None => Some(now),
            // One probe at a time.
            Some(until) if in_flight == 0 => Some(until.max(now)),
            Some(_) => None,
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.waits.begin_anew();
        self.open = None;
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        match self.open {
            // Of a request that was under way when it opened.
            Some(until) if now < until => (),
            None if self.failures < self.settings.failures => (),
            _ => self.open = Some(now + self.waits.wait()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_opens_after_some_failures_probes_with_doubling_waits_and_closes() {
        let ms = Duration::from_millis;
        let settings = BreakerSettings { failures: 2, wait: ms(100), longest: ms(300) };
        let mut it = Breaker::new(settings);
        let start = Instant::now();
        it.failed(start);
        it.succeeded();
        it.failed(start);
        assert!(!it.is_open(), "not in a row");
        it.failed(start);
        assert!(it.is_open());
        assert_eq!(it.free_at(start, 0), Some(start + ms(100)));
        assert_eq!(it.free_at(start, 1), None, "one probe at a time");
        it.failed(start + ms(50));
        assert_eq!(it.free_at(start, 0), Some(start + ms(100)), "it was asked before");
        it.failed(start + ms(100));
        assert_eq!(it.free_at(start, 0), Some(start + ms(300)));
        it.failed(start + ms(300));
        assert_eq!(it.free_at(start, 0), Some(start + ms(600)), "300 ms at most");
        it.succeeded();
        assert_eq!(it.free_at(start, 3), Some(start));
    }
}
