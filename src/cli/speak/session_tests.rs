//! The session against a server that is as simple as the protocol's page: what arrives, in order, whatever is cut.
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::wire::{Codec, IngestAck, IngestState, LostBy};

const FORMAT: IngestFormat = IngestFormat { codec: Codec::PcmS16le, rate: 16_000 };

fn piece(n: u64) -> Packed {
    let payload = n.to_le_bytes().as_slice().into();
    Packed::Sound { samples: 320, captured: Instant::now(), peak: 0.1, payload }
}

fn welcome(resumed: bool, next: (u32, u64)) -> IngestWelcome {
    IngestWelcome {
        protocol: 1,
        session: "s".into(),
        stage: "panel".into(),
        slot: 1,
        track: None,
        name: "Ada".into(),
        resumed,
        next_sequence: next.0,
        next_sample: next.1,
        ring_ms: 1000,
        max_lag_ms: 1000,
        clock_ms: 0.0,
    }
}

/// What a server has: the pieces in order, and the samples that were missing.
#[derive(Default)]
struct Server {
    next: (u32, u64),
    pieces: Vec<u64>,
    missing: u64,
    muted: bool,
    said: Vec<FromSpeaker>,
}

impl Server {
    fn take(&mut self, message: Message) {
        match message {
            Message::Text(said) => {
                if let FromSpeaker::Mute { muted } = said {
                    self.muted = muted;
                }
                self.said.push(said);
            }
            Message::Sound(bytes) => {
                let (head, payload) = SoundHead::read(&bytes).unwrap();
                assert!(!self.muted, "sound while it is muted");
                if head.sequence < self.next.0 {
                    return;
                }
                assert!(head.first_sample >= self.next.1);
                self.missing += head.first_sample - self.next.1;
                self.next = (head.sequence + 1, head.first_sample + 320);
                self.pieces.push(u64::from_le_bytes(payload.try_into().unwrap()));
            }
        }
    }

    fn ack(&self) -> ToSpeaker {
        let state = IngestState::Ready;
        ToSpeaker::Ack(IngestAck {
            next_sequence: self.next.0,
            waiting_ms: 0,
            dropped_ms: 0,
            state,
        })
    }
}

fn sent(session: &mut Session, server: &mut Server) {
    while let Some(message) = session.next(0.0) {
        server.take(message);
    }
}

#[test]
fn what_was_not_acknowledged_is_sent_again_after_a_cut() {
    let (mut session, mut server) = (Session::new(FORMAT), Server::default());
    session.welcomed(welcome(false, (0, 0)), 0.0);
    for n in 0..10 {
        session.take(piece(n), Some(0.0));
    }
    sent(&mut session, &mut server);
    // Only the first five have arrived when the connection breaks.
    server = Server { next: (5, 5 * 320), pieces: (0..5).collect(), ..Server::default() };
    session.cut();
    assert!(session.next(0.0).is_none() && !session.has_more());
    session.take(piece(10), Some(0.0));
    session.welcomed(welcome(true, server.next), 0.0);
    sent(&mut session, &mut server);
    assert_eq!(server.pieces, (0..11).collect::<Vec<_>>());
    session.heard(&server.ack(), 0.0);
    assert!(session.is_done() && session.lost() == Duration::ZERO);
}

#[test]
fn what_no_longer_fits_into_the_ring_is_missing() {
    let (mut session, mut server) = (Session::new(FORMAT), Server::default());
    session.welcomed(welcome(false, (0, 0)), 0.0);
    session.take(piece(0), Some(0.0));
    sent(&mut session, &mut server);
    session.heard(&server.ack(), 0.0);
    session.cut();
    // 2 s, of which the ring holds 0.95.
    for n in 1..101 {
        session.take(piece(n), Some(0.0));
    }
    session.welcomed(welcome(true, server.next), 0.0);
    sent(&mut session, &mut server);
    assert_eq!(server.pieces[..3], [0, 54, 55]);
    assert_eq!((server.pieces.last(), server.missing), (Some(&100), 53 * 320));
    assert_eq!(session.lost(), Duration::from_millis(53 * 20));
}

