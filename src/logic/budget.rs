//! How often something may be started anew, and after which wait.
use std::time::Duration;

use tokio::time::Instant;

use crate::logic::backoff::doubled;

/// At most `limit` restarts within `within`; each waits twice as long as the one before.
#[derive(Clone, Debug)]
pub struct Budget {
    pub limit: usize,
    pub within: Duration,
    /// The wait before the first restart.
    pub wait: Duration,
    spent: Vec<Instant>,
}

impl Budget {
    pub fn new(limit: usize, within: Duration, wait: Duration) -> Budget {
        Budget { limit, within, wait, spent: Vec::new() }
    }

    /// Takes one restart from the budget. The wait before it, or `None` where the budget is spent.
    pub fn spend(&mut self, now: Instant) -> Option<Duration> {
        self.spent.retain(|at| now.saturating_duration_since(*at) < self.within);
        if self.limit <= self.spent.len() {
            return None;
        }
        let after = doubled(self.wait, u32::try_from(self.spent.len()).unwrap_or(u32::MAX));
        self.spent.push(now);
        Some(after)
    }
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::new(5, Duration::from_secs(60), Duration::from_millis(250))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_until_the_budget_is_spent_and_it_fills_again() {
        let mut budget = Budget::new(3, Duration::from_secs(10), Duration::from_millis(100));
        let start = Instant::now();
        let waits: Vec<_> = (0..4).map(|_| budget.spend(start)).collect();
        let ms = |it| Some(Duration::from_millis(it));
        assert_eq!(waits, [ms(100), ms(200), ms(400), None]);
        assert_eq!(budget.spend(start + Duration::from_secs(10)), ms(100));
    }
}
