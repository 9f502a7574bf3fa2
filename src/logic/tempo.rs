//! Whether a live source gives as much sound as time passes: where it does not, its rate or its channels are not what they are said to be.
use std::time::Duration;

use tokio::time::Instant;

/// What is judged at once. Sound that comes in bursts, as that of HLS does, is off in some of these and not in others.
const SPAN: Duration = Duration::from_secs(2);
/// So many of them, one behind the other, make it clear: 10 s.
const SPANS: u32 = 5;
/// Seconds of sound in a second: further off than this is wrong. Rates that are mistaken for each other lie at least 8 % apart, those that
/// spoil what is heard more than 30 %; a clock of a sound card is off by less than 0.1 %.
const MOST: f64 = 1.25;
const LEAST: f64 = 0.8;

/// Takes note of when sound comes.
#[derive(Clone, Debug, Default)]
pub struct Tempo {
    since: Option<Instant>,
    sound: Duration,
    /// How long it was waited for. Whoever never waits is held up by those that listen, and is not live.
    idle: Duration,
    /// Spans in a row that were too fast, or too slow, and the sound of them.
    off: u32,
    fast: bool,
    heard: Duration,
    passed: Duration,
}

/// What is told at the end of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    /// As much sound as time.
    Right,
    /// So many seconds of sound in a second, for 10 s.
    Wrong(f64),
}

impl Tempo {
    /// So long it was waited for sound.
    pub fn idled(&mut self, for_so_long: Duration) {
        self.idle += for_so_long;
    }

    /// So much sound has come, the newest of it at `now`.
    pub fn hears(&mut self, sound: Duration, now: Instant) -> Option<Heard> {
        let Some(since) = self.since else {
            // What comes first may have been gathered for long.
            self.begin(now);
            return None;
        };
        self.sound += sound;
        let passed = now.saturating_duration_since(since);
        if passed < SPAN {
            return None;
        }
        let told = self.judge(passed);
        self.begin(now);
        told
    }

    fn begin(&mut self, now: Instant) {
        (self.since, self.sound, self.idle) = (Some(now), Duration::ZERO, Duration::ZERO);
    }

    fn judge(&mut self, passed: Duration) -> Option<Heard> {
        let was_held_up = self.idle * 2 < passed;
        // It was interrupted.
        let had_a_rest = passed > SPAN * 2;
        if was_held_up || had_a_rest {
            self.off = 0;
            return None;
        }
        let rate = self.sound.as_secs_f64() / passed.as_secs_f64();
        if (LEAST..=MOST).contains(&rate) {
            self.off = 0;
            return Some(Heard::Right);
        }
        let fast = rate > MOST;
        if self.off == 0 || fast != self.fast {
            (self.off, self.heard, self.passed) = (0, Duration::ZERO, Duration::ZERO);
        }
        self.fast = fast;
        self.off += 1;
        self.heard += self.sound;
        self.passed += passed;
        if self.off < SPANS {
            return None;
        }
        self.off = 0;
        Some(Heard::Wrong(self.heard.as_secs_f64() / self.passed.as_secs_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Duration = Duration::from_millis(100);

    /// What is told in so many seconds, where each 100 ms bring `sound` and are waited for for `idle`.
    fn told(seconds: u32, sound: impl Fn(u32) -> Duration, idle: Duration) -> Vec<Heard> {
        let mut tempo = Tempo::default();
        let begun = Instant::now();
        let step = |nth: u32| {
            tempo.idled(idle);
            tempo.hears(sound(nth), begun + BLOCK * nth)
        };
        (0..=seconds * 10).filter_map(step).collect()
    }

    #[test]
    fn a_rate_that_is_wrong_is_told_after_ten_seconds_and_as_it_is() {
        for (factor, expected) in [(6.0, 6.0), (0.5, 0.5), (1.3, 1.3)] {
            let told = told(25, |_| BLOCK.mul_f64(factor), BLOCK);
            assert_eq!(told.len(), 2, "{told:?}");
            let Heard::Wrong(rate) = told[0] else { panic!("{told:?}") };
            assert!((rate - expected).abs() < 0.05, "{rate}");
        }
    }

    #[test]
    fn what_comes_at_its_own_pace_is_right_whatever_was_gathered_before() {
        let gathered = |nth| if nth == 0 { Duration::from_secs(30) } else { BLOCK };
        assert!(told(60, gathered, BLOCK).iter().all(|it| *it == Heard::Right));
        // 48 000 Hz taken for 44 100 are too near to be told by the clock.
        assert!(
            told(60, |_| BLOCK.mul_f64(48.0 / 44.1), BLOCK).iter().all(|it| *it == Heard::Right)
        );
    }

    #[test]
    fn sound_in_bursts_and_sound_that_is_held_up_are_not_judged() {
        // Six seconds at once, as the segments of HLS come.
        let bursts = |nth| if nth % 60 == 0 { Duration::from_secs(6) } else { Duration::ZERO };
        let told_of = told(60, bursts, BLOCK);
        assert!(told_of.iter().all(|it| *it == Heard::Right), "{told_of:?}");
        // A file in a pipe is never waited for.
        assert_eq!(told(60, |_| BLOCK * 8, BLOCK / 3), []);
    }
}
