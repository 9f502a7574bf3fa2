//! Moments as clients are told them: in Unix time.
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Turns moments into Unix time. Read once when the pipeline starts, so that a clock set anew while it runs moves nothing.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    instant: Instant,
    unix_ms: u64,
}

impl Clock {
    pub fn start() -> Clock {
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Clock { instant: Instant::now(), unix_ms: unix.as_millis() as u64 }
    }

    /// Milliseconds since 1970.
    pub fn unix_ms(&self, at: Instant) -> u64 {
        match at.checked_duration_since(self.instant) {
            Some(after) => self.unix_ms + after.as_millis() as u64,
            None => self.unix_ms.saturating_sub((self.instant - at).as_millis() as u64),
        }
    }

    /// The moment of a Unix time in ms; as far back as this machine's clock reaches.
    pub fn instant(&self, unix_ms: u64) -> Instant {
        let ago = Duration::from_millis(self.unix_ms.saturating_sub(unix_ms));
        let later = Duration::from_millis(unix_ms.saturating_sub(self.unix_ms));
        self.instant.checked_sub(ago).unwrap_or(self.instant) + later
    }

    pub fn now_ms(&self) -> u64 {
        self.unix_ms(Instant::now())
    }

    /// When the clock was read, in milliseconds since 1970.
    pub fn started_ms(&self) -> u64 {
        self.unix_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_tells_moments_before_and_after_it_was_read() {
        let clock = Clock::start();
        let second = Duration::from_secs(1);
        assert_eq!(clock.unix_ms(clock.instant + second), clock.started_ms() + 1000);
        if let Some(before) = clock.instant.checked_sub(second) {
            assert_eq!(clock.unix_ms(before), clock.started_ms() - 1000);
        }
    }
}
