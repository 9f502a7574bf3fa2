//! Voice activity detection, frame by frame. The only file that names the detector's crate.
//!
//! `cargo bench --bench policy` compares the detector with earshot by words, `cargo bench --bench voice` by frames. Earshot
//! takes music and applause for speech. It costs a sixth as much itself, but far more in decodes of audio without speech
//! (`docs/figures.md`).
use std::time::Duration;

use rustvani_vad::{BYTES_PER_WINDOW, SileroVad};

/// The samples of one frame: 16 ms at 16 kHz.
pub const FRAME: usize = 256;

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
    speech: f32,
}

impl Default for NeuralVoiceActivity {
    fn default() -> NeuralVoiceActivity {
        let network = SileroVad::new().expect("the weights in the crate are whole");
        NeuralVoiceActivity { network, window: Vec::with_capacity(BYTES_PER_WINDOW), speech: 0.0 }
    }
}

impl VoiceActivity for NeuralVoiceActivity {
    /// The first frame of two gets the probability of the two before: waiting for its own would delay each caption by 16 ms.
    fn speech_probability(&mut self, frame: &[f32; FRAME]) -> f32 {
        // Samples may be louder than full scale. The cast turns NaN into 0.
        let sample = |it: &f32| (it.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16;
        self.window.extend(frame.iter().flat_map(|it| sample(it).to_le_bytes()));
        if self.window.len() == BYTES_PER_WINDOW {
            let speech = self.network.infer(&self.window).expect("the window is whole");
            // Should the network ever return NaN, it counts as silence.
            self.speech = if speech.is_nan() { 0.0 } else { speech.clamp(0.0, 1.0) };
            self.window.clear();
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
        self.speech = 0.0;
    }
}
