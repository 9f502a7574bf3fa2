//! The voice activity detectors that can be used with the policy, and their cost.
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use earshot::Detector;
use livecap::stages::recognise::{FRAME, NeuralVoiceActivity, VoiceActivity};

use crate::processor::processor;

/// The detector that `VAD` names, and its cost so far.
pub(crate) fn voice() -> (Timed, Arc<AtomicU64>) {
    let name = std::env::var("VAD").unwrap_or_else(|_| "silero".to_owned());
    let voice: Box<dyn VoiceActivity> = match name.as_str() {
        "silero" => Box::<NeuralVoiceActivity>::default(),
        "earshot" => Box::new(Earshot(Box::default())),
        _ => panic!("VAD is silero or earshot, not {name}"),
    };
    let cost = Arc::new(AtomicU64::default());
    (Timed { voice, cost: cost.clone() }, cost)
}

/// Adds up the CPU time of a detector, in nanoseconds.
pub(crate) struct Timed {
    voice: Box<dyn VoiceActivity>,
    cost: Arc<AtomicU64>,
}

impl VoiceActivity for Timed {
    fn speech_probability(&mut self, frame: &[f32; FRAME]) -> f32 {
        let before = processor();
        let speech = self.voice.speech_probability(frame);
        let cost = processor().saturating_sub(before);
        self.cost.fetch_add(cost.as_nanos() as u64, Relaxed);
        speech
    }

    fn lag(&self) -> Duration {
        self.voice.lag()
    }

    fn reset(&mut self) {
        self.voice.reset();
    }
}

/// A network of 40 kB.
struct Earshot(Box<Detector>);

impl VoiceActivity for Earshot {
    fn speech_probability(&mut self, frame: &[f32; FRAME]) -> f32 {
        self.0.predict_f32(&frame.map(|it| it.clamp(-1.0, 1.0))).clamp(0.0, 1.0)
    }

    /// Six frames. Measured on the times of 317 words: the probability rises 50 ms late and falls 150 ms late.
    fn lag(&self) -> Duration {
        Duration::from_millis(96)
    }

    fn reset(&mut self) {
        self.0.reset();
    }
}
