//! Where captured sound stands on the audio timeline: counted in samples, moved on by the clock only where a stream broke.
use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::message::{AudioFrame, MediaTime, SampleRate, Trace, Why};

/// Outlives every stream of its microphone. Nothing it places lies before what it has placed.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    course: Option<Course>,
    broken: bool,
}

/// An unbroken run of samples.
#[derive(Clone, Copy, Debug)]
struct Course {
    anchor: MediaTime,
    rate: SampleRate,
    counted: u64,
    /// When the newest sample was captured.
    captured: Instant,
}

impl Timeline {
    /// What comes next is of another stream, or the device has lost sound: only the clock knows how much is missing.
    pub(super) fn break_off(&mut self) {
        self.broken = true;
    }

    /// `lost` samples were given up: exactly so much is missing.
    pub(super) fn skip(&mut self, lost: u64) {
        if let Some(course) = &mut self.course {
            course.counted += lost;
        }
    }

    /// Cuts sound, the newest of it captured at `captured`, into frames of at most `longest`. `hole`: why sound before it is missing, where
    /// it is. The very first sound stands at the beginning, with no hole.
    pub(super) fn place(
        &mut self,
        samples: &[f32],
        rate: SampleRate,
        captured: Instant,
        longest: Duration,
        hole: Option<Why>,
    ) -> Vec<AudioFrame> {
        let mut hole =
            if self.broken { Some(Why::Device) } else { hole }.filter(|_| self.course.is_some());
        self.broken = false;
        let mut course = self.course_of(samples.len(), rate, captured, hole);
        let mut frames = Vec::new();
        let mut left = samples.len();
        // Of one length, so that no sliver of a frame is left at the end.
        let count = samples.len().div_ceil(rate.samples_in(longest).max(1)).max(1);
        for piece in samples.chunks(samples.len().div_ceil(count).max(1)) {
            left -= piece.len();
            let newest = captured.checked_sub(rate.duration_of(left)).unwrap_or(captured);
            // A clock estimate may waver; what a viewer sees of it may not.
            course.captured = course.captured.max(newest);
            frames.push(AudioFrame {
                start: course.end(),
                rate,
                samples: Arc::from(piece),
                hole: hole.take(),
                trace: Trace::starting(course.captured),
            });
            course.counted += piece.len() as u64;
        }
        self.course = Some(course);
        frames
    }

    fn course_of(
        &self,
        samples: usize,
        rate: SampleRate,
        captured: Instant,
        hole: Option<Why>,
    ) -> Course {
        let oldest = captured.checked_sub(rate.duration_of(samples)).unwrap_or(captured);
        match self.course {
            None => Course { anchor: MediaTime::ZERO, rate, counted: 0, captured: oldest },
            Some(course) if hole == Some(Why::Device) || course.rate != rate => Course {
                anchor: course.end() + oldest.saturating_duration_since(course.captured),
                rate,
                counted: 0,
                ..course
            },
            Some(course) => course,
        }
    }
}

impl Course {
    fn end(&self) -> MediaTime {
        self.anchor + MediaTime::of_sample(self.counted, self.rate).since_start()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: SampleRate = SampleRate::new(1_000).unwrap();
    const LONGEST: Duration = Duration::from_millis(20);

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn samples_are_counted_and_the_clock_is_not_asked_while_the_stream_holds() {
        let mut timeline = Timeline::default();
        let now = Instant::now() + ms(1_000);
        let first = timeline.place(&[0.0; 30], RATE, now, LONGEST, None);
        assert_eq!(first.iter().map(|it| it.samples.len()).collect::<Vec<_>>(), [15, 15]);
        assert_eq!(first[0].trace.captured(), now - ms(15));
        assert_eq!(first[1].start, MediaTime::new(ms(15)));
        let late = timeline.place(&[0.0; 10], RATE, now + ms(900), LONGEST, None);
        assert_eq!((late[0].start, late[0].hole), (MediaTime::new(ms(30)), None));
    }

    #[test]
    fn what_was_given_up_is_missing_to_the_sample_and_what_the_clock_lost_to_its_reading() {
        let mut timeline = Timeline::default();
        let now = Instant::now() + ms(1_000);
        timeline.place(&[0.0; 10], RATE, now, LONGEST, None);
        timeline.skip(7);
        let after = timeline.place(&[0.0; 10], RATE, now + ms(17), LONGEST, Some(Why::Overload));
        assert_eq!((after[0].start, after[0].hole), (MediaTime::new(ms(17)), Some(Why::Overload)));
        timeline.break_off();
        let again = timeline.place(&[0.0; 30], RATE, now + ms(517), LONGEST, None);
        assert_eq!((again[0].start, again[0].hole), (MediaTime::new(ms(497)), Some(Why::Device)));
        assert_eq!((again[1].start, again[1].hole), (MediaTime::new(ms(512)), None));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Sound { samples: usize, rate: u32, waver: u64, after: u64 },
        Skip(u64),
        Break,
    }

    proptest! {
        #[test]
        fn nothing_goes_back_and_every_jump_says_why(steps in prop::collection::vec(prop_oneof![
            4 => (1usize..100, prop::sample::select(vec![8_000u32, 44_100, 48_000]), 0u64..300, 0u64..100)
                .prop_map(|(samples, rate, waver, after)| Step::Sound { samples, rate, waver, after }),
            1 => (1u64..500).prop_map(Step::Skip),
            1 => Just(Step::Break),
        ], 1..80)) {
            let mut timeline = Timeline::default();
            let mut clock = Instant::now() + ms(10_000);
            let (mut end, mut captured, mut hole, mut rate_before) = (MediaTime::ZERO, None, None, None);
            for step in steps {
                match step {
                    Step::Skip(lost) => { timeline.skip(lost); hole = Some(Why::Overload) }
                    Step::Break => timeline.break_off(),
                    Step::Sound { samples, rate, waver, after } => {
                        clock += ms(after);
                        let rate = SampleRate::new(rate).unwrap();
                        if rate_before.replace(rate).is_some_and(|before| before != rate) { timeline.break_off() }
                        for frame in timeline.place(&vec![0.0; samples], rate, clock - ms(waver), ms(1), hole.take()) {
                            prop_assert!(frame.start >= end);
                            prop_assert!(frame.hole.is_some() || frame.start.since(end) < ms(1));
                            prop_assert!(Some(frame.trace.captured()) >= captured);
                            end = frame.start + frame.duration();
                            captured = Some(frame.trace.captured());
                        }
                    }
                }
            }
        }
    }
}
