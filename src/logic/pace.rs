//! How fast a sender may be: as fast as time passes, and so much ahead of that.
use std::time::Duration;

/// A bucket that time fills and that sound empties.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    room: Duration,
    /// What is left of it.
    left: Duration,
    /// Since the beginning, at the last look.
    at: Duration,
}

/// Clocks of sound cards are a little too fast or too slow: a share of 1 in this many is no haste.
const DRIFT: u32 = 100;

impl Pace {
    /// Full at the beginning. `room`: how much may come at once.
    pub fn new(room: Duration, now: Duration) -> Pace {
        Pace { room, left: room, at: now }
    }

    /// Takes `amount` of it. False where it came too fast; nothing is taken then.
    pub fn take(&mut self, amount: Duration, now: Duration) -> bool {
        let passed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        self.left = self.left.saturating_add(passed + passed / DRIFT).min(self.room);
        match self.left.checked_sub(amount) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_is_taken_and_then_what_time_allows() {
        let mut pace = Pace::new(ms(1000), ms(0));
        assert!((0..50).all(|_| pace.take(ms(20), ms(0))));
        assert!(!pace.take(ms(20), ms(0)));
        assert!(pace.take(ms(20), ms(20)) && !pace.take(ms(20), ms(20)));
        // A rest fills it up to the brim, and no further.
        assert!(pace.take(ms(1000), ms(1_000_000)) && !pace.take(ms(1), ms(1_000_000)));
    }

    proptest! {
        #[test]
        fn never_more_than_time_and_room_and_the_steady_never_wait(
            steps in prop::collection::vec((0u64..200, 0u64..200), 1..200)
        ) {
            let (mut greedy, mut steady) = (Pace::new(ms(500), ms(0)), Pace::new(ms(500), ms(0)));
            let (mut now, mut taken) = (0, 0);
            for (wait, amount) in steps {
                now += wait;
                if greedy.take(ms(amount), ms(now)) {
                    taken += amount;
                }
                prop_assert!(taken as f64 <= 500.0 + now as f64 * 1.01 + 1e-6);
                prop_assert!(steady.take(ms(wait), ms(now)));
            }
        }
    }
}
