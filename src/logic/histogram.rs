//! Percentiles of times, by high dynamic range histograms: to a thousandth of the value, in little room however many.
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Times in milliseconds, which may lie before zero: a word can be shown before it was spoken to its end.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Microseconds above zero, and below, without their sign.
    above: Histogram<u64>,
    below: Histogram<u64>,
    max: f64,
}

/// What is told of a distribution, in milliseconds; `n` values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
    pub n: u64,
}

impl Default for Distribution {
    fn default() -> Distribution {
        let empty = || Histogram::new(3).expect("three digits are within what it can hold");
        Distribution { above: empty(), below: empty(), max: f64::NEG_INFINITY }
    }
}

impl Distribution {
    pub fn of(times_ms: impl IntoIterator<Item = f64>) -> Distribution {
        let mut all = Distribution::default();
        times_ms.into_iter().for_each(|it| all.record(it));
        all
    }

    pub fn record(&mut self, ms: f64) {
        if ms.is_nan() {
            return;
        }
        let side = if ms < 0.0 { &mut self.below } else { &mut self.above };
        // They grow as they must; what no histogram could hold is longer than any machine has run.
        let _ = side.record((ms.abs() * 1000.0).round().min(1e15) as u64);
        self.max = self.max.max(ms);
    }

    pub fn count(&self) -> u64 {
        self.below.len() + self.above.len()
    }

    /// The smallest value that at least the share `quantile` (0 to 1) of all values does not exceed; `None` without any.
    pub fn at(&self, quantile: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = ((quantile * count as f64).ceil() as u64).clamp(1, count);
        let nth = |side: &Histogram<u64>, rank: u64| {
            // Half a rank short, so that rounding does not reach for the next one.
            side.value_at_quantile((rank as f64 - 0.5) / side.len() as f64) as f64 / 1000.0
        };
        let below = self.below.len();
        let value = match rank.checked_sub(below) {
            None | Some(0) => -nth(&self.below, below - rank + 1),
            Some(rank) => nth(&self.above, rank),
        };
        Some(value.min(self.max))
    }

    /// `None` without a value: that is no zero.
    pub fn summary(&self) -> Option<Summary> {
        let round = |ms: f64| (ms * 1000.0).round() / 1000.0;
        Some(Summary {
            p50: round(self.at(0.50)?),
            p95: round(self.at(0.95)?),
            p99: round(self.at(0.99)?),
            max: round(self.max),
            n: self.count(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_values() {
        let summary = Distribution::of((1..=100).map(f64::from)).summary().unwrap();
        for (got, expected) in [(summary.p50, 50.0), (summary.p95, 95.0), (summary.p99, 99.0)] {
            assert!((got / expected - 1.0).abs() < 0.001, "{got} {expected}");
        }
        assert_eq!((summary.max, summary.n), (100.0, 100));
        assert_eq!(Distribution::default().summary(), None);
    }

    #[test]
    fn times_before_zero_count_as_earlier() {
        let some = Distribution::of([-0.4, -0.2, 0.0, 0.3]);
        assert_eq!([0.25, 0.5, 0.75, 1.0].map(|it| some.at(it).unwrap()), [-0.4, -0.2, 0.0, 0.3]);
        assert_eq!(Distribution::of([-1.0]).summary().unwrap().max, -1.0);
    }

    proptest! {
        #[test]
        fn every_percentile_is_a_value_to_a_thousandth(values in prop::collection::vec(-5000.0f64..60_000.0, 1..60), quantile in 0.0f64..=1.0) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let rank = ((quantile * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let (got, expected) = (Distribution::of(values).at(quantile).unwrap(), sorted[rank - 1]);
            prop_assert!((got - expected).abs() <= expected.abs() * 0.001 + 0.001, "{got} {expected}");
        }
    }
}
