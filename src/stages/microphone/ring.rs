//! The lock-free rings between the sound card's callback and the watcher: one for samples, one for what is known of them.
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use std::time::Duration;

use rtrb::{Consumer, Producer, RingBuffer};
use tokio::time::Instant;

use crate::message::SampleRate;

/// The ring of blocks has room for callbacks of this length. With shorter ones it holds less audio, but nothing is lost
/// unnoticed.
const SHORTEST_BLOCK: Duration = Duration::from_millis(1);

/// The samples of one callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) samples: usize,
    /// When the newest sample was captured.
    pub(super) captured: Instant,
    /// Samples directly before this block that were dropped for lack of room.
    pub(super) lost: u64,
    /// Whether the device itself lost audio before this block. Nobody knows how much.
    pub(super) skipped: bool,
}

/// A ring for `room` of mono audio.
pub(super) fn ring(rate: SampleRate, room: Duration) -> (RingProducer, RingConsumer, StreamStatus) {
    let blocks = room.as_nanos().div_ceil(SHORTEST_BLOCK.as_nanos()).max(1) as usize;
    let (sample_producer, sample_consumer) = RingBuffer::new(rate.samples_in(room).max(1));
    let (block_producer, block_consumer) = RingBuffer::new(blocks);
    let status = StreamStatus::default();
    let producer = RingProducer {
        samples: sample_producer,
        blocks: block_producer,
        rate,
        lost: 0,
        status: status.clone(),
    };
    let consumer =
        RingConsumer { samples: sample_consumer, blocks: block_consumer, status: status.clone() };
    (producer, consumer, status)
}

/// The callback's end. It never waits, locks or allocates.
pub(super) struct RingProducer {
    samples: Producer<f32>,
    blocks: Producer<Block>,
    rate: SampleRate,
    lost: u64,
    status: StreamStatus,
}

impl RingProducer {
    /// Takes `samples`, the newest captured at `captured`, as far as there is room. The rest is counted as lost.
    pub(super) fn push(&mut self, samples: impl ExactSizeIterator<Item = f32>, captured: Instant) {
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
                skipped: self.status.0.skipped.swap(false, Relaxed),
            };
            // There is room: only this end fills the ring, and it was checked above.
            let _ = self.blocks.push(block);
        }
        self.lost += left as u64;
    }
}

/// The watcher's end.
pub(super) struct RingConsumer {
    samples: Consumer<f32>,
    blocks: Consumer<Block>,
    status: StreamStatus,
}

impl RingConsumer {
    /// The next block. Its samples are added to `into`.
    pub(super) fn pop(&mut self, into: &mut Vec<f32>) -> Option<Block> {
        let block = self.blocks.pop().ok()?;
        if let Ok(chunk) = self.samples.read_chunk(block.samples) {
            into.extend(chunk);
        }
        Some(block)
    }

    pub(super) fn peek(&self) -> Option<Block> {
        self.blocks.peek().ok().copied()
    }

    /// True once if the channels cancel each other out.
    pub(super) fn is_inverted(&self) -> bool {
        self.status.0.inverted.swap(false, Relaxed)
    }

    /// Why the stream ended, once it has.
    pub(super) fn failure(&self) -> Option<&str> {
        self.status.0.failure.get().map(String::as_str)
    }
}

/// What a stream reports about itself.
#[derive(Clone, Default)]
pub(super) struct StreamStatus(Arc<StreamStatusState>);

#[derive(Default)]
struct StreamStatusState {
    skipped: AtomicBool,
    /// The channels cancel each other out, and that was not reported yet.
    inverted: AtomicBool,
    failure: OnceLock<String>,
}

impl StreamStatus {
    pub(super) fn skip(&self) {
        self.0.skipped.store(true, Relaxed);
    }

    pub(super) fn invert(&self) {
        self.0.inverted.store(true, Relaxed);
    }

    /// Only the first failure is kept: some hosts repeat it hundreds of thousands of times in a second.
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
        /// Every sample offered is either taken, in order, or counted as lost in its place.
        #[test]
        fn samples_are_taken_in_order_or_counted_as_lost(
            steps in prop::collection::vec((0usize..40, prop::bool::ANY), 1..60),
        ) {
            let (mut producer, mut consumer, _) = ring(RATE, Duration::from_millis(50));
            let (mut offered, mut accounted) = (0u64, 0u64);
            let now = Instant::now();
            let mut check = |consumer: &mut RingConsumer| -> Result<(), TestCaseError> {
                let mut samples = Vec::new();
                while let Some(block) = consumer.pop(&mut samples) {
                    accounted += block.lost;
                    for sample in samples.drain(..) {
                        prop_assert_eq!(sample, accounted as f32);
                        accounted += 1;
                    }
                }
                Ok(())
            };
            for (count, drained) in steps {
                producer.push((offered..offered + count as u64).map(|it| it as f32).collect::<Vec<_>>().into_iter(), now);
                offered += count as u64;
                if drained { check(&mut consumer)?; }
            }
            check(&mut consumer)?;
            let end = offered as f32;
            producer.push([end].into_iter(), now);
            check(&mut consumer)?;
            prop_assert_eq!(accounted, offered + 1);
        }
    }

    #[test]
    fn a_block_cut_for_lack_of_room_has_an_earlier_capture_time() {
        let (mut producer, mut consumer, _) = ring(RATE, Duration::from_millis(10));
        let now = Instant::now() + Duration::from_secs(1);
        producer.push(vec![0.0; 25].into_iter(), now);
        let block = consumer.pop(&mut Vec::new()).unwrap();
        assert_eq!((block.samples, block.captured), (10, now - Duration::from_millis(15)));
    }

    #[test]
    fn inverted_channels_are_reported_once() {
        let (_producer, consumer, status) = ring(RATE, Duration::from_millis(10));
        assert!(!consumer.is_inverted());
        status.invert();
        assert!(consumer.is_inverted() && !consumer.is_inverted());
    }

    #[test]
    fn the_first_failure_is_kept() {
        let (_producer, consumer, status) = ring(RATE, Duration::from_millis(10));
        assert_eq!(consumer.failure(), None);
        status.fail(|| "unplugged".to_owned());
        status.fail(|| unreachable!("only the first failure is kept"));
        assert_eq!(consumer.failure(), Some("unplugged"));
    }
}
