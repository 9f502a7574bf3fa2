//! The place of captured audio on the timeline: counted in samples. Only a discontinuity is measured by the clock.
use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::message::{AudioFrame, MediaTime, SampleRate, Trace, Why};

/// The timeline of a microphone, over all its streams. It never goes back.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    run: Option<SampleRun>,
    is_discontinuous: bool,
}

/// A run of samples without a gap.
#[derive(Clone, Copy, Debug)]
struct SampleRun {
    anchor: MediaTime,
    rate: SampleRate,
    counted: u64,
    /// When the newest sample was captured.
    captured: Instant,
}

impl Timeline {
    /// The next audio comes from another stream, or the device lost audio: only the clock shows how much is missing.
    pub(super) fn mark_discontinuity(&mut self) {
        self.is_discontinuous = true;
    }

    /// `lost` samples were dropped: exactly this much is missing.
    pub(super) fn skip(&mut self, lost: u64) {
        if let Some(run) = &mut self.run {
            run.counted += lost;
        }
    }

    /// Cuts audio, whose newest sample was captured at `captured`, into frames of at most `longest`. `hole`: why audio before
    /// it is missing. The very first audio starts the timeline, without a gap.
    pub(super) fn place(
        &mut self,
        samples: &[f32],
        rate: SampleRate,
        captured: Instant,
        longest: Duration,
        hole: Option<Why>,
    ) -> Vec<AudioFrame> {
        let mut hole = if self.is_discontinuous { Some(Why::Device) } else { hole }
            .filter(|_| self.run.is_some());
        self.is_discontinuous = false;
        let mut run = self.run_for(samples.len(), rate, captured, hole);
        let mut frames = Vec::new();
        let mut left = samples.len();
        // The frames have one length, so that no very short one is left at the end.
        let count = samples.len().div_ceil(rate.samples_in(longest).max(1)).max(1);
        for piece in samples.chunks(samples.len().div_ceil(count).max(1)) {
            left -= piece.len();
            let newest = captured.checked_sub(rate.duration_of(left)).unwrap_or(captured);
            // Estimates of the capture time vary. The times of frames never go back.
            run.captured = run.captured.max(newest);
            frames.push(AudioFrame {
                start: run.end(),
                rate,
                samples: Arc::from(piece),
                hole: hole.take(),
                speaker: None,
                trace: Trace::starting(run.captured),
            });
            run.counted += piece.len() as u64;
        }
        self.run = Some(run);
        frames
    }

    fn run_for(
        &self,
        samples: usize,
        rate: SampleRate,
        captured: Instant,
        hole: Option<Why>,
    ) -> SampleRun {
        let oldest = captured.checked_sub(rate.duration_of(samples)).unwrap_or(captured);
        match self.run {
            None => SampleRun { anchor: MediaTime::ZERO, rate, counted: 0, captured: oldest },
            Some(run) if hole == Some(Why::Device) || run.rate != rate => SampleRun {
                anchor: run.end() + oldest.saturating_duration_since(run.captured),
                rate,
                counted: 0,
                ..run
            },
            Some(run) => run,
        }
    }
}

impl SampleRun {
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
    fn frames_of_an_unbroken_stream_are_placed_by_sample_count() {
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
    fn dropped_samples_and_time_without_a_stream_are_gaps_of_the_right_length() {
        let mut timeline = Timeline::default();
        let now = Instant::now() + ms(1_000);
        timeline.place(&[0.0; 10], RATE, now, LONGEST, None);
        timeline.skip(7);
        let after = timeline.place(&[0.0; 10], RATE, now + ms(17), LONGEST, Some(Why::Overload));
        assert_eq!((after[0].start, after[0].hole), (MediaTime::new(ms(17)), Some(Why::Overload)));
        timeline.mark_discontinuity();
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
        fn time_never_goes_back_and_every_jump_has_a_reason(steps in prop::collection::vec(prop_oneof![
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
                    Step::Break => timeline.mark_discontinuity(),
                    Step::Sound { samples, rate, waver, after } => {
                        clock += ms(after);
                        let rate = SampleRate::new(rate).unwrap();
                        if rate_before.replace(rate).is_some_and(|before| before != rate) { timeline.mark_discontinuity() }
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
