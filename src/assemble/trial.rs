//! Measures the cost of a model's decodes on this machine.
use std::{num::NonZeroUsize, time::Duration};

use tokio::time::Instant;

use super::offline::load;
use crate::{
    logic::model_speed::Cost,
    models::Found,
    stages::{
        recognise::{DecodeRequest, Effort, Recogniser},
        whisper::{Whisper, WhisperSettings},
    },
};

/// The repetitions of each decode. The quickest one counts, because other programs may have slowed down the rest.
const TIMES: usize = 3;
const RATE: usize = 16_000;

/// Decodes 3 s and 10 s of `speech` (16 kHz mono, at least 10 s) as a live recogniser does. There is no time limit.
pub fn trial(found: &Found, speech: &[f32], threads: Option<NonZeroUsize>) -> Result<Cost, String> {
    let mut trial = Trial::start(found, threads)?;
    Ok(Cost {
        partial: trial.least(3, speech, Effort::Partial, TIMES)?,
        full: trial.least(10, speech, Effort::Final, TIMES)?,
    })
}

/// The cost of a partial alone, from two decodes: to choose a model in a moment.
pub fn quick_trial(found: &Found, speech: &[f32]) -> Result<Duration, String> {
    Trial::start(found, None)?.least(3, speech, Effort::Partial, 2)
}

struct Trial(Whisper);

impl Trial {
    fn start(found: &Found, threads: Option<NonZeroUsize>) -> Result<Trial, String> {
        let model = load(found)?;
        let usual = WhisperSettings::default();
        let settings = WhisperSettings {
            threads: threads.unwrap_or(usual.threads),
            decoding: Some(found.decoding(model.header())),
            ..usual
        };
        Whisper::start(&model, &settings).map(Trial).map_err(|error| error.to_string())
    }

    fn least(
        &mut self,
        seconds: usize,
        speech: &[f32],
        effort: Effort,
        times: usize,
    ) -> Result<Duration, String> {
        let request = DecodeRequest { effort, ..DecodeRequest::default() };
        let sound = speech.get(..seconds * RATE).unwrap_or(speech);
        let mut least = Duration::MAX;
        for _ in 0..times {
            let begun = Instant::now();
            self.0.decode(sound, &request).map_err(|error| error.to_string())?;
            least = least.min(begun.elapsed());
        }
        Ok(least)
    }
}
