//! One speaker's side of the protocol: the ring, what is resumed, what is lost. It has no clock, no socket and no sound of its own.
use std::{collections::VecDeque, time::Duration};

use super::{
    clock::Offset,
    pack::Packed,
    ring::{Before, Kept, Ring},
};
use crate::wire::{FromSpeaker, IngestFormat, IngestWelcome, SoundHead, ToSpeaker};

/// How often the clock is asked for: in the beginning, and later.
const CLOCK_FIRST_MS: f64 = 250.0;
const CLOCK_MS: f64 = 2_000.0;
const CLOCK_FIRST: u32 = 5;
/// A server that answers nothing for so long is gone, in ms.
const SILENT_MS: f64 = 8_000.0;

/// What goes onto the line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    Text(FromSpeaker),
    Sound(Vec<u8>),
}

/// All times are in ms of the client's clock.
pub(super) struct Session {
    format: IngestFormat,
    ring: Ring,
    offset: Offset,
    is_live: bool,
    welcome: Option<IngestWelcome>,
    /// To be said before any sound.
    words: VecDeque<FromSpeaker>,
    /// Numbers of messages and samples, over all sessions.
    number: u64,
    sample: u64,
    /// The numbers with which the present session began.
    base: (u64, u64),
    /// The next one to send.
    cursor: u64,
    /// What is to be said before the next sound.
    before: Before,
    /// What of the sound at the cursor's `before` was said already.
    prefaced: Option<u64>,
    is_paused: bool,
    /// What the server believes.
    told_paused: bool,
    heard: f64,
    asked: f64,
    clocks: u32,
    /// Samples that did not reach the server.
    lost: u64,
    /// Samples that gave way since the connection was cut: some of them may have arrived.
    gone: u64,
    /// What the server gave up, in ms: in sessions before, and in this one.
    dropped: (u64, u64),
}

impl Session {
    pub(super) fn new(format: IngestFormat) -> Session {
        Session {
            format,
            ring: Ring::new(u64::MAX),
            offset: Offset::default(),
            is_live: false,
            welcome: None,
            words: VecDeque::new(),
            number: 0,
            sample: 0,
            base: (0, 0),
            cursor: 0,
            before: Before::default(),
            prefaced: None,
            is_paused: false,
            told_paused: false,
            heard: 0.0,
            asked: 0.0,
            clocks: 0,
            lost: 0,
            gone: 0,
            dropped: (0, 0),
        }
    }

    pub(super) fn secret(&self) -> Option<String> {
        self.welcome.as_ref().map(|it| it.session.clone())
    }

    pub(super) fn is_live(&self) -> bool {
        self.is_live
    }

    /// The connection is gone.
    pub(super) fn cut(&mut self) {
        self.is_live = false;
        self.words.clear();
    }

    pub(super) fn welcomed(&mut self, welcome: IngestWelcome, now: f64) {
        let oldest = self.ring.oldest().map(|it| (it.number, it.first));
        if welcome.resumed {
            let next = self.base.0 + u64::from(welcome.next_sequence);
            self.ring.drop_before(next);
            self.cursor = self.ring.oldest().map_or(next, |it| it.number.max(next));
            if let Some(kept) = self.ring.oldest().filter(|it| it.number > next) {
                // What lies between is missing, but for what was never captured, which is counted already.
                let between = kept.first.saturating_sub(self.base.1 + welcome.next_sample);
                self.lost += self.gone.min(between);
            }
        } else {
            self.lost += self.gone;
            self.base = oldest.unwrap_or((self.number, self.sample));
            self.cursor = self.base.0;
            // What was missing before it was missing in another session.
            if let Some(oldest) = self.ring.oldest_mut() {
                oldest.before = Before::default();
            }
            self.told_paused = false;
            self.offset.clear();
            self.dropped = (self.dropped.0 + self.dropped.1, 0);
        }
        // A little less than the server allows: its clock may be faster.
        self.ring.most = self.samples(welcome.ring_ms as f64 * 0.95);
        self.prefaced = None;
        self.is_live = true;
        self.welcome = Some(welcome);
        (self.gone, self.clocks, self.heard) = (0, 0, now);
        self.ask_clock(now);
    }

    pub(super) fn heard(&mut self, message: &ToSpeaker, now: f64) {
        self.heard = now;
        match message {
            ToSpeaker::Ack(ack) => {
                self.ring.drop_before(self.base.0 + u64::from(ack.next_sequence));
                self.dropped.1 = ack.dropped_ms;
            }
            ToSpeaker::Clock { client_ms, server_ms } => {
                self.offset.exchanged(*client_ms, now, *server_ms);
                if let Some((ms, error_ms)) = self.offset.best(now) {
                    self.say(FromSpeaker::Offset { ms, error_ms });
                }
            }
            ToSpeaker::Renamed { .. } | ToSpeaker::Welcome(_) | ToSpeaker::Refused { .. } => (),
        }
    }

