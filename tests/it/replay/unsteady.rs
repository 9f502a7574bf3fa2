//! The recordings on machines that are faster, slower, and lose audio.
use proptest::prelude::*;

use super::{corpus, invariants::commitments_hold, replay};

/// The samples that are played of a piece: 25 s.
const LENGTH: usize = 400_000;
/// A shorter gap does not count: sources round.
const LEAST: usize = 160;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever decodes cost, and however the audio is cut into frames and lost: committed words stay.
    #[test]
    fn commitments_hold_whatever_decodes_cost_and_whatever_audio_is_lost(
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
            // Sometimes more than one at a time. The last one stays: nobody can know that audio is missing at the end.
            frames.drain(gone..(gone + 1 + gone % 7).min(frames.len() - 1).max(gone));
        }
        let frames = frames.into_iter().map(|it| (it.start, piece.sound.within(it.start, it.end)));
        let (run, _) = replay(piece, 10f64.powf(scale), frames);
        prop_assert_eq!(commitments_hold(&run), Ok(()));
    }
}
