//! Samples that no sound is made of: what is not finite becomes silence, what lies far beyond full scale is clamped.

/// Twelve decibels above full scale. Floats of recorders and decoders may well lie above 1; whole numbers that were read as floats, or bytes
/// in the wrong order, lie far above this.
pub const LOUDEST: f32 = 4.0;

/// How many samples of either kind there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsound {
    /// Not finite.
    pub silenced: u64,
    /// Beyond [`LOUDEST`].
    pub clamped: u64,
}

/// Whether there is nothing to mend.
pub fn is_sane(samples: &[f32]) -> bool {
    // What is no number is not within any bounds.
    samples.iter().all(|it| it.abs() <= LOUDEST)
}

/// Mends them where they are.
pub fn mend(samples: &mut [f32]) -> Unsound {
    let mut unsound = Unsound::default();
    for sample in samples {
        if !sample.is_finite() {
            *sample = 0.0;
            unsound.silenced += 1;
        } else if sample.abs() > LOUDEST {
            *sample = sample.clamp(-LOUDEST, LOUDEST);
            unsound.clamped += 1;
        }
    }
    unsound
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_finite_is_silence_and_what_is_far_too_loud_is_clamped() {
        let mut samples = [0.5, f32::NAN, -1.5, f32::NEG_INFINITY, 32_767.0, -1e30, 1e-42];
        assert!(!is_sane(&samples));
        assert_eq!(mend(&mut samples), Unsound { silenced: 2, clamped: 2 });
        assert_eq!(samples, [0.5, 0.0, -1.5, 0.0, LOUDEST, -LOUDEST, 1e-42]);
    }

    proptest! {
        #[test]
        fn whatever_the_bits_are_what_comes_out_is_sane_and_what_was_sane_is_left_alone(
            bits in prop::collection::vec(any::<u32>(), 0..200),
        ) {
            let before: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
            let mut after = before.clone();
            let unsound = mend(&mut after);
            prop_assert!(is_sane(&after));
            prop_assert_eq!(unsound == Unsound::default(), is_sane(&before));
            let kept = before.iter().zip(&after).filter(|(old, new)| old.to_bits() == new.to_bits());
            prop_assert_eq!(kept.count() as u64 + unsound.silenced + unsound.clamped, before.len() as u64);
        }
    }
}
