//! Whether a model keeps up with live speech on a machine, by the cost of its decodes there, and which smaller model to take instead.
use std::time::Duration;

use super::decode_scheduler::DecodeSchedulerSettings;

/// The measured cost of a model's decodes, with as many threads as its recogniser would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// A decode for a partial: 3 s of speech.
    pub partial: Duration,
    /// A decode for a final: 10 s of speech.
    pub full: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A partial comes at least every 1.7 s.
    KeepsUp,
    /// Partials come less often, and in larger steps.
    SlowPartials,
    /// Finals only, or not even those.
    TooSlow,
}

impl Verdict {
    /// By the cost of a partial: up to 0.5 s the model keeps up, up to 2 s it gives slow partials, above that it is too slow.
    pub fn of(partial: Duration) -> Verdict {
        match partial {
            cost if cost <= KEEPS_UP_LIMIT => Verdict::KeepsUp,
            cost if cost <= SLOW_PARTIALS_LIMIT => Verdict::SlowPartials,
            _ => Verdict::TooSlow,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Verdict::KeepsUp => "keeps up",
            Verdict::SlowPartials => "keeps up, with slow partials",
            Verdict::TooSlow => "too slow",
        }
    }
}

/// Above this cost, partials come less often than every 1.7 s: decodes have [`DecodeSchedulerSettings::share`] of the time.
const KEEPS_UP_LIMIT: Duration = Duration::from_millis(500);
/// Above this cost, partials are cancelled: it is half of the default `max-lag` of 4 s.
const SLOW_PARTIALS_LIMIT: Duration = Duration::from_secs(2);

impl Cost {
    pub fn verdict(self) -> Verdict {
        Verdict::of(self.partial)
    }

    /// The mean time until a word is shown: `max(interval, partial / share) / 2 + partial`, which is half of the time between
    /// two decodes, and one decode. Decodes come every `interval` (900 ms), or as often as their `share` of the time (0.3)
    /// allows.
    pub fn lag(self) -> Duration {
        let DecodeSchedulerSettings { interval, share, .. } = DecodeSchedulerSettings::default();
        interval.max(self.partial.div_f32(share)) / 2 + self.partial
    }

    /// Seconds of decoding per second of speech, where each second is decoded once: for finals, or in `transcribe`.
    pub fn real_time_factor(self) -> f64 {
        self.full.as_secs_f64() / 10.0
    }
}

/// A model that could be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    pub parameters: u64,
    pub multilingual: bool,
    pub verdict: Verdict,
}

/// The largest that keeps up, or else the smallest that has slow partials. Of two of the same size, the one for English only
/// recognises English better, and the multilingual one hears whatever is spoken. `None`: all are too slow, or there are none.
pub fn best(candidates: &[Candidate], prefer_english: bool) -> Option<&Candidate> {
    let size = |it: &&Candidate| (it.parameters / 1_000_000, it.multilingual != prefer_english);
    let having = |verdict| candidates.iter().filter(move |it| it.verdict == verdict);
    let smallest = || having(Verdict::SlowPartials).min_by_key(size);
    having(Verdict::KeepsUp).max_by_key(size).or_else(smallest)
}

/// What a partial of a model with `parameters` will cost, judged by the measured one nearest in size: in proportion to the number
/// of parameters. `None` if none was measured.
pub fn estimated(parameters: u64, measured: &[(u64, Duration)]) -> Option<Duration> {
    let ratio = |other: u64| parameters.max(1) as f64 / other.max(1) as f64;
    let distance = |it: &&(u64, Duration)| ratio(it.0).ln().abs();
    let nearest = measured.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    Some(nearest.1.mul_f64(ratio(nearest.0)))
}

/// Another model on this machine with fewer parameters than the one in use.
#[derive(Clone, Debug, PartialEq)]
pub struct SmallerModel {
    pub name: String,
    /// Its number of parameters divided by that of the model in use, 0 to 1.
    pub share: f64,
}

