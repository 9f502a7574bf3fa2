//! Tells speech from other sound, frame by frame. The only file that names the voice activity detector's crate.
//!
//! `cargo bench --bench policy` compares it with earshot by words, `cargo bench --bench voice` by frames: earshot takes music
//! and applause for speech, costs a sixth as much itself, and far more in decodes of what is no speech
//! (`docs/figures.md`).
use std::time::Duration;

use rustvani_vad::{BYTES_PER_WINDOW, SileroVad};

/// Samples in one frame at 16 kHz: 16 ms.
pub const FRAME: usize = 256;

/// Hears one stream of frames.
pub trait VoiceActivity: Send + 'static {
    /// The probability, 0 to 1, that somebody speaks in `frame`, [`FRAME`] samples at 16 kHz in −1..1.
    fn hear(&mut self, frame: &[f32; FRAME]) -> f32;

    /// How much later than a voice its probability rises and falls, on average.
    fn lag(&self) -> Duration {
        Duration::ZERO
    }

    /// The stream is torn: what comes next has nothing to do with what came before.
    fn forget(&mut self);
}

/// Silero VAD 6.2, a small neural network whose weights are in the crate.
pub struct NeuralVoiceActivity {
    network: SileroVad,
    /// It hears two frames at once: the first of them, as 16-bit samples, until the second is there.
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
    /// The first frame of two has the probability of the two before: to wait for its own would delay each caption by 16 ms.
    fn hear(&mut self, frame: &[f32; FRAME]) -> f32 {
        // A source may well give louder samples than there are numbers for. The cast makes 0 of what is no number.
        let sample = |it: &f32| (it.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16;
        self.window.extend(frame.iter().flat_map(|it| sample(it).to_le_bytes()));
        if self.window.len() == BYTES_PER_WINDOW {
            let speech = self.network.infer(&self.window).expect("the window is whole");
            // The network remembers what it heard; should it ever have no answer, it is nobody who speaks.
            self.speech = if speech.is_nan() { 0.0 } else { speech.clamp(0.0, 1.0) };
            self.window.clear();
        }
        self.speech
    }

    /// Four frames. Seen on the times of 554 words: it rises 40 ms late and falls 80 ms late.
    fn lag(&self) -> Duration {
        Duration::from_millis(64)
    }

    fn forget(&mut self) {
        self.network.reset_state();
        self.window.clear();
        self.speech = 0.0;
    }
}
