//! The buffer of audio that may still be decoded, and its place on the timeline.
use super::voice::FRAME;
use crate::{
    logic::word_alignment::clip,
    message::{MediaSpan, MediaTime, SampleRate},
};

const RATE: SampleRate = SampleRate::SPEECH;

/// A buffer of 16 kHz audio without a gap. It grows at its end and is dropped from its start.
#[derive(Debug, Default)]
pub(super) struct AudioBuffer {
    /// The time of sample number 0. Times are computed from sample numbers, so they do not drift.
    anchor: MediaTime,
    /// The number of the first sample in the buffer.
    first: usize,
    /// The number of the first sample that the voice activity detector has not had.
    vad_position: usize,
    samples: Vec<f32>,
    /// The spans of speech in the buffer.
    speech: Vec<MediaSpan>,
}

impl AudioBuffer {
    /// An empty buffer that starts at `at`.
    pub(super) fn starting(at: MediaTime) -> AudioBuffer {
        AudioBuffer { anchor: at, ..AudioBuffer::default() }
    }

    pub(super) fn end(&self) -> MediaTime {
        self.time_of(self.first + self.samples.len())
    }

    pub(super) fn append(&mut self, samples: &[f32]) {
        self.samples.extend_from_slice(samples);
    }

    /// The next frame for the voice activity detector, once it is complete.
    pub(super) fn next_frame(&mut self) -> Option<(MediaSpan, &[f32; FRAME])> {
        let at = self.vad_position - self.first;
        let frame = self.samples.get(at..)?.first_chunk::<FRAME>()?;
        let span = MediaSpan::between(
            self.time_of(self.vad_position),
            self.time_of(self.vad_position + FRAME),
        );
        self.vad_position += FRAME;
        Some((span, frame))
    }

    /// Marks a frame as speech.
    pub(super) fn mark_speech(&mut self, frame: MediaSpan) {
        match self.speech.last_mut() {
            Some(last) if last.end() == frame.start => last.length += frame.length,
            _ => self.speech.push(frame),
        }
    }

    /// The spans of speech within `span`.
    pub(super) fn speech_in(&self, span: MediaSpan) -> Vec<MediaSpan> {
        clip(&self.speech, span)
    }

    /// The start of the first speech after `at`.
    pub(super) fn next_speech(&self, at: MediaTime) -> Option<MediaTime> {
        self.speech.iter().find(|it| at < it.end()).map(|it| it.start.max(at))
    }

    /// The samples of `span` that are in the buffer.
    pub(super) fn samples_in(&self, span: MediaSpan) -> Vec<f32> {
        let held = self.first..self.first + self.samples.len();
        let number = |at: MediaTime| self.number_of(at).clamp(held.start, held.end) - self.first;
        self.samples[number(span.start)..number(span.end())].to_vec()
    }

    /// Drops the samples before `at`, up to those that the detector has not had.
    pub(super) fn drop_before(&mut self, at: MediaTime) {
        let keep = self.number_of(at).clamp(self.first, self.vad_position);
        self.samples.drain(..keep - self.first);
        self.first = keep;
        let start = self.time_of(keep);
        self.speech.retain(|it| start < it.end());
    }

    fn time_of(&self, number: usize) -> MediaTime {
        self.anchor + RATE.duration_of(number)
    }

    fn number_of(&self, at: MediaTime) -> usize {
        RATE.samples_in(at.since(self.anchor))
    }
}

/// The root mean square of the samples.
pub(super) fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|it| it * it).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    proptest! {
        /// Whatever the chunks: each sample is found at its time as long as it is kept, and goes to the detector once.
        #[test]
        fn every_sample_keeps_its_place(chunks in prop::collection::vec((0usize..900, any::<bool>()), 1..20), start in 0u64..1_000_000_000) {
            let start = MediaTime::new(Duration::from_nanos(start));
            let at = |number: usize| start + RATE.duration_of(number);
            let mut sound = AudioBuffer::starting(start);
            let (mut put, mut heard, mut kept) = (0, 0, 0);
            for (length, forget) in chunks {
                sound.append(&(put..put + length).map(|it| it as f32).collect::<Vec<_>>());
                put += length;
                while let Some((span, frame)) = sound.next_frame() {
                    prop_assert_eq!((span.start, frame[0]), (at(heard), heard as f32));
                    heard += FRAME;
                }
                if forget {
                    kept = heard.min(kept + 300);
                    sound.drop_before(at(kept));
                }
                let all = sound.samples_in(MediaSpan::between(at(0), at(put + 50)));
                prop_assert_eq!(all, (kept..put).map(|it| it as f32).collect::<Vec<_>>());
                prop_assert_eq!(sound.end(), at(put));
            }
        }
    }
}
