//! The audio timeline: counted in samples at the source, never read from a clock.
use std::{
    num::NonZeroU32,
    ops::{Add, Sub},
    time::Duration,
};

/// Samples per second, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SampleRate(NonZeroU32);

impl SampleRate {
    /// 16 kHz, what every recogniser takes.
    pub const SPEECH: SampleRate = SampleRate(NonZeroU32::new(16_000).unwrap());

    pub const fn new(hertz: u32) -> Option<SampleRate> {
        match NonZeroU32::new(hertz) {
            Some(hertz) => Some(SampleRate(hertz)),
            None => None,
        }
    }

    pub const fn hertz(self) -> u32 {
        self.0.get()
    }

    /// How long `samples` of them last.
    pub fn duration_of(self, samples: usize) -> Duration {
        MediaTime::of_sample(samples as u64, self).since_start()
    }

    /// How many whole samples fit into `length`.
    pub fn samples_in(self, length: Duration) -> usize {
        (length.as_nanos() * u128::from(self.hertz()) / 1_000_000_000) as usize
    }
}

/// A place on the audio timeline, counted from the first sample that the source captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(Duration);

impl MediaTime {
    pub const ZERO: MediaTime = MediaTime(Duration::ZERO);

    pub const fn new(since_first_sample: Duration) -> MediaTime {
        MediaTime(since_first_sample)
    }

    /// The place of sample number `index` (from 0) of a stream at `rate`.
    pub fn of_sample(index: u64, rate: SampleRate) -> MediaTime {
        let per_second = u64::from(rate.hertz());
        let whole = Duration::from_secs(index / per_second);
        MediaTime(whole + Duration::from_nanos(index % per_second * 1_000_000_000 / per_second))
    }

    pub const fn since_start(self) -> Duration {
        self.0
    }

    pub fn as_secs_f64(self) -> f64 {
        self.0.as_secs_f64()
    }

    /// How far this place lies behind `earlier`; zero where it lies before it.
    pub fn since(self, earlier: MediaTime) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for MediaTime {
    type Output = MediaTime;
    fn add(self, length: Duration) -> MediaTime {
        MediaTime(self.0 + length)
    }
}

/// Goes back along the timeline, at most to its beginning.
impl Sub<Duration> for MediaTime {
    type Output = MediaTime;
    fn sub(self, length: Duration) -> MediaTime {
        MediaTime(self.0.saturating_sub(length))
    }
}

/// A stretch of the audio timeline; by construction it cannot end before it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaSpan {
    pub start: MediaTime,
    pub length: Duration,
}

impl MediaSpan {
    /// From `start` to `end`, empty where `end` lies before `start`.
    pub fn between(start: MediaTime, end: MediaTime) -> MediaSpan {
        MediaSpan { start, length: end.since(start) }
    }

    pub fn end(self) -> MediaTime {
        self.start + self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_sample_keeps_its_place_to_the_nanosecond(index in 0u64..10_000_000_000, hertz in 1u32..400_000) {
            let rate = SampleRate::new(hertz).unwrap();
            let exact = u128::from(index) * 1_000_000_000 / u128::from(hertz);
            prop_assert_eq!(MediaTime::of_sample(index, rate).since_start().as_nanos(), exact);
        }

        #[test]
        fn a_span_never_ends_before_it_starts(a in 0u64..1_000_000, b in 0u64..1_000_000) {
            let (a, b) = (MediaTime::new(Duration::from_millis(a)), MediaTime::new(Duration::from_millis(b)));
            prop_assert!(MediaSpan::between(a, b).end() >= a);
        }
    }
}
