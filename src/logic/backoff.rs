//! Waits between tries: each about twice as long as the one before, and no two clients' the same.
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

    /// How long to wait before the next try, a [`spread`] of a wait that doubles up to the longest one. `chance`: from 0 to 1.
    pub fn wait(&mut self, chance: f64) -> Duration {
        let wait = spread(self.next, chance);
        self.next = self.next.saturating_mul(2).min(self.longest);
        wait
    }

    /// It went well: the next wait is the shortest again.
    pub fn begin_anew(&mut self) {
        self.next = self.shortest;
    }
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
        let four = [1.0; 4].map(|chance| waits.wait(chance));
        assert_eq!(four, [ms(100), ms(200), ms(400), ms(500)]);
        waits.begin_anew();
        assert_eq!([waits.wait(0.0), waits.wait(0.5)], [ms(50), ms(150)]);
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
