//! Repairs invalid samples: those that are not finite become silence, and those far beyond full scale are clamped.

/// The highest valid level, 12 dB above full scale. Floats of recorders and decoders may well lie above 1. Integers read as
/// floats, or bytes in the wrong order, lie far above this.
pub const MAX_LEVEL: f32 = 4.0;

/// The number of repaired samples of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Samples that were not finite.
    pub silenced: u64,
    /// Samples beyond [`MAX_LEVEL`].
    pub clamped: u64,
}

/// Whether no sample needs a repair.
pub fn are_valid(samples: &[f32]) -> bool {
    // The comparison is false for NaN.
    samples.iter().all(|it| it.abs() <= MAX_LEVEL)
}

/// Repairs the samples in place.
pub fn repair(samples: &mut [f32]) -> Repairs {
    let mut repairs = Repairs::default();
    for sample in samples {
        if !sample.is_finite() {
            *sample = 0.0;
            repairs.silenced += 1;
        } else if sample.abs() > MAX_LEVEL {
            *sample = sample.clamp(-MAX_LEVEL, MAX_LEVEL);
            repairs.clamped += 1;
        }
    }
    repairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn samples_that_are_not_finite_become_silence_and_too_loud_ones_are_clamped() {
        let mut samples = [0.5, f32::NAN, -1.5, f32::NEG_INFINITY, 32_767.0, -1e30, 1e-42];
        assert!(!are_valid(&samples));
        assert_eq!(repair(&mut samples), Repairs { silenced: 2, clamped: 2 });
        assert_eq!(samples, [0.5, 0.0, -1.5, 0.0, MAX_LEVEL, -MAX_LEVEL, 1e-42]);
    }

    proptest! {
        #[test]
        fn repaired_samples_are_valid_and_valid_samples_are_unchanged(
            bits in prop::collection::vec(any::<u32>(), 0..200),
        ) {
            let before: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
            let mut after = before.clone();
            let repairs = repair(&mut after);
            prop_assert!(are_valid(&after));
            prop_assert_eq!(repairs == Repairs::default(), are_valid(&before));
            let kept = before.iter().zip(&after).filter(|(old, new)| old.to_bits() == new.to_bits());
            prop_assert_eq!(kept.count() as u64 + repairs.silenced + repairs.clamped, before.len() as u64);
        }
    }
}