    /// Some sound, or what is missing of it. `captured`: `None` where it counts as captured when it is sent.
    pub(super) fn take(&mut self, packed: Packed, captured: Option<f64>) {
        match packed {
            Packed::Missing { samples, why } => {
                self.sample += samples;
                self.lost += samples;
                let before = self.before.lost.map_or(0, |it| it.0);
                self.before.lost = Some((before + samples, why));
            }
            Packed::Sound { samples, peak, payload, .. } => {
                if std::mem::take(&mut self.is_paused) {
                    self.before.paused = true;
                }
                let gone = self.ring.push(Kept {
                    number: self.number,
                    first: self.sample,
                    samples,
                    captured_ms: captured,
                    clipped: Packed::is_clipped(peak),
                    payload,
                    before: std::mem::take(&mut self.before),
                });
                self.number += 1;
                self.sample += samples;
                for kept in gone {
                    if !self.is_live {
                        self.gone += kept.samples;
                    } else if kept.number >= self.cursor {
                        self.lost += kept.samples;
                    }
                }
            }
        }
    }

    /// Nothing follows for now, and nothing is missing then.
    pub(super) fn pause(&mut self) {
        self.is_paused = true;
    }

    /// How loud it is, for operators; at most twice a second.
    pub(super) fn level(&mut self, peak: f32, clipped: u64) {
        if self.is_live && self.words.is_empty() {
            let peak_db = (20.0 * peak.max(1e-6).log10()).round();
            self.say(FromSpeaker::Level { peak_db, clipped });
        }
    }

    /// False where the server has fallen silent.
    pub(super) fn tick(&mut self, now: f64) -> bool {
        if !self.is_live {
            return true;
        }
        let due = if self.clocks < CLOCK_FIRST { CLOCK_FIRST_MS } else { CLOCK_MS };
        if now - self.asked >= due {
            self.ask_clock(now);
        }
        now - self.heard <= SILENT_MS
    }

    pub(super) fn has_more(&self) -> bool {
        self.is_live && (!self.words.is_empty() || self.due().is_some() || self.owes_pause())
    }

    /// The next message for the line.
    pub(super) fn next(&mut self, now: f64) -> Option<Message> {
        if !self.is_live {
            return None;
        }
        if let Some(said) = self.words.pop_front() {
            return Some(Message::Text(said));
        }
        let Some(kept) = self.due().cloned() else {
            if !self.owes_pause() {
                return None;
            }
            self.told_paused = true;
            return Some(Message::Text(FromSpeaker::Mute { muted: true }));
        };
        self.cursor = kept.number;
        if self.prefaced != Some(kept.number) {
            self.prefaced = Some(kept.number);
            let Before { lost, paused } = kept.before;
            // A pause that the server has not heard of would be a gap.
            if paused && !self.told_paused {
                self.say(FromSpeaker::Mute { muted: true });
            }
            if paused || self.told_paused {
                self.say(FromSpeaker::Mute { muted: false });
            }
            self.told_paused = false;
            if let Some((samples, why)) = lost {
                self.say(FromSpeaker::Gap { samples, why });
            }
            if let Some(said) = self.words.pop_front() {
                return Some(Message::Text(said));
            }
        }
        self.cursor += 1;
        let head = SoundHead {
            clipped: kept.clipped,
            sequence: u32::try_from(kept.number - self.base.0).unwrap_or(u32::MAX),
            first_sample: kept.first - self.base.1,
            captured_ms: kept.captured_ms.unwrap_or(now),
        };
        Some(Message::Sound(head.write(&kept.payload)))
    }

    /// Whether the server has acknowledged all.
    pub(super) fn is_done(&self) -> bool {
        self.ring.samples() == 0
    }

    /// Sound that did not reach the pipeline, by whatever cause.
    pub(super) fn lost(&self) -> Duration {
        let samples = self.length(self.lost + self.gone);
        samples + Duration::from_millis(self.dropped.0 + self.dropped.1)
    }

    /// Sound that the server has not acknowledged.
    pub(super) fn unsent(&self) -> Duration {
        self.length(self.ring.samples())
    }

    /// The error with which the server's clock is known, in ms.
    pub(super) fn clock_error(&self, now: f64) -> Option<f64> {
        self.offset.best(now).map(|it| it.1)
    }

    fn due(&self) -> Option<&Kept> {
        let oldest = self.ring.oldest()?;
        self.ring.at(self.cursor.max(oldest.number))
    }

    fn owes_pause(&self) -> bool {
        self.is_paused && !self.told_paused && self.due().is_none()
    }

    fn ask_clock(&mut self, now: f64) {
        (self.asked, self.clocks) = (now, self.clocks + 1);
        self.say(FromSpeaker::Clock { client_ms: now });
    }

    fn say(&mut self, message: FromSpeaker) {
        self.words.push_back(message);
    }

    fn samples(&self, ms: f64) -> u64 {
        (ms * f64::from(self.format.rate) / 1000.0) as u64
    }

    fn length(&self, samples: u64) -> Duration {
        Duration::from_secs_f64(samples as f64 / f64::from(self.format.rate))
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
