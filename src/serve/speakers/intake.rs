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
