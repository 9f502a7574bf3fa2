//! A recogniser that answers from a recording.
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use livecap::{
    logic::{
        agreement::DecodedWord,
        word_alignment::{align_between_timestamps, clipped},
    },
    message::{MediaSpan, MediaTime, SampleRate, Word},
    stages::recognise::{DecodeRequest, Hypothesis, RecogniseError, Recogniser},
};

use crate::support::corpus::{
    clock::Clock,
    format::{Decode, Piece},
    skeleton::place_of,
};

/// Sound that a recorded decode did not hear counts so many times as much as sound that it heard in vain: words of the former are
/// lost, words of the latter are left out.
const UNHEARD: u32 = 4;

/// How many decodes were asked for, and how many of them had been recorded just so.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    pub(crate) exact: usize,
}

pub(crate) struct Answers {
    piece: Arc<Piece>,
    spoken: Vec<MediaSpan>,
    /// Of each decode, whether it has answered: where the same was asked twice, each answers once.
    used: Vec<bool>,
    clock: Clock,
    /// Decodes cost so many times what they cost when they were recorded.
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
        let (spoken, used) = (piece.sound.spoken(), vec![false; piece.decodes.len()]);
        Answers { piece, spoken, used, clock, scale, tally }
    }

    /// The recorded decode that was asked the same.
    fn exact(&mut self, at: usize, length: usize, request: &DecodeRequest) -> Option<usize> {
        let decodes = self.piece.decodes.iter().enumerate();
        let same = decodes.filter(|it| it.1.is_of(at, length, request)).map(|it| it.0);
        let found = same.min_by_key(|it| self.used[*it])?;
        self.used[found] = true;
        Some(found)
    }

    /// What the nearest recorded decode heard in `span`.
    fn nearest(
        &self,
        span: MediaSpan,
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        let far = |it: &&Decode| {
            let common = clipped(&[it.span()], span).first().map_or(Duration::ZERO, |it| it.length);
            let (unheard, in_vain) = (span.length - common, it.span().length - common);
            unheard * UNHEARD + in_vain
        };
        let nearest = self.piece.decodes.iter().min_by_key(far);
        let cause = "nothing was recorded of this piece".to_owned();
        let nearest = nearest.ok_or(RecogniseError::Failed { samples: 0, cause })?;
        let heard = nearest.answer(request, &self.clock, self.scale)?;
        Ok(within(heard, nearest, &self.spoken, span))
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

/// The words of a recorded decode whose middles lie in `span`, placed as the stage would have placed them.
fn within(heard: Hypothesis, decode: &Decode, spoken: &[MediaSpan], span: MediaSpan) -> Hypothesis {
    let of_decode = decode.span();
    let texts: Vec<Word> = heard.words.iter().map(|it| it.word.clone()).collect();
    let placed = if heard.timed {
        let shift = |it: Word| {
            let start = of_decode.start + it.span.start.since_start();
            Word { span: MediaSpan { start, ..it.span }, ..it }
        };
        texts.into_iter().map(shift).collect()
    } else {
        let times = if decode.is_whole() { heard.times.as_slice() } else { &[] };
        align_between_timestamps(texts, times, &clipped(spoken, of_decode), of_decode)
    };
    let placed = heard.words.iter().zip(placed);
    let inside = placed.filter(|(_, word)| {
        let middle = word.span.start + word.span.length / 2;
        span.start <= middle && middle < span.end()
    });
    let from_start = |at: MediaTime| MediaTime::new(at.since(span.start));
    let words = inside.map(|(heard, word)| {
        let span = MediaSpan::between(from_start(word.span.start), from_start(word.span.end()));
        DecodedWord { word: Word { span, ..word }, ..heard.clone() }
    });
    Hypothesis { words: words.collect(), timed: true, times: Vec::new(), ..heard }
}
