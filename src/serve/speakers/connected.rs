//! A connection's hold on its place: what it says is done under the place's lock, as long as no other connection has taken over.
use std::sync::{Arc, atomic::Ordering::Relaxed};

use tokio::{sync::watch, time::Instant};

use super::{
    intake::Taken,
    place::{PlaceState, SpeakerPlace},
    queue::Sound,
    roster::Speakers,
    session::{Orders, Session, why_ended},
};
use crate::{
    message::{SampleRate, Why},
    wire::{
        FromSpeaker, IngestAck, IngestState, LostBy, NotSound, RefusalCode, SoundHead, samples_in,
    },
};

pub(super) struct Connected {
    pub(super) speakers: Arc<Speakers>,
    pub(super) place: Arc<SpeakerPlace>,
    pub(super) connection: u64,
    pub(super) orders: watch::Receiver<Orders>,
}

/// Why a connection is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Code(RefusalCode),
    NotSound(NotSound),
}

impl Connected {
    /// `None` where the session is not this connection's any more.
    fn with<T>(&self, work: impl FnOnce(&mut PlaceState) -> T) -> Option<T> {
        let mut state = self.place.lock();
        state.session.as_ref().filter(|it| it.connection == self.connection)?;
        Some(work(&mut state))
    }

    fn session<T>(&self, work: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.with(|state| state.session.as_mut().map(work))?
    }

    /// Takes a binary message.
    pub(super) fn take(&self, message: &[u8]) -> Result<(), Fault> {
        let (head, bytes) = SoundHead::read(message).map_err(Fault::NotSound)?;
        let (speakers, now) = (&self.speakers, self.speakers.now());
        let taken = self.with(|state| {
            let PlaceState { queue, session, end, .. } = state;
            let Some(session) = session else { return Ok(()) };
            let format = session.format();
            let samples = samples_in(format.codec, format.rate, bytes).map_err(Fault::NotSound)?;
            let jumps = session.intake.clock_jumps();
            let taken = session.intake.sound(&head, samples, now).map_err(Fault::Code)?;
            let jumped = session.intake.clock_jumps() - jumps;
            speakers.counts.clock_jumps.fetch_add(jumped, Relaxed);
            match taken {
                Taken::Again => {
                    session.repeated += 1;
                    speakers.counts.repeated.fetch_add(1, Relaxed);
                }
                Taken::Sound { start, length, hole, captured } => {
                    session.muted = false;
                    end.0 = session.intake.end();
                    queue.push(Sound {
                        session: session.number,
                        start,
                        rate: SampleRate::new(format.rate).unwrap_or(SampleRate::SPEECH),
                        codec: format.codec,
                        bytes: bytes.into(),
                        length,
                        hole,
                        captured: speakers.epoch + captured,
                    });
                    speakers.counts.messages.fetch_add(1, Relaxed);
                    speakers.counts.bytes.fetch_add(message.len() as u64, Relaxed);
                }
            }
            Ok(())
        });
        self.place.ring();
        taken.unwrap_or(Err(Fault::Code(RefusalCode::Replaced)))
    }

    /// Takes a text message. `Ok(false)`: the client leaves.
    pub(super) fn hear(&self, message: &FromSpeaker) -> Result<bool, Fault> {
        let now = self.speakers.now();
        let heard = self.with(|state| {
            let PlaceState { queue, session, .. } = state;
            let Some(session) = session else { return Ok(true) };
            match *message {
                FromSpeaker::Hello(_) => return Err(Fault::Code(RefusalCode::Protocol)),
                FromSpeaker::Clock { client_ms } => session.intake.clock(client_ms, now),
                FromSpeaker::Offset { ms, error_ms } => session.intake.offset(ms, error_ms),
                FromSpeaker::Mute { muted } => {
                    session.muted = muted;
                    if muted {
                        session.intake.muted();
                        queue.quiet();
                    }
                }
                FromSpeaker::Gap { why, .. } => session.intake.missing(match why {
                    LostBy::Device => Why::Device,
                    LostBy::Network => Why::Network,
                    LostBy::Overload => Why::Overload,
                }),
                FromSpeaker::Level { peak_db, clipped } => {
                    session.peak_db = Some(peak_db.clamp(-120.0, 60.0));
                    session.clipped = clipped;
                }
                FromSpeaker::Bye => return Ok(false),
            }
            Ok(true)
        });
        self.place.ring();
        heard.unwrap_or(Err(Fault::Code(RefusalCode::Replaced)))
    }

    /// Whether another text message may come now.
    pub(super) fn may_text(&self) -> bool {
        let now = self.speakers.now();
        self.session(|it| it.intake.text(now)).unwrap_or(true)
    }

    pub(super) fn ack(&self) -> Option<IngestAck> {
        let state = if self.place.is_paused() {
            IngestState::Paused
        } else if self.place.waits() {
            IngestState::Waiting
        } else {
            IngestState::Ready
        };
        self.with(|place| {
            let session = place.session.as_ref()?;
            let dropped = place.queue.dropped().saturating_sub(session.dropped_before);
            Some(IngestAck {
                next_sequence: session.intake.next_sequence,
                waiting_ms: place.queue.held().as_millis() as u64,
                dropped_ms: dropped.as_millis() as u64,
                state,
            })
        })?
    }

    /// The connection is lost, or the client has left.
    pub(super) fn end(&self, said_bye: bool) {
        self.with(|state| {
            state.queue.quiet();
            let is_muted = state.session.as_ref().is_some_and(|it| it.muted);
            state.end.1 = why_ended(said_bye || is_muted);
            match &mut state.session {
                Some(session) if !said_bye => session.lost = Some(Instant::now()),
                session => *session = None,
            }
        });
        self.place.ring();
    }
}
