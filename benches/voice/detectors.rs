//! The voice activity detectors that are compared.
use livecap::stages::recognise::{FRAME, NeuralVoiceActivity, VoiceActivity};

/// Returns the probability of speech in a frame.
pub(crate) type Detect = Box<dyn FnMut(&[f32]) -> f32>;

/// Its name, the samples of its frames, and how to start it.
pub(crate) type Detector = (&'static str, usize, fn() -> Detect);
pub(crate) const DETECTORS: [Detector; 2] =
    [("earshot", FRAME, earshot), ("Silero", FRAME, silero)];

fn earshot() -> Detect {
    let mut voice = Box::<earshot::Detector>::default();
    Box::new(move |frame| voice.predict_f32(frame).clamp(0.0, 1.0))
}

fn silero() -> Detect {
    let mut voice = NeuralVoiceActivity::default();
    Box::new(move |frame| voice.speech_probability(frame.first_chunk().unwrap()))
}
