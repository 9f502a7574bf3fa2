//! Whether a model keeps up with live speech on a machine, by what its decodes cost there.
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
    KeepsUp,
    /// Words come in larger steps.
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

/// A partial that costs more comes less often than every 1.5 s: decodes have [`PaceSettings::share`] of the time.
const QUICK: Duration = Duration::from_millis(500);
/// Partials that take half of the usual `max-lag` of 4 s are given up.
const SLOWEST: Duration = Duration::from_secs(2);

impl Cost {
    pub fn verdict(self) -> Verdict {
        match self.partial {
            cost if cost <= QUICK => Verdict::KeepsUp,
            cost if cost <= SLOWEST => Verdict::SlowPartials,
            _ => Verdict::TooSlow,
        }
    }

    /// How long a word waits on average until it is shown: half of the time between two decodes, and one decode. Decodes come as
    /// often as they are asked for, or as their share of the time allows.
    pub fn lag(self) -> Duration {
        let PaceSettings { interval, share, .. } = PaceSettings::default();
        interval.max(self.partial.div_f32(share)) / 2 + self.partial
    }

    /// Seconds of decoding for a second of speech, where it is decoded once: of finals, or of `transcribe`.
    pub fn real_time_factor(self) -> f64 {
        self.full.as_secs_f64() / 10.0
    }
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
        // Asked for every 350 ms.
        assert_eq!(cost(70).lag().as_millis(), 245);
        // 700 ms of decoding every 2 s.
        assert_eq!(cost(700).lag().as_millis(), 1_700);
        assert!((cost(700).real_time_factor() - 0.14).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn what_costs_more_lags_more(a in 1u64..9_000, b in 1u64..9_000) {
            prop_assert_eq!(a < b && cost(a).lag() > cost(b).lag(), false);
            prop_assert!(cost(a).lag() > cost(a).partial);
        }
    }
}
