//! Several channels into one: the mean of all, or one that was picked.
use std::num::NonZeroUsize;

/// What becomes of several channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Downmix {
    /// The mean of all channels. It cannot clip; one voice on one of two channels is halved. A channel that has no number where another
    /// one has counts as silent there.
    #[default]
    Mean,
    /// One channel alone, counted from 0.
    Channel(usize),
}

impl Downmix {
    /// Appends one mono sample per whole frame of `interleaved` (sample 0 of every channel, then sample 1, …) to `mono`.
    ///
    /// Samples that do not fill a frame at the end are left out; give whole frames. A picked channel that does not exist
    /// is silent, so ask [`fits`](Self::fits) first.
    pub fn append(self, interleaved: &[f32], channels: NonZeroUsize, mono: &mut Vec<f32>) {
        let frames = interleaved.chunks_exact(channels.get());
        match self {
            _ if channels.get() == 1 && self.fits(channels) => mono.extend_from_slice(interleaved),
            Downmix::Mean => {
                let share = 1.0 / channels.get() as f32;
                mono.extend(frames.map(|frame| match frame.iter().any(|it| it.is_finite()) {
                    true => frame.iter().filter(|it| it.is_finite()).sum::<f32>() * share,
                    // For whoever counts such samples.
                    false => f32::NAN,
                }));
            }
            Downmix::Channel(index) => {
                mono.extend(frames.map(|frame| frame.get(index).copied().unwrap_or(0.0)));
            }
        }
    }

    /// Whether a picked channel is one of so many.
    pub fn fits(self, channels: NonZeroUsize) -> bool {
        match self {
            Downmix::Mean => true,
            Downmix::Channel(index) => index < channels.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mono(mix: Downmix, interleaved: &[f32], channels: usize) -> Vec<f32> {
        let mut out = Vec::new();
        mix.append(interleaved, NonZeroUsize::new(channels).unwrap(), &mut out);
        out
    }

    #[test]
    fn two_channels_become_their_mean_or_the_picked_one() {
        let stereo = [0.5, -0.5, 1.0, 0.0, 0.25, 0.75];
        assert_eq!(mono(Downmix::Mean, &stereo, 2), [0.0, 0.5, 0.5]);
        assert_eq!(mono(Downmix::Channel(1), &stereo, 2), [-0.5, 0.0, 0.75]);
        assert_eq!(mono(Downmix::Channel(2), &stereo, 2), [0.0, 0.0, 0.0]);
        assert!(!Downmix::Channel(2).fits(NonZeroUsize::new(2).unwrap()));
    }

    #[test]
    fn a_channel_without_numbers_leaves_the_others_to_be_heard() {
        let stereo = [0.5, f32::NAN, f32::INFINITY, -1.0, f32::NAN, f32::NEG_INFINITY];
        let mixed = mono(Downmix::Mean, &stereo, 2);
        assert_eq!(mixed[..2], [0.25, -0.5]);
        assert!(mixed[2].is_nan());
    }

    #[test]
    fn a_frame_cut_short_is_left_out() {
        assert_eq!(mono(Downmix::Mean, &[1.0, 1.0, 0.5], 2), [1.0]);
    }

    proptest! {
        #[test]
        fn a_mix_is_as_long_as_its_channels_and_never_louder(
            channels in 1usize..9,
            samples in prop::collection::vec(-1.0f32..1.0, 0..200),
            picked in prop::option::of(0usize..8),
        ) {
            let mix = picked.map_or(Downmix::Mean, Downmix::Channel);
            let out = mono(mix, &samples, channels);
            let whole = if channels == 1 { samples.len() } else { samples.len() / channels };
            prop_assert_eq!(out.len(), whole);
            let loudest = samples.iter().fold(0.0f32, |most, it| most.max(it.abs()));
            prop_assert!(out.iter().all(|it| it.abs() <= loudest + 1e-6));
        }
    }
}
