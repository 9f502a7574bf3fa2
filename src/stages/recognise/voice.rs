//! Voice activity detection, frame by frame. The only file that names the detector's crate.
//!
//! `cargo bench --bench policy` compares the detector with earshot by words, `cargo bench --bench voice` by frames. Earshot
//! takes music and applause for speech. It costs a sixth as much itself, but far more in decodes of audio without speech
//! (`docs/figures.md`).
use std::{collections::VecDeque, time::Duration};

use rustvani_vad::{BYTES_PER_WINDOW, SileroVad};

/// The samples of one frame: 16 ms at 16 kHz.
pub const FRAME: usize = 256;

/// Below this peak, −70 dB of full scale, the network hears nobody: it takes speech up to peaks of about −52 dB for speech.
const QUIET: f32 = 0.000_3;
/// When it has been so quiet for so many windows (2 s), the network rests: a speaker who only listens costs a tenth.
const RESTS_AFTER: usize = 62;
/// So many of the windows that it has missed (0.5 s) it gets before the first one that is not quiet, so that it hears the
/// beginning of speech. On recordings with 6 s of silence after each sentence words are recognised as well as without a rest
/// (`docs/figures.md`).
const CAUGHT_UP: usize = 16;

/// A voice activity detector for one stream of frames.
pub trait VoiceActivity: Send + 'static {
    /// The probability, 0 to 1, that somebody speaks in `frame`: [`FRAME`] samples at 16 kHz in −1..1.
    fn speech_probability(&mut self, frame: &[f32; FRAME]) -> f32;

    /// The mean delay between a change of the voice and the change of the probability.
    fn lag(&self) -> Duration {
        Duration::ZERO
    }

    /// Forgets the stream: the next frame does not follow the one before.
    fn reset(&mut self);
}

/// Silero VAD 6.2, a small neural network whose weights are in the crate.
pub struct NeuralVoiceActivity {
    network: SileroVad,
    /// The network takes two frames at once. This holds the first, as 16-bit samples, until the second is there.
    window: Vec<u8>,
    /// The peak of that.
    peak: f32,
    /// How many windows in a row were quiet.
    quiet: usize,
    /// The newest ones that it has missed.
    missed: VecDeque<Vec<u8>>,
    speech: f32,
}

impl Default for NeuralVoiceActivity {
    fn default() -> NeuralVoiceActivity {
        let network = SileroVad::new().expect("the weights in the crate are whole");
        NeuralVoiceActivity {
            network,
            window: Vec::with_capacity(BYTES_PER_WINDOW),
            peak: 0.0,
            quiet: 0,
            missed: VecDeque::new(),
            speech: 0.0,
        }
    }
}

impl NeuralVoiceActivity {
    /// Takes a whole window, or leaves it out where it has been quiet for long.
    fn take(&mut self, window: Vec<u8>, peak: f32) {
        self.quiet = if peak < QUIET { self.quiet + 1 } else { 0 };
        if self.quiet > RESTS_AFTER {
            if self.missed.len() == CAUGHT_UP {
                self.missed.pop_front();
            }
            self.missed.push_back(window);
            self.speech = 0.0;
            return;
        }
        for missed in std::mem::take(&mut self.missed) {
            self.infer(&missed);
        }
        self.infer(&window);
    }

    fn infer(&mut self, window: &[u8]) {
        let speech = self.network.infer(window).expect("the window is whole");
        // Should the network ever return NaN, it counts as silence.
        self.speech = if speech.is_nan() { 0.0 } else { speech.clamp(0.0, 1.0) };
    }
}