/// The model to take instead, where a partial of the one in use costs `partial`: the largest that is expected to keep up, or
/// else the smallest. `None` if there is no smaller one. This is an estimate: the cost is taken to be proportional to the
/// number of parameters, most of which are the encoder's.
pub fn smaller_model(partial: Duration, smaller: &[SmallerModel]) -> Option<&SmallerModel> {
    let keeps_up =
        |it: &&SmallerModel| partial.as_secs_f64() * it.share <= KEEPS_UP_LIMIT.as_secs_f64();
    let by_size = |a: &&SmallerModel, b: &&SmallerModel| a.share.total_cmp(&b.share);
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
    fn a_model_with_frequent_partials_keeps_up() {
        assert_eq!(cost(200).verdict(), Verdict::KeepsUp);
        assert_eq!(cost(900).verdict(), Verdict::SlowPartials);
        assert_eq!(cost(2_500).verdict(), Verdict::TooSlow);
        // The interval is 900 ms.
        assert_eq!(cost(70).lag().as_millis(), 520);
        // A decode of 700 ms comes every 2.33 s.
        assert_eq!(cost(700).lag().as_millis(), 1_866);
        assert!((cost(700).real_time_factor() - 0.14).abs() < 1e-9);
    }

    fn candidate(name: &str, millions: u64, verdict: Verdict) -> Candidate {
        let multilingual = !name.ends_with(".en");
        let parameters = millions * 1_000_000;
        Candidate { name: name.to_owned(), parameters, multilingual, verdict }
    }

    #[test]
    fn the_best_is_the_largest_that_keeps_up_or_else_the_least_slow() {
        use Verdict::{KeepsUp, SlowPartials, TooSlow};
        let large = candidate("large", 1_550, TooSlow);
        let medium = candidate("medium", 769, SlowPartials);
        let small = candidate("small", 244, SlowPartials);
        let (base, base_en) = (candidate("base", 74, KeepsUp), candidate("base.en", 74, KeepsUp));
        let tiny = candidate("tiny.en", 39, KeepsUp);
        let name = |all: &[&Candidate], english| {
            let all: Vec<Candidate> = all.iter().map(|it| (*it).clone()).collect();
            best(&all, english).map(|it| it.name.clone())
        };
        let all = [&tiny, &base_en, &base, &small, &medium];
        assert_eq!(name(&all, true).as_deref(), Some("base.en"));
        assert_eq!(name(&all, false).as_deref(), Some("base"), "it hears whatever is spoken");
        assert_eq!(name(&[&tiny, &base, &large], true).as_deref(), Some("base"), "the larger one");
        assert_eq!(name(&[&large, &medium, &small], true).as_deref(), Some("small"));
        assert_eq!((name(&[&large], true), name(&[], true)), (None, None));
    }

    #[test]
    fn an_unmeasured_model_is_judged_by_the_one_nearest_in_size() {
        let ms = Duration::from_millis;
        let measured = [(39, ms(100)), (74, ms(220))];
        assert_eq!(estimated(244, &measured).unwrap().as_millis(), 725);
        assert_eq!(estimated(39, &measured), Some(ms(100)));
        assert_eq!(estimated(20, &measured[1..]).unwrap().as_millis(), 59);
        assert_eq!(estimated(39, &[]), None);
    }

    fn smaller(shares: &[f64]) -> Vec<SmallerModel> {
        shares.iter().map(|&share| SmallerModel { name: share.to_string(), share }).collect()
    }

    #[test]
    fn the_largest_model_that_should_keep_up_is_named_or_else_the_smallest() {
        let ms = Duration::from_millis;
        let present = smaller(&[0.3, 0.05, 0.16]);
        let name = |partial| smaller_model(partial, &present).map(|it| it.name.as_str());
        assert_eq!(name(ms(1_000)), Some("0.3"));
        assert_eq!(name(ms(2_500)), Some("0.16"));
        assert_eq!(name(ms(60_000)), Some("0.05"));
        assert_eq!(smaller_model(ms(2_500), &[]), None);
    }

    proptest! {
        #[test]
        fn the_named_model_keeps_up_where_any_does(
            shares in proptest::collection::vec(0.0f64..1.0, 1..6),
            partial in 1u64..20_000,
        ) {
            let present = smaller(&shares);
            let taken = smaller_model(Duration::from_millis(partial), &present).unwrap();
            let keeps_up = |share: f64| partial as f64 / 1e3 * share <= 0.5;
            prop_assert_eq!(keeps_up(taken.share), shares.iter().any(|it| keeps_up(*it)));
            prop_assert!(shares.iter().all(|it| !keeps_up(*it) || *it <= taken.share));
        }

        #[test]
        fn a_slower_model_never_gets_a_better_verdict(a in 1u64..9_000, b in 1u64..9_000) {
            let rank = |it| [Verdict::KeepsUp, Verdict::SlowPartials, Verdict::TooSlow]
                .iter().position(|known| *known == cost(it).verdict());
            prop_assert!(rank(a.min(b)) <= rank(a.max(b)));
        }

        #[test]
        fn a_higher_cost_never_means_less_lag(a in 1u64..9_000, b in 1u64..9_000) {
            prop_assert_eq!(a < b && cost(a).lag() > cost(b).lag(), false);
            prop_assert!(cost(a).lag() > cost(a).partial);
        }
    }
}
