//! How loud what a source gives was over about the last second, written by one task and read by any, without a lock.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::time::Instant;

/// Together they hold the last 0.9 to 1 s: the slot that is being written is not over yet.
const SLOTS: usize = 10;
const SLOT_MS: u64 = 100;

/// The peak of each tenth of a second. A slot is its tenth's number, counted from 1, above the bits of the peak: both change
/// at once, so that a reader never takes an old peak for a new one.
pub(super) struct Level {
    epoch: Instant,
    slots: [AtomicU64; SLOTS],
}

impl Level {
    pub(super) fn new(epoch: Instant) -> Level {
        Level { epoch, slots: [const { AtomicU64::new(0) }; SLOTS] }
    }

    /// `peak` is a share of full scale.
    pub(super) fn heard(&self, peak: f32) {
        let now = self.tenth();
        let slot = &self.slots[now as usize % SLOTS];
        let (number, before) = unpacked(slot.load(Relaxed));
        let peak = if number == now { peak.max(before) } else { peak };
        slot.store(packed(now, peak), Relaxed);
    }

    /// The peak of about the last second; `None` where nothing came.
    pub(super) fn read(&self) -> Option<f32> {
        let now = self.tenth();
        let slots = self.slots.iter().map(|slot| unpacked(slot.load(Relaxed)));
        let recent = slots.filter(|(number, _)| {
            *number > 0 && u64::from(now.saturating_sub(*number)) < SLOTS as u64
        });
        recent.map(|(_, peak)| peak).reduce(f32::max)
    }

    /// The number of this tenth of a second; they suffice for 13 years.
    fn tenth(&self) -> u32 {
        (self.epoch.elapsed().as_millis() as u64 / SLOT_MS) as u32 + 1
    }
}

fn packed(number: u32, peak: f32) -> u64 {
    u64::from(number) << 32 | u64::from(peak.to_bits())
}

fn unpacked(slot: u64) -> (u32, f32) {
    ((slot >> 32) as u32, f32::from_bits(slot as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn the_loudest_of_the_last_second_is_what_is_read() {
        let level = Level::new(Instant::now());
        assert_eq!(level.read(), None);
        level.heard(0.5);
        level.heard(0.25);
        assert_eq!(level.read(), Some(0.5));
        tokio::time::advance(Duration::from_millis(600)).await;
        level.heard(0.1);
        assert_eq!(level.read(), Some(0.5));
        tokio::time::advance(Duration::from_millis(450)).await;
        assert_eq!(level.read(), Some(0.1));
        tokio::time::advance(Duration::from_millis(600)).await;
        assert_eq!(level.read(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_something_else_than_nothing() {
        let level = Level::new(Instant::now());
        level.heard(0.0);
        assert_eq!(level.read(), Some(0.0));
        // A slot that is used again forgets what it held.
        level.heard(1.0);
        tokio::time::advance(Duration::from_secs(10)).await;
        level.heard(0.0);
        assert_eq!(level.read(), Some(0.0));
    }
}
