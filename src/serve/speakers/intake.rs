//! Where the sound of one session belongs: its sequence, its place on the timeline, its capture time, and what is refused. Pure.
use std::time::Duration;

use crate::{
    logic::{client_clock::ClientClock, pace::Pace},
    message::{MediaTime, SampleRate, Why},
    serve::speakers::queue::LEAST,
    wire::{IngestFormat, RefusalCode, SoundHead},
};

/// How far the sound may lag behind the clock before something must be missing that the client has not numbered.
const UNNUMBERED: Duration = Duration::from_secs(1);
/// Clocks of sound cards differ from ours by no more than one part in this many.
const DRIFT: u32 = 50;
/// Text messages that may come at once, and how often others may follow.
const TEXTS: u32 = 50;
const TEXT_EVERY: Duration = Duration::from_millis(50);

/// All times are lengths since the server's clock began.
#[derive(Debug)]
pub(super) struct Intake {
    format: IngestFormat,
    rate: SampleRate,
    ring: Duration,
    pub(super) next_sequence: u32,
    pub(super) next_sample: u64,
    /// The last sequence number of this connection.
    last_here: Option<u32>,
    anchor: Option<Anchor>,
    /// The end of the sound so far, of sessions before too.
    end: Duration,
    /// Why sound is missing before the next one, where that is known.
    missing: Option<Why>,
    clock: ClientClock,
    pace: Pace,
    texts: Pace,
}

/// A sample whose place on the timeline is known.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    sample: u64,
    at: Duration,
    arrived: Duration,
}

