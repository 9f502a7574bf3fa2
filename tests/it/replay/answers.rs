//! A recogniser that answers from a recording of decodes.
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use livecap::{
    logic::{
        agreement::DecodedWord,
        word_alignment::{align_between_timestamps, clip},
    },
    message::{MediaSpan, MediaTime, SampleRate, Word},
    stages::recognise::{DecodeRequest, Hypothesis, RecogniseError, Recogniser},
};

use crate::support::corpus::{
    clock::Clock,
    format::{Decode, Piece},
    skeleton::place_of,
};

/// Audio that is missing in a recorded decode counts this many times as much as surplus audio: words of the former are lost,
/// words of the latter are left out.
const MISSING_WEIGHT: u32 = 4;

/// The number of requested decodes, and of those that were recorded exactly so.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    pub(crate) exact: usize,
}

pub(crate) struct Answers {
    piece: Arc<Piece>,
    speech: Vec<MediaSpan>,
    /// For each recorded decode, whether it was used. If the same was decoded twice, each recording is used once.
    used: Vec<bool>,
    clock: Clock,
    /// Decodes cost this many times what they cost when they were recorded.
    scale: f64,
    tally: Arc<Mutex<Tally>>,
}

impl Answers {
    pub(crate) fn new(
        piece: Arc<Piece>,
        clock: Clock,
        scale: f64,
        tally: Arc<Mutex<Tally>>,
    ) -> Answers {
        let (speech, used) = (piece.sound.speech(), vec![false; piece.decodes.len()]);
        Answers { piece, speech, used, clock, scale, tally }
    }

    /// The recorded decode with the same request.
    fn exact(&mut self, at: usize, length: usize, request: &DecodeRequest) -> Option<usize> {
        let decodes = self.piece.decodes.iter().enumerate();
        let same = decodes.filter(|it| it.1.is_of(at, length, request)).map(|it| it.0);
        let found = same.min_by_key(|it| self.used[*it])?;
        self.used[found] = true;
        Some(found)
    }

    /// The words within `span` of the nearest recorded decode.
    fn nearest(
        &self,
        span: MediaSpan,
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let distance = |it: &&Decode| {
            let common = clip(&[it.span()], span).first().map_or(Duration::ZERO, |it| it.length);
            let (missing, surplus) = (span.length - common, it.span().length - common);
            missing * MISSING_WEIGHT + surplus
        };
        let nearest = self.piece.decodes.iter().min_by_key(distance);
        let cause = "nothing was recorded of this piece".to_owned();
        let nearest = nearest.ok_or(RecogniseError::Failed { samples: 0, cause })?;
        let hypothesis = nearest.answer(request, &self.clock, self.scale)?;
        Ok(within(hypothesis, nearest, &self.speech, span))
    }
}

impl Recogniser for Answers {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let at = place_of(speech).unwrap_or_default();
        let exact = self.exact(at, speech.len(), request);
        {
            let mut tally = self.tally.lock().unwrap();
            tally.asked += 1;
            tally.exact += usize::from(exact.is_some());
        }
        match exact {
            Some(found) => self.piece.decodes[found].answer(request, &self.clock, self.scale),
            None => {
                let place = |sample: usize| MediaTime::of_sample(sample as u64, SampleRate::SPEECH);
                self.nearest(MediaSpan::between(place(at), place(at + speech.len())), request)
            }
        }
    }
}

/// The words of a recorded decode whose middles lie in `span`, aligned as the stage would have aligned them.
fn within(
    hypothesis: Hypothesis,
    decode: &Decode,
    speech: &[MediaSpan],
    span: MediaSpan,
) -> Hypothesis {
    let of_decode = decode.span();
    let texts: Vec<Word> = hypothesis.words.iter().map(|it| it.word.clone()).collect();
    let aligned = if hypothesis.has_word_times {
        let shift = |it: Word| {
            let start = of_decode.start + it.span.start.since_start();
            Word { span: MediaSpan { start, ..it.span }, ..it }
        };
        texts.into_iter().map(shift).collect()
    } else {
        let times = if decode.is_whole() { hypothesis.times.as_slice() } else { &[] };
        align_between_timestamps(texts, times, &clip(speech, of_decode), of_decode)
    };
    let aligned = hypothesis.words.iter().zip(aligned);
    let inside = aligned.filter(|(_, word)| {
        let middle = word.span.start + word.span.length / 2;
        span.start <= middle && middle < span.end()
    });
    let from_start = |at: MediaTime| MediaTime::new(at.since(span.start));
    let words = inside.map(|(decoded, word)| {
        let span = MediaSpan::between(from_start(word.span.start), from_start(word.span.end()));
        DecodedWord { word: Word { span, ..word }, ..decoded.clone() }
    });
    Hypothesis { words: words.collect(), has_word_times: true, times: Vec::new(), ..hypothesis }
}