impl VoiceActivity for NeuralVoiceActivity {
    /// The first frame of two gets the probability of the two before: waiting for its own would delay each caption by 16 ms.
    fn speech_probability(&mut self, frame: &[f32; FRAME]) -> f32 {
        // Samples may be louder than full scale. The cast turns NaN into 0.
        let sample = |it: &f32| (it.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16;
        self.window.extend(frame.iter().flat_map(|it| sample(it).to_le_bytes()));
        self.peak = frame.iter().fold(self.peak, |peak, it| peak.max(it.abs()));
        if self.window.len() == BYTES_PER_WINDOW {
            let window = std::mem::replace(&mut self.window, Vec::with_capacity(BYTES_PER_WINDOW));
            let peak = std::mem::take(&mut self.peak);
            self.take(window, peak);
        }
        self.speech
    }

    /// Four frames. Measured on the times of 554 words: the probability rises 40 ms late and falls 80 ms late.
    fn lag(&self) -> Duration {
        Duration::from_millis(64)
    }

    fn reset(&mut self) {
        self.network.reset_state();
        self.window.clear();
        self.missed.clear();
        (self.peak, self.quiet, self.speech) = (0.0, 0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{message::SampleRate, stages::recording::SoundFile};

    /// One number after another, the same in each run, from −1 to 1.
    fn noise(seed: u32) -> impl Iterator<Item = f32> {
        let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        std::iter::successors(Some(seed), next).map(|it| it as f32 / u32::MAX as f32 * 2.0 - 1.0)
    }

    /// A recorded voice at 16 kHz.
    fn voice() -> Vec<f32> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/held-out/station-m5.flac");
        let (mut file, mut samples) = (SoundFile::open(Path::new(path)).unwrap(), Vec::new());
        assert_eq!(file.rate(), SampleRate::SPEECH);
        while let Some(chunk) = file.next_chunk().unwrap() {
            samples.extend(chunk);
        }
        samples
    }

    fn probabilities(mut voice: impl FnMut(&[f32; FRAME]) -> f32, sound: &[f32]) -> Vec<f32> {
        sound.chunks_exact(FRAME).map(|it| voice(it.first_chunk().unwrap())).collect()
    }

    #[test]
    fn speech_after_a_rest_is_heard_as_soon_and_as_much_as_without_one() {
        let hiss = noise(7).take(16_000 * 10).map(|it| it * 0.000_2);
        let quiet: Vec<f32> = hiss.collect();
        let quiet_frames = quiet.len() / FRAME;
        for gain in [1.0, 0.1] {
            let voice: Vec<f32> = voice().iter().map(|it| it * gain).collect();
            check_rest(&[quiet.clone(), voice].concat(), quiet_frames);
        }
    }

    /// `quiet_frames`: so many at the beginning are quiet.
    fn check_rest(sound: &[f32], quiet_frames: usize) {
        let mut resting = NeuralVoiceActivity::default();
        let with_rests = probabilities(|it| resting.speech_probability(it), sound);
        // The network alone, for all of it.
        let mut awake = NeuralVoiceActivity::default();
        let without = probabilities(
            |it| {
                awake.quiet = 0;
                awake.speech_probability(it)
            },
            sound,
        );
        let is_speech = |it: &f32| *it > 0.5;
        // What it left out was no speech.
        assert!(!without[..quiet_frames].iter().any(is_speech));
        let first = |all: &[f32]| all.iter().position(is_speech).unwrap();
        let (rested, heard) = (first(&with_rests), first(&without));
        assert!(rested <= heard + 2, "from frame {rested} on, not {heard}");
        let count = |all: &[f32]| all.iter().filter(|it| is_speech(it)).count();
        let (rested, heard) = (count(&with_rests), count(&without));
        assert!(heard > 200, "somebody speaks: {heard} frames");
        assert!(rested.abs_diff(heard) * 50 <= heard, "{rested} frames, not {heard}");
        assert!(resting.missed.is_empty());
    }

    #[test]
    fn a_rest_keeps_no_more_than_it_needs_and_a_new_stream_begins_without_it() {
        let mut voice = NeuralVoiceActivity::default();
        for _ in 0..10_000 {
            assert!(voice.speech_probability(&[0.0; FRAME]) < 0.2);
        }
        assert_eq!(voice.missed.len(), CAUGHT_UP);
        voice.reset();
        assert_eq!((voice.missed.len(), voice.quiet), (0, 0));
    }
}
