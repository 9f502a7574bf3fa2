//! Sound on its way from a source to a recogniser.
use std::{sync::Arc, time::Duration};

use super::{MediaSpan, MediaTime, SampleRate, Speaker, Trace, Why};

/// Mono samples, full scale being −1..1, as the source gave them. Where a frame enters its first edge, what is no number becomes silence,
/// and what lies far beyond full scale is clamped.
///
/// `start` says where on the timeline they stand. When it lies past the end of the frame before, sound is missing:
/// that is a gap and no error, and whoever takes sound passes it on as one.
///
/// A frame without samples tells that no sound follows for now: what was said before it is not waited with.
#[derive(Clone, Debug)]
pub struct AudioFrame {
    pub start: MediaTime,
    pub rate: SampleRate,
    pub samples: Arc<[f32]>,
    /// Why the sound just before this frame is missing, if it is, where the source knows it.
    pub hole: Option<Why>,
    /// Who speaks, where the source knows it.
    pub speaker: Option<Speaker>,
    /// Its `captured` is the moment at which the newest of these samples was captured.
    pub trace: Trace,
}

impl AudioFrame {
    /// Tells that no sound follows for now, after what ends at `start`.
    pub fn interruption(start: MediaTime, rate: SampleRate, trace: Trace) -> AudioFrame {
        AudioFrame { start, rate, samples: Arc::new([]), hole: None, speaker: None, trace }
    }

    pub fn is_interruption(&self) -> bool {
        self.samples.is_empty()
    }

    pub fn duration(&self) -> Duration {
        self.rate.duration_of(self.samples.len())
    }

    pub fn span(&self) -> MediaSpan {
        MediaSpan { start: self.start, length: self.duration() }
    }
}

/// Sound whose rate was seen to be 16 kHz, the only input of a recogniser.
#[derive(Clone, Debug)]
pub struct Speech(AudioFrame);

impl Speech {
    /// `None` where the rate is another one.
    pub fn new(frame: AudioFrame) -> Option<Speech> {
        (frame.rate == SampleRate::SPEECH).then_some(Speech(frame))
    }
}

impl std::ops::Deref for Speech {
    type Target = AudioFrame;
    fn deref(&self) -> &AudioFrame {
        &self.0
    }
}
