//! Several channels into one: the mean of all, or one that was picked.
use std::num::NonZeroUsize;

use crate::message::{Channel, SampleRate};

/// Appends one mono sample per whole frame of `interleaved` (sample 0 of every channel, then sample 1, …) to `mono`.
///
/// Averaged channels cannot clip, and a voice on one of two is halved. A sample that is not finite counts as silence where
/// another channel has a finite one. Samples that do not fill a frame at the end are left out; give whole frames. A channel
/// that does not exist is silent, so ask [`is_among`] first.
pub fn append(channel: Channel, interleaved: &[f32], channels: NonZeroUsize, mono: &mut Vec<f32>) {
    let frames = interleaved.chunks_exact(channels.get());
    match channel {
        _ if channels.get() == 1 && is_among(channel, channels) => {
            mono.extend_from_slice(interleaved);
        }
        Channel::Mix => {
            let share = 1.0 / channels.get() as f32;
            mono.extend(frames.map(|frame| match frame.iter().any(|it| it.is_finite()) {
                true => frame.iter().filter(|it| it.is_finite()).sum::<f32>() * share,
                // For whoever counts such samples.
                false => f32::NAN,
            }));
        }
        Channel::Number(number) => {
            let sample = |frame: &[f32]| frame.get(number.checked_sub(1)?).copied();
            mono.extend(frames.map(|frame| sample(frame).unwrap_or(0.0)));
        }
    }
}

/// Whether `channel` is among so many channels.
pub fn is_among(channel: Channel, channels: NonZeroUsize) -> bool {
    match channel {
        Channel::Mix => true,
        Channel::Number(number) => (1..=channels.get()).contains(&number),
    }
}

/// Detects channels that cancel each other out when they are averaged: a cable or a mixer inverted one of them.
#[derive(Clone, Debug, Default)]
pub struct Inversion {
    frames: u64,
    /// Sums of squares: of the mean of the channels, and of the channels, averaged.
    mixed: f64,
    single: f64,
    judged: bool,
    is_reported: bool,
}

impl Inversion {
    pub const WARNING: &str = "its channels are inverted and cancel each other out where they are averaged: hear one of them (`channel = 1`, or `--channel 1`)";
    /// The seconds of audio that are needed.
    const MIN_SECONDS: f64 = 2.0;
    /// The same for a shorter file, at its end.
    const MIN_SECONDS_AT_END: f64 = 0.05;
    /// The mean square below which channels count as silent: −60 dB of full scale.
    const SILENT: f64 = 1e-6;
    /// The mean is 30 dB below the channels. Two unrelated channels lose 3 dB, a voice on one of two channels 6 dB.
    const CANCELLED: f64 = 1e-3;

    /// Takes interleaved samples. True once, when the channels are found to be inverted.
    pub fn add_block(
        &mut self,
        interleaved: &[f32],
        channels: NonZeroUsize,
        rate: SampleRate,
    ) -> bool {
        if self.is_reported || channels.get() < 2 {
            return false;
        }
        for frame in interleaved.chunks_exact(channels.get()) {
            self.add_frame(frame.iter().copied());
        }
        self.is_inverted(rate)
    }

    /// Takes one sample of each channel.
    pub fn add_frame(&mut self, frame: impl ExactSizeIterator<Item = f32>) {
        if self.is_reported {
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

    /// Called after each block. True once, when the channels are found to be inverted.
    pub fn is_inverted(&mut self, rate: SampleRate) -> bool {
        let enough = self.frames as f64 >= Self::MIN_SECONDS * f64::from(rate.hertz());
        enough && self.judge()
    }

    /// Called at the end of the audio: of a short file, all of it has to do.
    pub fn is_inverted_at_end(&mut self, rate: SampleRate) -> bool {
        let enough = self.frames as f64 >= Self::MIN_SECONDS_AT_END * f64::from(rate.hertz());
        enough && !self.judged && self.judge()
    }

    fn judge(&mut self) -> bool {
        if self.is_reported {
            return false;
        }
        self.judged = true;
        let is_audible = self.single / self.frames as f64 > Self::SILENT;
        self.is_reported = is_audible && self.mixed < self.single * Self::CANCELLED;
        // The measurement starts again: an inverted cable may be plugged in later.
        (self.frames, self.mixed, self.single) = (0, 0.0, 0.0);
        self.is_reported
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mono(channel: Channel, interleaved: &[f32], channels: usize) -> Vec<f32> {
        let mut out = Vec::new();
        append(channel, interleaved, NonZeroUsize::new(channels).unwrap(), &mut out);
        out
    }

    #[test]
    fn two_channels_become_their_mean_or_the_picked_one() {
        let stereo = [0.5, -0.5, 1.0, 0.0, 0.25, 0.75];
        assert_eq!(mono(Channel::Mix, &stereo, 2), [0.0, 0.5, 0.5]);
        assert_eq!(mono(Channel::Number(2), &stereo, 2), [-0.5, 0.0, 0.75]);
        assert_eq!(mono(Channel::Number(3), &stereo, 2), [0.0, 0.0, 0.0]);
        assert!(!is_among(Channel::Number(3), NonZeroUsize::new(2).unwrap()));
    }

    #[test]
    fn a_channel_without_numbers_leaves_the_others_to_be_heard() {
        let stereo = [0.5, f32::NAN, f32::INFINITY, -1.0, f32::NAN, f32::NEG_INFINITY];
        let mixed = mono(Channel::Mix, &stereo, 2);
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
            (0..6).map(|_| inversion.add_block(sound, two, rate)).collect()
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
        assert!(!short.add_block(&sound(|left, _| -left)[..2_000], two, rate));
        assert!(short.is_inverted_at_end(rate) && !short.is_inverted_at_end(rate));
    }

    #[test]
    fn a_frame_cut_short_is_left_out() {
        assert_eq!(mono(Channel::Mix, &[1.0, 1.0, 0.5], 2), [1.0]);
    }

    proptest! {
        #[test]
        fn a_mix_is_as_long_as_its_channels_and_never_louder(
            channels in 1usize..9,
            samples in prop::collection::vec(-1.0f32..1.0, 0..200),
            picked in prop::option::of(0usize..9),
        ) {
            let channel = picked.map_or(Channel::Mix, Channel::Number);
            let out = mono(channel, &samples, channels);
            let whole = if channels == 1 { samples.len() } else { samples.len() / channels };
            prop_assert_eq!(out.len(), whole);
            let loudest = samples.iter().fold(0.0f32, |most, it| most.max(it.abs()));
            prop_assert!(out.iter().all(|it| it.abs() <= loudest + 1e-6));
        }
    }
}
