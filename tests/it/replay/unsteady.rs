//! The same recordings on machines that are faster, slower, and lose sound.
use proptest::prelude::*;

use super::{corpus, invariants::promises_are_kept, replay};

/// Samples that are played of a piece: 25 s.
const LENGTH: usize = 400_000;
/// A hole of less is none: sources round.
const LEAST: usize = 160;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever decodes cost, and however the sound is cut into frames and lost: what was promised stays.
    #[test]
    fn promises_are_kept_whatever_decodes_cost_and_whatever_sound_is_lost(
        piece in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        // Powers of ten: 0.1 to 10 times as dear.
        scale in -1.0f64..1.0,
        lengths in prop::collection::vec(LEAST..2_000, 1..40),
        lost in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let piece = piece.get(corpus());
        let start = from.index(piece.sound.samples.saturating_sub(LENGTH) + 1);
        let end = (start + LENGTH).min(piece.sound.samples);
        let mut frames = Vec::new();
        let (mut at, mut lengths) = (start, lengths.iter().cycle());
        while at < end {
            let next = (at + lengths.next().unwrap_or(&LEAST)).min(end);
            frames.push(at..next);
            at = next;
        }
        for index in lost {
            let gone = index.index(frames.len());
            // More than one at a time now and then; the last one stays: what is missing at the end is known to nobody.
            frames.drain(gone..(gone + 1 + gone % 7).min(frames.len() - 1).max(gone));
        }
        let frames = frames.into_iter().map(|it| (it.start, piece.sound.within(it.start, it.end)));
        let (run, _) = replay(piece, 10f64.powf(scale), frames);
        prop_assert_eq!(promises_are_kept(&run), Ok(()));
    }
}
