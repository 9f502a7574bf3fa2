//! From the sound card's callback to the watcher without a lock: samples in one ring, what is known of them in another.
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use std::time::Duration;

use rtrb::{Consumer, Producer, RingBuffer};
use tokio::time::Instant;

use crate::message::SampleRate;

/// The shortest callbacks that the ring of blocks is made for; shorter ones make the line hold less, and lose nothing.
const SHORTEST_BLOCK: Duration = Duration::from_millis(1);

/// What one callback gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) samples: usize,
    /// When the newest of them was captured.
    pub(super) captured: Instant,
    /// Samples just before it for which there was no room.
    pub(super) lost: u64,
    /// The device itself has lost sound before it, nobody knows how much.
    pub(super) skipped: bool,
}

/// A line that holds `room` of mono sound.
pub(super) fn line(rate: SampleRate, room: Duration) -> (Ear, Heard, Trouble) {
    let blocks = room.as_nanos().div_ceil(SHORTEST_BLOCK.as_nanos()).max(1) as usize;
    let (ear_samples, heard_samples) = RingBuffer::new(rate.samples_in(room).max(1));
    let (ear_blocks, heard_blocks) = RingBuffer::new(blocks);
    let trouble = Trouble::default();
    let ear =
        Ear { samples: ear_samples, blocks: ear_blocks, rate, lost: 0, trouble: trouble.clone() };
    let heard = Heard { samples: heard_samples, blocks: heard_blocks, trouble: trouble.clone() };
    (ear, heard, trouble)
}

/// The callback's end. Nothing it does waits, locks or allocates.
pub(super) struct Ear {
    samples: Producer<f32>,
    blocks: Producer<Block>,
    rate: SampleRate,
    lost: u64,
    trouble: Trouble,
}

impl Ear {
    /// Takes `samples`, the newest captured at `captured`, as far as there is room; the rest is counted.
    pub(super) fn hear(&mut self, samples: impl ExactSizeIterator<Item = f32>, captured: Instant) {
        let offered = samples.len();
        let room = if self.blocks.is_full() { 0 } else { self.samples.slots() };
        let taken = offered.min(room);
        let left = offered - taken;
        if taken > 0
            && let Ok(chunk) = self.samples.write_chunk_uninit(taken)
        {
            chunk.fill_from_iter(samples);
            let block = Block {
                samples: taken,
                captured: captured.checked_sub(self.rate.duration_of(left)).unwrap_or(captured),
                lost: std::mem::take(&mut self.lost),
                skipped: self.trouble.0.skipped.swap(false, Relaxed),
            };
            // There is room: only this end fills it, and it was looked at above.
            let _ = self.blocks.push(block);
        }
        self.lost += left as u64;
    }
}

/// The watcher's end.
pub(super) struct Heard {
    samples: Consumer<f32>,
    blocks: Consumer<Block>,
    trouble: Trouble,
}

impl Heard {
    /// The next block, its samples added to `into`.
    pub(super) fn take(&mut self, into: &mut Vec<f32>) -> Option<Block> {
        let block = self.blocks.pop().ok()?;
        if let Ok(chunk) = self.samples.read_chunk(block.samples) {
            into.extend(chunk);
        }
        Some(block)
    }

    pub(super) fn peek(&self) -> Option<Block> {
        self.blocks.peek().ok().copied()
    }

    /// True once, where the channels cancel each other out.
    pub(super) fn is_inverted(&self) -> bool {
        self.trouble.0.inverted.swap(false, Relaxed)
    }

    /// Why the stream is over, once it is.
    pub(super) fn failure(&self) -> Option<&str> {
        self.trouble.0.failure.get().map(String::as_str)
    }
}

/// Where a stream says what is wrong with it.
#[derive(Clone, Default)]
pub(super) struct Trouble(Arc<TroubleState>);

#[derive(Default)]
struct TroubleState {
    skipped: AtomicBool,
    /// Its channels cancel each other out, and nobody has said so yet.
    inverted: AtomicBool,
    failure: OnceLock<String>,
}

impl Trouble {
    pub(super) fn skip(&self) {
        self.0.skipped.store(true, Relaxed);
    }

    pub(super) fn invert(&self) {
        self.0.inverted.store(true, Relaxed);
    }

    /// Only the first failure counts: some hosts repeat it hundreds of thousands of times in a second.
    pub(super) fn fail(&self, cause: impl FnOnce() -> String) {
        self.0.failure.get_or_init(cause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: SampleRate = SampleRate::new(1_000).unwrap();

    proptest! {
        /// Every sample offered is either taken, in order, or counted as lost at its place.
        #[test]
        fn what_is_offered_is_taken_in_order_or_counted(
            steps in prop::collection::vec((0usize..40, prop::bool::ANY), 1..60),
        ) {
            let (mut ear, mut heard, _) = line(RATE, Duration::from_millis(50));
            let (mut offered, mut accounted) = (0u64, 0u64);
            let now = Instant::now();
            let mut check = |heard: &mut Heard| -> Result<(), TestCaseError> {
                let mut samples = Vec::new();
                while let Some(block) = heard.take(&mut samples) {
                    accounted += block.lost;
                    for sample in samples.drain(..) {
                        prop_assert_eq!(sample, accounted as f32);
                        accounted += 1;
                    }
                }
                Ok(())
            };
            for (count, drained) in steps {
                ear.hear((offered..offered + count as u64).map(|it| it as f32).collect::<Vec<_>>().into_iter(), now);
                offered += count as u64;
                if drained { check(&mut heard)?; }
            }
            check(&mut heard)?;
            let end = offered as f32;
            ear.hear([end].into_iter(), now);
            check(&mut heard)?;
            prop_assert_eq!(accounted, offered + 1);
        }
    }

    #[test]
    fn a_block_that_is_cut_short_was_captured_as_much_earlier() {
        let (mut ear, mut heard, _) = line(RATE, Duration::from_millis(10));
        let now = Instant::now() + Duration::from_secs(1);
        ear.hear(vec![0.0; 25].into_iter(), now);
        let block = heard.take(&mut Vec::new()).unwrap();
        assert_eq!((block.samples, block.captured), (10, now - Duration::from_millis(15)));
    }

    #[test]
    fn channels_that_cancel_each_other_out_are_told_once() {
        let (_ear, heard, trouble) = line(RATE, Duration::from_millis(10));
        assert!(!heard.is_inverted());
        trouble.invert();
        assert!(heard.is_inverted() && !heard.is_inverted());
    }

    #[test]
    fn the_first_failure_is_the_one_that_is_told() {
        let (_ear, heard, trouble) = line(RATE, Duration::from_millis(10));
        assert_eq!(heard.failure(), None);
        trouble.fail(|| "unplugged".to_owned());
        trouble.fail(|| unreachable!("only the first is looked at"));
        assert_eq!(heard.failure(), Some("unplugged"));
    }
}
