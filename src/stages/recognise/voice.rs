//! Tells speech from other sound, frame by frame. The only file that names earshot.
//!
//! `cargo bench --bench voice` compares it with Silero, which takes less noise for speech, loses words under music, and costs
//! seventeen times as much (`docs/figures.md`).
use std::time::Duration;

use earshot::Detector;

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

/// A small neural network that carries its own weights.
#[derive(Default)]
pub struct NeuralVoiceActivity(Box<Detector>);

impl VoiceActivity for NeuralVoiceActivity {
    fn hear(&mut self, frame: &[f32; FRAME]) -> f32 {
        // Its features are made for samples within range; a source may well give louder ones.
        let mut within = *frame;
        within.iter_mut().for_each(|it| *it = if it.is_nan() { 0.0 } else { it.clamp(-1.0, 1.0) });
        self.0.predict_f32(&within).clamp(0.0, 1.0)
    }

    /// Six frames. Seen on the times of 317 words; it rises 50 ms late and falls 150 ms late.
    fn lag(&self) -> Duration {
        Duration::from_millis(96)
    }

    fn forget(&mut self) {
        self.0.reset();
    }
}
