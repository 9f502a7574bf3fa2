//! The sound that may still be looked at, and where on the timeline it stands.
use super::voice::FRAME;
use crate::{
    logic::place::clipped,
    message::{MediaSpan, MediaTime, SampleRate},
};

const RATE: SampleRate = SampleRate::SPEECH;

/// A stretch of 16 kHz sound without a hole. It grows at its end and is forgotten at its beginning.
#[derive(Debug, Default)]
pub(super) struct Sound {
    /// Where sample number 0 stands; numbers are counted from there, so that places do not drift.
    anchor: MediaTime,
    /// The number of the first sample still held.
    first: usize,
    /// The number of the first sample that the voice detector has not heard.
    unheard: usize,
    samples: Vec<f32>,
    /// Where somebody speaks, as far as it is held.
    spoken: Vec<MediaSpan>,
}

impl Sound {
    /// Empty, to go on at `at`.
    pub(super) fn starting(at: MediaTime) -> Sound {
        Sound { anchor: at, ..Sound::default() }
    }

    pub(super) fn end(&self) -> MediaTime {
        self.place(self.first + self.samples.len())
    }

    pub(super) fn append(&mut self, samples: &[f32]) {
        self.samples.extend_from_slice(samples);
    }

    /// The next frame for the voice detector, once it is whole.
    pub(super) fn next_frame(&mut self) -> Option<(MediaSpan, &[f32; FRAME])> {
        let at = self.unheard - self.first;
        let frame = self.samples.get(at..)?.first_chunk::<FRAME>()?;
        let span = MediaSpan::between(self.place(self.unheard), self.place(self.unheard + FRAME));
        self.unheard += FRAME;
        Some((span, frame))
    }

    /// A frame in which somebody spoke.
    pub(super) fn mark_spoken(&mut self, frame: MediaSpan) {
        match self.spoken.last_mut() {
            Some(last) if last.end() == frame.start => last.length += frame.length,
            _ => self.spoken.push(frame),
        }
    }

    /// Where somebody speaks in `span`.
    pub(super) fn spoken(&self, span: MediaSpan) -> Vec<MediaSpan> {
        clipped(&self.spoken, span)
    }

    /// The beginning of the first speech behind `at`.
    pub(super) fn spoken_from(&self, at: MediaTime) -> Option<MediaTime> {
        self.spoken.iter().find(|it| at < it.end()).map(|it| it.start.max(at))
    }

    /// What is held of `span`.
    pub(super) fn within(&self, span: MediaSpan) -> Vec<f32> {
        let held = self.first..self.first + self.samples.len();
        let number = |at: MediaTime| self.number(at).clamp(held.start, held.end) - self.first;
        self.samples[number(span.start)..number(span.end())].to_vec()
    }

    /// Lets go of what lies before `at` and has been heard.
    pub(super) fn forget_before(&mut self, at: MediaTime) {
        let keep = self.number(at).clamp(self.first, self.unheard);
        self.samples.drain(..keep - self.first);
        self.first = keep;
        let start = self.place(keep);
        self.spoken.retain(|it| start < it.end());
    }

    fn place(&self, number: usize) -> MediaTime {
        self.anchor + RATE.duration_of(number)
    }

    fn number(&self, at: MediaTime) -> usize {
        RATE.samples_in(at.since(self.anchor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    proptest! {
        /// Whatever the chunks: each sample is found where it was put, as long as it is kept, and heard once.
        #[test]
        fn every_sample_keeps_its_place(chunks in prop::collection::vec((0usize..900, any::<bool>()), 1..20), start in 0u64..1_000_000_000) {
            let start = MediaTime::new(Duration::from_nanos(start));
            let at = |number: usize| start + RATE.duration_of(number);
            let mut sound = Sound::starting(start);
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
                    sound.forget_before(at(kept));
                }
                let all = sound.within(MediaSpan::between(at(0), at(put + 50)));
                prop_assert_eq!(all, (kept..put).map(|it| it as f32).collect::<Vec<_>>());
                prop_assert_eq!(sound.end(), at(put));
            }
        }
    }
}
