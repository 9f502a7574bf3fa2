//! The detectors that are compared.
use livecap::stages::recognise::{FRAME, NeuralVoiceActivity, VoiceActivity};

/// The probability of speech in a frame.
pub(crate) type Hear = Box<dyn FnMut(&[f32]) -> f32>;

/// With the samples of its frame.
pub(crate) type Detector = (&'static str, usize, fn() -> Hear);
pub(crate) const DETECTORS: [Detector; 2] =
    [("earshot", FRAME, earshot), ("Silero", FRAME, silero)];

fn earshot() -> Hear {
    let mut voice = Box::<earshot::Detector>::default();
    Box::new(move |frame| voice.predict_f32(frame).clamp(0.0, 1.0))
}

fn silero() -> Hear {
    let mut voice = NeuralVoiceActivity::default();
    Box::new(move |frame| voice.speech_probability(frame.first_chunk().unwrap()))
}
