//! Whether a live source gives as much audio as time passes. If not, its rate or its channels are not what they are said to be.
use std::time::Duration;

use tokio::time::Instant;

/// The length of time that is judged at once. Audio in bursts, as in HLS, is off in some of these spans and not in others.
const SPAN: Duration = Duration::from_secs(2);
/// This many wrong spans in a row, 10 s, make a verdict.
const WRONG_SPANS: u32 = 5;
/// Seconds of audio per second that count as right. Rates that are mistaken for each other differ by at least 8 %, those that
/// spoil recognition by more than 30 %. The clock of a sound card is off by less than 0.1 %.
const MAX_RATE: f64 = 1.25;
const MIN_RATE: f64 = 0.8;

/// Measures how fast audio comes.
#[derive(Clone, Debug, Default)]
pub struct Tempo {
    since: Option<Instant>,
    sound: Duration,
    /// How long the source waited for audio. A source that never waits is held up by its readers, so it is not live.
    idle: Duration,
    /// The wrong spans in a row, whether they were too fast, and their audio and time.
    off: u32,
    fast: bool,
    off_sound: Duration,
    off_time: Duration,
}

/// The verdict at the end of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TempoVerdict {
    /// As much audio as time.
    Right,
    /// Seconds of audio per second, over 10 s.
    Wrong(f64),
}

impl Tempo {
    /// The source waited this long for audio.
    pub fn add_wait(&mut self, waited: Duration) {
        self.idle += waited;
    }

    /// This much audio came, the newest of it at `now`.
    pub fn add(&mut self, sound: Duration, now: Instant) -> Option<TempoVerdict> {
        let Some(since) = self.since else {
            // The first audio may have been gathered for long.
            self.begin(now);
            return None;
        };
        self.sound += sound;
        let passed = now.saturating_duration_since(since);
        if passed < SPAN {
            return None;
        }
        let verdict = self.judge(passed);
        self.begin(now);
        verdict
    }

    fn begin(&mut self, now: Instant) {
        (self.since, self.sound, self.idle) = (Some(now), Duration::ZERO, Duration::ZERO);
    }

    fn judge(&mut self, passed: Duration) -> Option<TempoVerdict> {
        let was_held_up = self.idle * 2 < passed;
        // The source was interrupted.
        let had_a_rest = passed > SPAN * 2;
        if was_held_up || had_a_rest {
            self.off = 0;
            return None;
        }
        let rate = self.sound.as_secs_f64() / passed.as_secs_f64();
        if (MIN_RATE..=MAX_RATE).contains(&rate) {
            self.off = 0;
            return Some(TempoVerdict::Right);
        }
        let fast = rate > MAX_RATE;
        if self.off == 0 || fast != self.fast {
            (self.off, self.off_sound, self.off_time) = (0, Duration::ZERO, Duration::ZERO);
        }
        self.fast = fast;
        self.off += 1;
        self.off_sound += self.sound;
        self.off_time += passed;
        if self.off < WRONG_SPANS {
            return None;
        }
        self.off = 0;
        Some(TempoVerdict::Wrong(self.off_sound.as_secs_f64() / self.off_time.as_secs_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Duration = Duration::from_millis(100);

    /// The verdicts of so many seconds, in which each 100 ms bring `sound` after a wait of `idle`.
    fn verdicts(
        seconds: u32,
        sound: impl Fn(u32) -> Duration,
        idle: Duration,
    ) -> Vec<TempoVerdict> {
        let mut tempo = Tempo::default();
        let begun = Instant::now();
        let step = |nth: u32| {
            tempo.add_wait(idle);
            tempo.add(sound(nth), begun + BLOCK * nth)
        };
        (0..=seconds * 10).filter_map(step).collect()
    }

    #[test]
    fn a_wrong_rate_is_reported_after_ten_seconds() {
        for (factor, expected) in [(6.0, 6.0), (0.5, 0.5), (1.3, 1.3)] {
            let verdicts = verdicts(25, |_| BLOCK.mul_f64(factor), BLOCK);
            assert_eq!(verdicts.len(), 2, "{verdicts:?}");
            let TempoVerdict::Wrong(rate) = verdicts[0] else { panic!("{verdicts:?}") };
            assert!((rate - expected).abs() < 0.05, "{rate}");
        }
    }

    #[test]
    fn audio_in_real_time_is_right_whatever_was_gathered_before() {
        let gathered = |nth| if nth == 0 { Duration::from_secs(30) } else { BLOCK };
        assert!(verdicts(60, gathered, BLOCK).iter().all(|it| *it == TempoVerdict::Right));
        // 48 000 Hz taken for 44 100 Hz are too close to detect.
        assert!(
            verdicts(60, |_| BLOCK.mul_f64(48.0 / 44.1), BLOCK)
                .iter()
                .all(|it| *it == TempoVerdict::Right)
        );
    }

    #[test]
    fn bursts_and_sources_held_up_downstream_are_not_judged() {
        // Six seconds at once, as the segments of HLS come.
        let bursts = |nth| if nth % 60 == 0 { Duration::from_secs(6) } else { Duration::ZERO };
        let of_bursts = verdicts(60, bursts, BLOCK);
        assert!(of_bursts.iter().all(|it| *it == TempoVerdict::Right), "{of_bursts:?}");
        // A source that reads a file from a pipe never waits.
        assert_eq!(verdicts(60, |_| BLOCK * 8, BLOCK / 3), []);
    }
}