#[test]
fn a_session_that_cannot_be_resumed_begins_anew_with_what_is_kept() {
    let (mut session, mut server) = (Session::new(FORMAT), Server::default());
    session.welcomed(welcome(false, (0, 0)), 0.0);
    for n in 0..3 {
        session.take(piece(n), Some(0.0));
    }
    sent(&mut session, &mut server);
    session.heard(&server.ack(), 0.0);
    session.cut();
    session.take(piece(3), Some(0.0));
    server = Server::default();
    session.welcomed(welcome(false, (0, 0)), 0.0);
    session.take(piece(4), Some(0.0));
    sent(&mut session, &mut server);
    assert_eq!((server.pieces, server.next), (vec![3, 4], (2, 640)));
}

#[test]
fn a_pause_is_told_before_and_behind_it_and_missing_sound_before_what_follows() {
    let (mut session, mut server) = (Session::new(FORMAT), Server::default());
    session.welcomed(welcome(false, (0, 0)), 0.0);
    session.take(piece(0), Some(0.0));
    session.pause();
    sent(&mut session, &mut server);
    assert!(server.muted);
    session.take(Packed::Missing { samples: 8_000, why: LostBy::Device }, None);
    session.take(piece(1), Some(0.0));
    sent(&mut session, &mut server);
    assert!(!server.muted);
    assert_eq!(server.said.last(), Some(&FromSpeaker::Gap { samples: 8_000, why: LostBy::Device }));
    assert_eq!((server.missing, session.lost()), (8_000, Duration::from_millis(500)));
}

#[test]
fn a_server_that_answers_nothing_is_noticed_and_the_clock_is_asked_for() {
    let (mut session, mut server) = (Session::new(FORMAT), Server::default());
    session.welcomed(welcome(false, (0, 0)), 100.0);
    sent(&mut session, &mut server);
    assert_eq!(server.said, [FromSpeaker::Clock { client_ms: 100.0 }]);
    session.heard(&ToSpeaker::Clock { client_ms: 100.0, server_ms: 1005.0 }, 110.0);
    sent(&mut session, &mut server);
    assert_eq!(server.said.last(), Some(&FromSpeaker::Offset { ms: 900.0, error_ms: 5.0 }));
    assert!(session.tick(8_000.0));
    assert!(!session.tick(8_200.0));
}

proptest! {
    /// Whatever is cut, and whatever of it had arrived: in order, nothing twice, and each piece came or is missing.
    #[test]
    fn each_piece_comes_once_or_is_told_as_missing(
        steps in prop::collection::vec((0u8..6, 1u64..40), 1..80)
    ) {
        let (mut session, mut server) = (Session::new(FORMAT), Server::default());
        session.welcomed(welcome(false, (0, 0)), 0.0);
        let mut number = 0;
        for (what, count) in steps {
            match what {
                0 => session.cut(),
                1 => session.welcomed(welcome(true, server.next), 0.0),
                2 => session.heard(&server.ack(), 0.0),
                3 => for _ in 0..count {
                    if let Some(message) = session.next(0.0) { server.take(message); }
                },
                // Lost with the connection.
                4 => {
                    for _ in 0..count { session.next(0.0); }
                    session.cut();
                }
                _ => for _ in 0..count {
                    session.take(piece(number), Some(0.0));
                    number += 1;
                },
            }
        }
        session.welcomed(welcome(true, server.next), 0.0);
        session.take(piece(number), Some(0.0));
        sent(&mut session, &mut server);
        prop_assert!(server.pieces.windows(2).all(|it| it[0] < it[1]), "{:?}", server.pieces);
        prop_assert_eq!(server.pieces.len() as u64 + server.missing / 320, number + 1);
        let lost = session.lost().as_millis() as u64;
        prop_assert_eq!(lost, server.missing / 16);
        session.heard(&server.ack(), 0.0);
        prop_assert!(session.is_done());
    }
}
