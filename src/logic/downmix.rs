//! Several channels into one: the mean of all, or one that was picked.
use std::num::NonZeroUsize;

use crate::message::SampleRate;

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

/// Notices channels that cancel each other out where they are averaged: one of them was inverted by a cable or a mixer.
#[derive(Clone, Debug, Default)]
pub struct Inversion {
    frames: u64,
    /// Sums of squares: of the mean of the channels, and of the channels, averaged.
    mixed: f64,
    single: f64,
    judged: bool,
    told: bool,
}

impl Inversion {
    pub const WARNING: &str = "its channels are inverted and cancel each other out where they are averaged: hear one of them (`channel = 1`, or `--channel 1`)";
    /// Seconds that have to be heard.
    const LONG_ENOUGH: f64 = 2.0;
    /// Of a file that is shorter.
    const SHORTEST: f64 = 0.05;
    /// Mean square of channels in which nothing is heard: −60 dB of full scale.
    const SILENT: f64 = 1e-6;
    /// The mean lies 30 dB below the channels. Two channels that have nothing in common lose 3 dB, one voice on one of two 6 dB.
    const FAR_BELOW: f64 = 1e-3;

    /// True once, when it is clear.
    pub fn hears(&mut self, interleaved: &[f32], channels: NonZeroUsize, rate: SampleRate) -> bool {
        if self.told || channels.get() < 2 {
            return false;
        }
        for frame in interleaved.chunks_exact(channels.get()) {
            self.hear(frame.iter().copied());
        }
        self.is_clear(rate)
    }

    /// One sample of each channel.
    pub fn hear(&mut self, frame: impl ExactSizeIterator<Item = f32>) {
        if self.told {
            return;
        }
        let count = frame.len() as f64;
        let (mut sum, mut squares) = (0.0, 0.0);
        for sample in frame.map(f64::from).filter(|it| it.is_finite()) {
            sum += sample;
            squares += sample * sample;
        }
        self.frames += 1;
        self.mixed += (sum / count).powi(2);
        self.single += squares / count;
    }

    /// Asked after each block. True once, when it is clear.
    pub fn is_clear(&mut self, rate: SampleRate) -> bool {
        let enough = self.frames as f64 >= Self::LONG_ENOUGH * f64::from(rate.hertz());
        enough && self.judge()
    }

    /// Asked where the sound has ended: of a short file all of it has to do.
    pub fn was_clear(&mut self, rate: SampleRate) -> bool {
        let enough = self.frames as f64 >= Self::SHORTEST * f64::from(rate.hertz());
        enough && !self.judged && self.judge()
    }

    fn judge(&mut self) -> bool {
        if self.told {
            return false;
        }
        self.judged = true;
        let is_heard = self.single / self.frames as f64 > Self::SILENT;
        self.told = is_heard && self.mixed < self.single * Self::FAR_BELOW;
        // What was heard so far is no longer asked about: an inverted cable may be plugged in later.
        (self.frames, self.mixed, self.single) = (0, 0.0, 0.0);
        self.told
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
    fn inverted_channels_are_noticed_once_and_no_others_are() {
        let rate = SampleRate::new(8_000).unwrap();
        let two = NonZeroUsize::new(2).unwrap();
        let wave = |n: u32, step: f32| (n as f32 * step).sin() * 0.25;
        let sound = |right: fn(f32, f32) -> f32| -> Vec<f32> {
            let frame = |n| [wave(n, 0.3), right(wave(n, 0.3), wave(n, 0.7))];
            (0..8_000).flat_map(frame).collect()
        };
        let told = |sound: &[f32]| -> Vec<bool> {
            let mut inversion = Inversion::default();
            (0..6).map(|_| inversion.hears(sound, two, rate)).collect()
        };
        let once = [false, true, false, false, false, false];
        assert_eq!(told(&sound(|left, _| -left)), once);
        assert_eq!(told(&sound(|left, _| -left * 0.99)), once);
        for right in [|left, _| left, |_, other| other, |_, _| 0.0, |left, other| other - left] {
            assert_eq!(told(&sound(right)), [false; 6]);
        }
        assert_eq!(told(&[0.0; 16_000]), [false; 6]);
        // Of a file that is shorter than 2 s all of it is judged, at its end.
        let mut short = Inversion::default();
        assert!(!short.hears(&sound(|left, _| -left)[..2_000], two, rate));
        assert!(short.was_clear(rate) && !short.was_clear(rate));
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
