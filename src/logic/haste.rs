//! How far ahead of the clock sound may be sent that comes faster than time passes.
use std::time::Duration;

/// Sound is counted from the first that was sent, and from the first behind the last pause: a server bounds both.
#[derive(Clone, Copy, Debug)]
pub struct Haste {
    ahead: Duration,
    first: Option<Mark>,
    since_pause: Option<Mark>,
    sent: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    at: Duration,
    sent: Duration,
}

impl Haste {
    pub fn new(ahead: Duration) -> Haste {
        Haste { ahead, first: None, since_pause: None, sent: Duration::ZERO }
    }

    /// When the next sound may be sent, on the clock of `now`.
    pub fn due(&self) -> Duration {
        let due = |mark: Option<Mark>| {
            mark.map_or(Duration::ZERO, |it| {
                (it.at + (self.sent - it.sent)).saturating_sub(self.ahead)
            })
        };
        due(self.first).max(due(self.since_pause))
    }

    pub fn took(&mut self, length: Duration, now: Duration) {
        let mark = Mark { at: now, sent: self.sent };
        self.first.get_or_insert(mark);
        self.since_pause.get_or_insert(mark);
        self.sent += length;
    }

    /// Nothing was sent for a while, and nothing is missing there.
    pub fn paused(&mut self) {
        self.since_pause = None;
    }

    /// All that was sent.
    pub fn sent(&self) -> Duration {
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::pace::Pace;
    use proptest::prelude::*;

    proptest! {
        /// Never more than `ahead` before the clock, of which a server that allows twice that at once takes everything.
        #[test]
        fn a_hasty_sender_stays_within_what_a_server_takes(
            steps in prop::collection::vec((1u64..120, any::<bool>(), 0u64..3_000), 1..300)
        ) {
            let ahead = Duration::from_secs(1);
            let (mut haste, mut now) = (Haste::new(ahead), Duration::ZERO);
            let mut pace = Pace::new(2 * ahead, now);
            for (length, pauses, wait) in steps {
                if pauses {
                    now += Duration::from_millis(wait);
                    haste.paused();
                }
                now = now.max(haste.due());
                let length = Duration::from_millis(length);
                haste.took(length, now);
                prop_assert!(haste.sent() <= now + ahead + length);
                prop_assert!(pace.take(length, now));
            }
        }
    }

    #[test]
    fn sound_at_its_own_pace_never_waits() {
        let mut haste = Haste::new(Duration::from_millis(500));
        for n in 1..500 {
            let now = Duration::from_millis(20 * n);
            assert!(haste.due() <= now);
            haste.took(Duration::from_millis(20), now);
        }
    }
}
