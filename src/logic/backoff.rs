//! Waits between tries: each twice as long as the one before, or, where many clients try, a random part of that.
use std::time::Duration;

/// The waits of one who tries again and again.
#[derive(Clone, Debug)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub fn new(shortest: Duration, longest: Duration) -> Backoff {
        Backoff { shortest, longest, next: shortest }
    }

    /// How long to wait before the next try: twice as long as before the last one, up to the longest wait.
    pub fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = doubled(wait, 1).min(self.longest);
        wait
    }

    /// A [`spread`] of that, for clients of which many may try at once. `chance`: from 0 to 1.
    pub fn spread_wait(&mut self, chance: f64) -> Duration {
        spread(self.wait(), chance)
    }

    /// It went well: the next wait is the shortest again.
    pub fn begin_anew(&mut self) {
        self.next = self.shortest;
    }
}

/// The wait before the next try after `times` that failed, where nothing but their count is kept. It saturates: past 31
/// doublings a wait of any length is one of years.
pub fn doubled(wait: Duration, times: u32) -> Duration {
    wait.saturating_mul(1 << times.min(31))
}

/// Between half of `wait` and all of it. A server that comes back would else have all its clients at the same moment, and again
/// after each wait.
pub fn spread(wait: Duration, chance: f64) -> Duration {
    wait.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew() {
        let ms = Duration::from_millis;
        let mut waits = Backoff::new(ms(100), ms(500));
        let four = [(); 4].map(|()| waits.wait());
        assert_eq!(four, [ms(100), ms(200), ms(400), ms(500)]);
        waits.begin_anew();
        assert_eq!([waits.spread_wait(0.0), waits.spread_wait(0.5)], [ms(50), ms(150)]);
    }

    #[test]
    fn a_wait_saturates_however_often_it_is_doubled() {
        let second = Duration::from_secs(1);
        assert_eq!([0, 1, 3].map(|times| doubled(second, times)), [1, 2, 8].map(|it| second * it));
        assert_eq!(doubled(second, u32::MAX), doubled(second, 31));
        assert_eq!(doubled(Duration::MAX, 40), Duration::MAX);
    }

    proptest! {
        /// Whatever chance says, a wait is never longer than what was named, nor shorter than half of it.
        #[test]
        fn a_spread_wait_is_from_half_to_all_of_it(ms in 0u64..1_000_000, chance in any::<f64>()) {
            prop_assume!(!chance.is_nan());
            let wait = Duration::from_millis(ms);
            let spread = spread(wait, chance);
            prop_assert!(wait / 2 <= spread && spread <= wait, "{spread:?} of {wait:?}");
        }
    }
}