/// What became of a message of sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Taken {
    /// It came before.
    Again,
    Sound {
        start: MediaTime,
        length: Duration,
        hole: Option<Why>,
        captured: Duration,
    },
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl Intake {
    /// `end`: where the sound of the place has ended so far, and `missing`: why there is none behind it.
    pub(super) fn new(
        format: IngestFormat,
        ring: Duration,
        (end, missing): (Duration, Why),
        now: Duration,
    ) -> Intake {
        Intake {
            format,
            rate: SampleRate::new(format.rate).unwrap_or(SampleRate::SPEECH),
            ring,
            next_sequence: 0,
            next_sample: 0,
            last_here: None,
            anchor: None,
            end,
            missing: Some(missing),
            clock: ClientClock::default(),
            pace: Pace::new(2 * ring, now),
            texts: Pace::new(TEXTS * TEXT_EVERY, now),
        }
    }

    pub(super) fn format(&self) -> IngestFormat {
        self.format
    }

    /// A connection begins, the first or one that resumes.
    pub(super) fn connected(&mut self, client_ms: f64, now: Duration) {
        self.last_here = None;
        self.clock.begin(client_ms, ms(now));
        // Only sound that is missing in the numbers too will be told.
        self.missing = self.missing.or(Some(Why::Network));
    }

    /// Whether another text message may come now.
    pub(super) fn text(&mut self, now: Duration) -> bool {
        self.texts.take(TEXT_EVERY, now)
    }

    pub(super) fn clock(&mut self, client_ms: f64, now: Duration) {
        self.clock.seen(client_ms, ms(now));
    }

    pub(super) fn offset(&mut self, offset_ms: f64, error_ms: f64) {
        self.clock.tell(offset_ms, error_ms);
    }

    pub(super) fn clock_jumps(&self) -> u64 {
        self.clock.jumps()
    }

    /// What comes next follows a pause that is no loss.
    pub(super) fn muted(&mut self) {
        self.anchor = None;
        self.missing = Some(Why::Muted);
    }

    pub(super) fn missing(&mut self, why: Why) {
        self.missing = Some(why);
    }

    /// Where the sound ends so far.
    pub(super) fn end(&self) -> Duration {
        self.end
    }

    /// `samples`: how many the message holds.
    pub(super) fn sound(
        &mut self,
        head: &SoundHead,
        samples: u64,
        now: Duration,
    ) -> Result<Taken, RefusalCode> {
        let length = self.length(samples);
        if !self.pace.take(length.max(LEAST), now) {
            return Err(RefusalCode::TooFast);
        }
        if self.last_here.is_some_and(|last| head.sequence <= last) {
            return Err(RefusalCode::Sequence);
        }
        self.last_here = Some(head.sequence);
        if head.sequence < self.next_sequence {
            return Ok(Taken::Again);
        }
        let after = head.first_sample.checked_add(samples).ok_or(RefusalCode::Sequence)?;
        let next_sequence = head.sequence.checked_add(1).ok_or(RefusalCode::Sequence)?;
        if head.first_sample < self.next_sample {
            return Err(RefusalCode::Sequence);
        }
        let ahead = |anchor: Anchor| {
            let passed = now.saturating_sub(anchor.arrived);
            self.length(after - anchor.sample) > passed + passed / DRIFT + self.ring
        };
        if self.anchor.is_some_and(ahead) {
            return Err(RefusalCode::TooFast);
        }
        let position = ms(self.length(after));
        let captured = self.clock.captured(head.captured_ms, position, ms(now));
        let captured = Duration::from_secs_f64(captured.max(0.0) / 1000.0).min(now);
        let begun = captured.saturating_sub(length).max(self.end);
        let numbered = self.anchor.map(|it| it.at + self.length(head.first_sample - it.sample));
        let (start, is_new) = match numbered {
            Some(start) if begun.saturating_sub(start) <= UNNUMBERED => (start, false),
            // The client did not number what it lost, as a page that slept.
            Some(_) => {
                self.missing = self.missing.or(Some(Why::Device));
                (begun, true)
            }
            None => (begun, true),
        };
        if is_new {
            self.anchor = Some(Anchor { sample: head.first_sample, at: start, arrived: now });
        }
        let is_missing = start > self.end && (is_new || head.first_sample > self.next_sample);
        let hole = is_missing.then(|| self.missing.unwrap_or(Why::Network));
        self.missing = None;
        (self.next_sequence, self.next_sample) = (next_sequence, after);
        self.end = start + length;
        Ok(Taken::Sound { start: MediaTime::new(start), length, hole, captured })
    }

    fn length(&self, samples: u64) -> Duration {
        MediaTime::of_sample(samples, self.rate).since_start()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Codec;
    use proptest::prelude::*;

    const RATE: u32 = 16_000;
    const RING: Duration = Duration::from_secs(10);

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn intake(end: Duration, missing: Why) -> Intake {
        let format = IngestFormat { codec: Codec::PcmS16le, rate: RATE };
        let mut intake = Intake::new(format, RING, (end, missing), at(1000));
        intake.connected(0.0, at(1000));
        intake
    }

    fn head(sequence: u32, first_sample: u64, captured_ms: f64) -> SoundHead {
        SoundHead { clipped: false, sequence, first_sample, captured_ms }
    }

    /// Block `n` of 20 ms, whose client began its clock at 1000 ms of the server's.
    fn block(intake: &mut Intake, n: u32, now: u64) -> Result<Taken, RefusalCode> {
        intake.sound(&head(n, u64::from(n) * 320, f64::from(n + 1) * 20.0), 320, at(now))
    }

    fn start(taken: Result<Taken, RefusalCode>) -> (u128, Option<Why>) {
        match taken {
            Ok(Taken::Sound { start, hole, .. }) => (start.since_start().as_millis(), hole),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_sound_stands_where_the_clock_was_and_the_rest_by_its_numbers() {
        let mut intake = intake(at(0), Why::Muted);
        assert_eq!(start(block(&mut intake, 0, 1020)), (1000, Some(Why::Muted)));
        assert_eq!(start(block(&mut intake, 1, 1070)), (1020, None));
        assert_eq!(start(block(&mut intake, 5, 1120)), (1100, Some(Why::Network)));
        assert_eq!(
            start(block(&mut self::intake(at(500), Why::Network), 0, 1020)).1,
            Some(Why::Network)
        );
        // Sound of a session before is never told again.
        assert_eq!(start(block(&mut self::intake(at(1010), Why::Muted), 0, 1020)), (1010, None));
    }

    #[test]
    fn a_page_that_slept_without_counting_has_a_gap_of_that_length() {
        let mut intake = intake(at(0), Why::Muted);
        start(block(&mut intake, 0, 1020));
        let late = intake.sound(&head(1, 320, 30_040.0), 320, at(31_040));
        assert_eq!(start(late), (31_020, Some(Why::Device)));
        let next = intake.sound(&head(2, 640, 30_060.0), 320, at(31_060));
        assert_eq!(start(next), (31_040, None));
    }

    #[test]
    fn a_mute_is_no_loss_whether_samples_are_counted_or_not() {
        for first_sample in [320, 320 + 5 * u64::from(RATE)] {
            let mut intake = intake(at(0), Why::Muted);
            start(block(&mut intake, 0, 1020));
            intake.muted();
            let next = intake.sound(&head(1, first_sample, 5_040.0), 320, at(6_040));
            assert_eq!(start(next), (6_020, Some(Why::Muted)), "{first_sample}");
        }
    }

    proptest! {
        /// Whatever is sent: no panic, and what is taken never goes back, overlaps, comes from the future or lies far ahead.
        #[test]
        fn what_is_taken_is_in_order_and_in_time(
            messages in prop::collection::vec(
                (0u32..40, 0u64..30_000, prop_oneof![any::<f64>(), 0.0..5_000.0], 1u64..1920, 0u64..500, 0u8..8), 1..200
            )
        ) {
            let mut intake = intake(at(0), Why::Muted);
            let (mut now, mut end, mut sequence) = (1000, Duration::ZERO, None);
            for (number, sample, captured_ms, samples, later, what) in messages {
                now += later;
                match what {
                    0 => intake.muted(),
                    1 => intake.connected(captured_ms.clamp(-1e12, 1e12), at(now)),
                    2 => intake.offset(captured_ms, 1.0),
                    _ if !captured_ms.is_finite() => (),
                    _ => if let Ok(Taken::Sound { start, length, hole, captured }) =
                        intake.sound(&head(number, sample, captured_ms), samples, at(now))
                    {
                        let start = start.since_start();
                        prop_assert!(start >= end && captured <= at(now));
                        prop_assert!(start == end || hole.is_some());
                        prop_assert!(sequence.is_none_or(|it| number > it));
                        prop_assert!(start + length <= at(now) + at(now) / DRIFT + 2 * RING);
                        (end, sequence) = (start + length, Some(number));
                        prop_assert_eq!(intake.end(), end);
                    },
                }
            }
        }
    }
}
