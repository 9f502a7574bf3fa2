//! Audio reduced to what the policy needs of it: the speech probability and the level of each frame.
//!
//! A replay has no recording. Its samples have the level of their frame, and carry the number of the frame in bits that do not
//! change the level. So the voice activity detector and the recogniser of a replay know which audio they get.
use std::{sync::Arc, time::Duration};

use livecap::{
    logic::endpoint::EndpointSettings,
    message::{MediaSpan, MediaTime, SampleRate},
    stages::recognise::{FRAME, NeuralVoiceActivity, VoiceActivity},
};
use serde::{Deserialize, Serialize};

const RATE: SampleRate = SampleRate::SPEECH;

/// Codes are the 64 letters from `0` on, so that people can read a line of them.
const FIRST: u8 = b'0';
const MOST: u8 = 63;
/// Levels are in steps of a quarter of an octave (1.5 dB): the level of a code is 2^((code - 63) / 4). Code 0 is silence.
const QUARTERS: [f32; 4] = [1.0, 1.189_207_1, std::f32::consts::SQRT_2, 1.681_792_9];
/// The bits of a sample that hold the number of its frame. The level is in the upper bits, with a precision of 0.8 %.
const NUMBER: u32 = 0xFFFF;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Skeleton {
    /// The number of samples of the recording, at 16 kHz.
    pub(crate) samples: usize,
    /// The lag of the voice activity detector, milliseconds.
    lag: u64,
    /// The speech probability of each frame of 256 samples, in 63rds.
    voice: String,
    /// The level of each frame.
    level: String,
}

impl Skeleton {
    /// The skeleton of a recording, which the detector gets as one stream.
    pub(crate) fn of(sound: &[f32]) -> Skeleton {
        let mut detector = NeuralVoiceActivity::default();
        let (mut voice, mut level) = (String::new(), String::new());
        for chunk in sound.chunks(FRAME) {
            let mut frame = [0.0; FRAME];
            frame[..chunk.len()].copy_from_slice(chunk);
            let probability = detector.speech_probability(&frame) * f32::from(MOST);
            voice.push(char::from(FIRST + probability.round().clamp(0.0, f32::from(MOST)) as u8));
            level.push(char::from(FIRST + code_of_level(chunk)));
        }
        let lag = detector.lag().as_millis() as u64;
        assert!(voice.len() <= NUMBER as usize, "a piece may last 17 minutes");
        Skeleton { samples: sound.len(), lag, voice, level }
    }

    /// The samples from number `start` up to, but not including, `end`.
    pub(crate) fn within(&self, start: usize, end: usize) -> Vec<f32> {
        let level = |frame: usize| self.level.as_bytes()[frame].saturating_sub(FIRST);
        let value = |frame: usize| {
            f32::from_bits((level_of_code(level(frame)).to_bits() & !NUMBER) | frame as u32)
        };
        let (mut samples, mut at) = (Vec::with_capacity(end - start), start);
        while at < end {
            let next = ((at / FRAME + 1) * FRAME).min(end);
            samples.extend(std::iter::repeat_n(value(at / FRAME), next - at));
            at = next;
        }
        samples
    }

    /// Frames of `length` samples each, with the number of their first sample.
    pub(crate) fn frames(&self, length: usize) -> impl Iterator<Item = (usize, Vec<f32>)> {
        let starts = (0..self.samples).step_by(length);
        starts.map(move |at| (at, self.within(at, (at + length).min(self.samples))))
    }

    pub(crate) fn voice(&self) -> RecordedVoice {
        let probability = |code: u8| f32::from(code.saturating_sub(FIRST)) / f32::from(MOST);
        let probabilities = self.voice.bytes().map(probability).collect();
        RecordedVoice { probabilities, lag: Duration::from_millis(self.lag) }
    }

    /// The spans of speech, as the stage finds them by default.
    pub(crate) fn speech(&self) -> Vec<MediaSpan> {
        let (voice, settings) = (self.voice(), EndpointSettings::default());
        let mut speech: Vec<MediaSpan> = Vec::new();
        for (number, _) in
            voice.probabilities.iter().enumerate().filter(|it| settings.continues_speech(*it.1))
        {
            let at = |number: usize| MediaTime::of_sample((number * FRAME) as u64, RATE);
            let frame = MediaSpan::between(at(number) - voice.lag, at(number + 1));
            match speech.last_mut().filter(|it| it.end() >= frame.start) {
                Some(last) => *last = MediaSpan::between(last.start, frame.end()),
                None => speech.push(frame),
            }
        }
        speech
    }
}

/// A voice activity detector that gives the recorded probabilities.
pub(crate) struct RecordedVoice {
    probabilities: Arc<[f32]>,
    lag: Duration,
}

impl VoiceActivity for RecordedVoice {
    fn speech_probability(&mut self, frame: &[f32; FRAME]) -> f32 {
        // If the frames of the stage are not those of the recording, the frame that most of it belongs to counts.
        self.probabilities.get(number(frame[FRAME / 2])).copied().unwrap_or(0.0)
    }

    fn lag(&self) -> Duration {
        self.lag
    }

    fn reset(&mut self) {}
}

/// The number of the first of these samples in their recording. Less than a frame only identifies the frame.
pub(crate) fn place_of(samples: &[f32]) -> Option<usize> {
    let first = number(*samples.first()?);
    let next = samples.iter().position(|it| number(*it) != first);
    Some(next.map_or(first * FRAME, |next| ((first + 1) * FRAME).saturating_sub(next)))
}

fn number(sample: f32) -> usize {
    (sample.to_bits() & NUMBER) as usize
}

fn code_of_level(samples: &[f32]) -> u8 {
    let power = samples.iter().map(|it| it * it).sum::<f32>() / samples.len().max(1) as f32;
    let code = f32::from(MOST) + 4.0 * power.sqrt().log2();
    // Minus infinity is silence.
    code.round().clamp(0.0, f32::from(MOST)) as u8
}

fn level_of_code(code: u8) -> f32 {
    if code == 0 {
        return 0.0;
    }
    let below = MOST - code.min(MOST);
    QUARTERS[usize::from((4 - below % 4) % 4)] / 2f32.powi(i32::from(below.div_ceil(4)))
}
