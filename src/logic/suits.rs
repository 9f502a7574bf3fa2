//! Whether a model keeps up with live speech on a machine, by what its decodes cost there, and which one to take instead.
use std::time::Duration;

use super::pace::PaceSettings;

/// What was measured of a model, with as many threads as its recogniser would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Of a decode for a partial, 3 s of speech.
    pub partial: Duration,
    /// Of a decode for a final, 10 s of speech.
    pub full: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A partial comes at least every 1.7 s.
    KeepsUp,
    /// Partials come less often, and in larger steps.
    SlowPartials,
    /// Finals alone, or not even those.
    TooSlow,
}

impl Verdict {
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::KeepsUp => "keeps up",
            Verdict::SlowPartials => "keeps up, with slow partials",
            Verdict::TooSlow => "too slow",
        }
    }
}

/// A partial that costs more comes less often than every 1.7 s: decodes have [`PaceSettings::share`] of the time.
const QUICK: Duration = Duration::from_millis(500);
/// Partials that take half of the usual `max-lag` of 4 s are given up.
const SLOWEST: Duration = Duration::from_secs(2);

impl Cost {
    /// By the cost of a partial decode: up to 0.5 s the model keeps up, up to 2 s it gives slow partials, beyond that it is too
    /// slow.
    pub fn verdict(self) -> Verdict {
        match self.partial {
            cost if cost <= QUICK => Verdict::KeepsUp,
            cost if cost <= SLOWEST => Verdict::SlowPartials,
            _ => Verdict::TooSlow,
        }
    }

    /// How long a word waits on average until it is shown: `max(interval, partial / share) / 2 + partial`, half of the time between
    /// two decodes and one decode. Decodes come every `interval` (900 ms), or as often as their `share` of the time (0.3) allows.
    pub fn lag(self) -> Duration {
        let PaceSettings { interval, share, .. } = PaceSettings::default();
        interval.max(self.partial.div_f32(share)) / 2 + self.partial
    }

    /// Seconds of decoding for a second of speech, where it is decoded once: of finals, or of `transcribe`.
    pub fn real_time_factor(self) -> f64 {
        self.full.as_secs_f64() / 10.0
    }
}

/// Another model that is here and has fewer parameters than the one in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Smaller {
    pub name: String,
    /// Its parameters divided by those of the model in use, 0 to 1.
    pub share: f64,
}

/// Which model to take where a partial decode of the one in use costs `partial`: the largest that is expected to keep up, or else
/// the smallest. `None` where there is no smaller one. An estimate: a decode is taken to cost in proportion to the parameters, most of
/// which the encoder has.
pub fn instead(partial: Duration, smaller: &[Smaller]) -> Option<&Smaller> {
    let keeps_up = |it: &&Smaller| partial.as_secs_f64() * it.share <= QUICK.as_secs_f64();
    let by_size = |a: &&Smaller, b: &&Smaller| a.share.total_cmp(&b.share);
    let largest = smaller.iter().filter(keeps_up).max_by(by_size);
    largest.or_else(|| smaller.iter().min_by(by_size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(partial: u64) -> Cost {
        let ms = Duration::from_millis;
        Cost { partial: ms(partial), full: ms(partial * 2) }
    }

    #[test]
    fn a_model_keeps_up_whose_partials_come_often() {
        assert_eq!(cost(200).verdict(), Verdict::KeepsUp);
        assert_eq!(cost(900).verdict(), Verdict::SlowPartials);
        assert_eq!(cost(2_500).verdict(), Verdict::TooSlow);
        // Asked for every 900 ms.
        assert_eq!(cost(70).lag().as_millis(), 520);
        // 700 ms of decoding every 2.33 s.
        assert_eq!(cost(700).lag().as_millis(), 1_866);
        assert!((cost(700).real_time_factor() - 0.14).abs() < 1e-9);
    }

    fn smaller(shares: &[f64]) -> Vec<Smaller> {
        shares.iter().map(|&share| Smaller { name: share.to_string(), share }).collect()
    }

    #[test]
    fn the_largest_that_should_keep_up_is_taken_instead_or_else_the_smallest() {
        let ms = Duration::from_millis;
        let here = smaller(&[0.3, 0.05, 0.16]);
        let name = |partial| instead(partial, &here).map(|it| it.name.as_str());
        assert_eq!(name(ms(1_000)), Some("0.3"));
        assert_eq!(name(ms(2_500)), Some("0.16"));
        assert_eq!(name(ms(60_000)), Some("0.05"));
        assert_eq!(instead(ms(2_500), &[]), None);
    }

    proptest! {
        #[test]
        fn what_is_taken_instead_is_expected_to_keep_up_where_any_is(
            shares in proptest::collection::vec(0.0f64..1.0, 1..6),
            partial in 1u64..20_000,
        ) {
            let here = smaller(&shares);
            let taken = instead(Duration::from_millis(partial), &here).unwrap();
            let keeps_up = |share: f64| partial as f64 / 1e3 * share <= 0.5;
            prop_assert_eq!(keeps_up(taken.share), shares.iter().any(|it| keeps_up(*it)));
            prop_assert!(shares.iter().all(|it| !keeps_up(*it) || *it <= taken.share));
        }

        #[test]
        fn a_dearer_model_is_never_judged_better(a in 1u64..9_000, b in 1u64..9_000) {
            let rank = |it| [Verdict::KeepsUp, Verdict::SlowPartials, Verdict::TooSlow]
                .iter().position(|known| *known == cost(it).verdict());
            prop_assert!(rank(a.min(b)) <= rank(a.max(b)));
        }

        #[test]
        fn what_costs_more_lags_more(a in 1u64..9_000, b in 1u64..9_000) {
            prop_assert_eq!(a < b && cost(a).lag() > cost(b).lag(), false);
            prop_assert!(cost(a).lag() > cost(a).partial);
        }
    }
}
