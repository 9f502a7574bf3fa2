//! What has come of a speaker and waits for its source: bounded, the oldest sound gives way, and what was given up is a hole.
use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::{
    message::{MediaTime, SampleRate, Why},
    wire::Codec,
};

/// Every message takes at least so much of the room, so that the number of messages is bounded too.
pub(super) const LEAST: Duration = Duration::from_millis(10);

/// What a source takes.
#[derive(Clone, Debug)]
pub enum Heard {
    Sound(Sound),
    /// Nothing follows for now.
    Quiet,
}

/// One message of sound.
#[derive(Clone, Debug)]
pub struct Sound {
    /// The number of the session: another one begins with a decoder of its own.
    pub session: u64,
    pub start: MediaTime,
    pub rate: SampleRate,
    pub codec: Codec,
    /// As it was sent, without the head.
    pub bytes: Box<[u8]>,
    pub length: Duration,
    /// Why the sound before it is missing, if it is.
    pub hole: Option<Why>,
    /// When its last sample was captured.
    pub captured: Instant,
}

#[derive(Debug)]
pub(super) struct Queue {
    most: Duration,
    waiting: VecDeque<Heard>,
    held: Duration,
    /// Given up since the last sound that was taken.
    is_cut: bool,
    /// Given up in all.
    dropped: Duration,
}

fn room(sound: &Sound) -> Duration {
    sound.length.max(LEAST)
}

impl Queue {
    /// `most`: how much sound may wait, and how old it may be when it is taken.
    pub(super) fn new(most: Duration) -> Queue {
        let (waiting, held) = (VecDeque::new(), Duration::ZERO);
        Queue { most, waiting, held, is_cut: false, dropped: Duration::ZERO }
    }

    pub(super) fn push(&mut self, sound: Sound) {
        self.held += room(&sound);
        self.waiting.push_back(Heard::Sound(sound));
        while self.held > self.most {
            match self.waiting.pop_front() {
                Some(Heard::Sound(sound)) => self.give_up(&sound),
                Some(Heard::Quiet) => (),
                None => break,
            }
        }
    }

    pub(super) fn quiet(&mut self) {
        if !matches!(self.waiting.back(), Some(Heard::Quiet)) {
            self.waiting.push_back(Heard::Quiet);
        }
    }

    pub(super) fn take(&mut self, now: Instant) -> Option<Heard> {
        loop {
            let Heard::Sound(mut sound) = self.waiting.pop_front()? else {
                return Some(Heard::Quiet);
            };
            if now.saturating_duration_since(sound.captured) > self.most {
                self.give_up(&sound);
                continue;
            }
            self.held -= room(&sound);
            if std::mem::take(&mut self.is_cut) {
                sound.hole = Some(Why::Overload);
            }
            if self.waiting.is_empty() {
                // A speaker who is silent keeps no buffer.
                self.waiting.shrink_to(8);
            }
            return Some(Heard::Sound(sound));
        }
    }

    fn give_up(&mut self, sound: &Sound) {
        self.held -= room(sound);
        self.dropped += sound.length;
        self.is_cut = true;
    }

    /// How much sound waits.
    pub(super) fn held(&self) -> Duration {
        self.held
    }

    /// How much sound was given up in all.
    pub(super) fn dropped(&self) -> Duration {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sound(start: u64, length: u64, captured: Instant) -> Sound {
        Sound {
            session: 1,
            start: MediaTime::new(Duration::from_millis(start)),
            rate: SampleRate::SPEECH,
            codec: Codec::PcmS16le,
            bytes: Box::new([]),
            length: Duration::from_millis(length),
            hole: None,
            captured,
        }
    }

    fn start(heard: Option<Heard>) -> Option<(u64, Option<Why>)> {
        match heard? {
            Heard::Sound(it) => Some((it.start.since_start().as_millis() as u64, it.hole)),
            Heard::Quiet => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_gives_way_and_a_hole_tells_of_it() {
        let (mut queue, now) = (Queue::new(Duration::from_millis(100)), Instant::now());
        for n in 0..8 {
            queue.push(sound(n * 20, 20, now));
        }
        assert_eq!((queue.held().as_millis(), queue.dropped().as_millis()), (100, 60));
        assert_eq!(start(queue.take(now)), Some((60, Some(Why::Overload))));
        assert_eq!(start(queue.take(now)), Some((80, None)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_old_when_it_is_taken_is_given_up() {
        let (mut queue, now) = (Queue::new(Duration::from_secs(1)), Instant::now());
        queue.push(sound(0, 20, now));
        tokio::time::advance(Duration::from_millis(1001)).await;
        queue.push(sound(1000, 20, Instant::now()));
        assert_eq!(start(queue.take(Instant::now())), Some((1000, Some(Why::Overload))));
        assert!(queue.take(Instant::now()).is_none() && queue.held().is_zero());
    }

    proptest! {
        #[test]
        fn nothing_grows_and_the_account_is_even(steps in prop::collection::vec((0u8..4, 0u64..120), 1..400)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _inside = runtime.enter();
            let (mut queue, now) = (Queue::new(Duration::from_millis(500)), Instant::now());
            let (mut at, mut taken, mut last) = (0, 0, 0);
            for (what, length) in steps {
                match what {
                    0 => if let Some(Heard::Sound(it)) = queue.take(now) {
                        let start = it.start.since_start().as_millis() as u64;
                        // A jump is told by a hole.
                        prop_assert!(start == last || it.hole == Some(Why::Overload));
                        (taken, last) = (taken + it.length.as_millis() as u64, start + it.length.as_millis() as u64);
                    },
                    1 => queue.quiet(),
                    _ => { queue.push(sound(at, length, now)); at += length; }
                }
                prop_assert!(queue.held() <= Duration::from_millis(500));
                prop_assert!(queue.waiting.len() <= 101);
                let waits: u64 = queue.waiting.iter().map(|it| match it {
                    Heard::Sound(it) => it.length.as_millis() as u64,
                    Heard::Quiet => 0,
                }).sum();
                prop_assert_eq!(at, taken + waits + queue.dropped().as_millis() as u64);
            }
        }
    }
}
