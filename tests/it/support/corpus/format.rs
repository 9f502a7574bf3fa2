//! The lines of a corpus file: each piece with its audio, its decodes, and its outcome.
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    time::Duration,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use livecap::{
    logic::{
        agreement::DecodedWord, reference::Reference, update::text_of_finals, wer::WordErrors,
    },
    message::{Language, MediaSpan, MediaTime, SampleRate, Word},
    stages::recognise::{DecodeRequest, Effort, Hypothesis, RecogniseError},
};
use serde::{Deserialize, Serialize};

use super::{
    clock::Clock,
    skeleton::Skeleton,
    streamed::{OfModel, Streamed},
};

/// One recording, decoded by one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Piece {
    pub(crate) head: Head,
    pub(crate) sound: Skeleton,
    /// In the order of the requests.
    pub(crate) decodes: Vec<Decode>,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) name: String,
    /// The name of the model's file, without `ggml-`.
    pub(crate) model: String,
    pub(crate) licence: String,
    /// `None`: the recogniser finds it.
    pub(crate) language: Option<String>,
    #[serde(flatten)]
    pub(crate) of_model: OfModel,
    /// Its text is empty where nobody speaks.
    pub(crate) reference: Reference,
}

/// The result of the run in which the decodes were recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) finals: Vec<String>,
    /// The SHA-256 of all captions, a line each.
    pub(crate) captions: String,
    /// How many words of the reference there are, and how many errors the finals hold.
    pub(crate) words: usize,
    pub(crate) errors: usize,
}

impl Outcome {
    pub(crate) fn of(run: &Streamed, reference: &Reference) -> Outcome {
        let text = text_of_finals(&run.updates());
        let errors = WordErrors::between(&reference.text, &text, reference.language());
        let (words, errors) = (errors.words, errors.errors());
        Outcome { finals: run.finals(), captions: run.digest(), words, errors }
    }
}

/// One decode: the request, its cost, and the hypothesis. Probabilities are in thousandths. The recording run used the same
/// rounded values, so a replay gives exactly the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Decode {
    /// The number of its first sample, and the number of samples.
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) effort: String,
    /// The requested language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<String>,
    /// The context of the request, if any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) context: String,
    /// Milliseconds of processor time.
    pub(crate) cost: u64,
    /// Text, probability, probability of the punctuation after it.
    words: Vec<(String, u16, u16)>,
    /// Their spans in milliseconds, if the recogniser has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spans: Option<Vec<(u64, u64)>>,
    /// The spoken language.
    language: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written: Option<String>,
    language_probability: u16,
    no_speech: u16,
    log_probability: i32,
    /// Timestamps: how many words precede each, and milliseconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    times: Vec<(usize, u64)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cut_off: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Piece(Head),
    Sound(Skeleton),
    Decode(Decode),
    Outcome(Outcome),
}

impl Decode {
    pub(crate) fn new(
        at: usize,
        length: usize,
        request: &DecodeRequest,
        cost: Duration,
        hypothesis: &Hypothesis,
    ) -> Decode {
        let ms = |at: MediaTime| at.since_start().as_millis() as u64;
        let words = hypothesis.words.iter();
        Decode {
            at,
            length,
            effort: effort(request.effort).to_owned(),
            asked: request.language.as_ref().map(Language::to_string),
            context: request.context.clone(),
            cost: cost.as_millis() as u64,
            words: words
                .clone()
                .map(|it| {
                    (
                        it.word.text.clone(),
                        thousandths(it.probability),
                        thousandths(it.punctuation_probability),
                    )
                })
                .collect(),
            spans: hypothesis.has_word_times.then(|| {
                words.map(|it| (ms(it.word.span.start), ms(it.word.span.end()))).collect()
            }),
            language: hypothesis.language.to_string(),
            written: hypothesis.text_language.as_ref().map(Language::to_string),
            language_probability: thousandths(hypothesis.language_probability),
            no_speech: thousandths(hypothesis.no_speech),
            log_probability: (hypothesis.log_probability * 1000.0).round() as i32,
            times: hypothesis.times.iter().map(|it| (it.0, it.1.as_millis() as u64)).collect(),
            cut_off: hypothesis.hit_token_limit,
        }
    }

    /// Whether it has the same request, with positions equal within a sample.
    pub(crate) fn is_of(&self, at: usize, length: usize, request: &DecodeRequest) -> bool {
        self.at.abs_diff(at) <= 1
            && self.length.abs_diff(length) <= 1
            && self.effort == effort(request.effort)
            && self.asked.as_deref() == request.language.as_ref().map(Language::as_str)
            && self.context == request.context
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.effort == effort(Effort::FullContext)
    }

    pub(crate) fn span(&self) -> MediaSpan {
        let at = |sample: usize| MediaTime::of_sample(sample as u64, SampleRate::SPEECH);
        MediaSpan::between(at(self.at), at(self.at + self.length))
    }

    /// Takes `scale` times its cost on the clock. It may be cancelled before it ends.
    pub(crate) fn answer(
        &self,
        request: &DecodeRequest,
        clock: &Clock,
        scale: f64,
    ) -> Result<Hypothesis, RecogniseError> {
        let cost = Duration::from_millis(self.cost).mul_f64(scale);
        match clock.spend(cost, &request.cancellation) {
            true => Ok(self.hypothesis()),
            false => Err(RecogniseError::Cancelled),
        }
    }

    pub(crate) fn hypothesis(&self) -> Hypothesis {
        let span = |at: usize| {
            let (start, end) = self.spans.as_ref()?.get(at).copied()?;
            let place = |ms| MediaTime::new(Duration::from_millis(ms));
            Some(MediaSpan::between(place(start), place(end)))
        };
        let part = |thousandths: u16| f32::from(thousandths) / 1000.0;
        let decoded =
            |(at, (text, probability, punctuation)): (usize, &(String, u16, u16))| DecodedWord {
                word: Word { text: text.clone(), span: span(at).unwrap_or_default() },
                probability: part(*probability),
                punctuation_probability: part(*punctuation),
            };
        Hypothesis {
            words: self.words.iter().enumerate().map(decoded).collect(),
            has_word_times: self.spans.is_some(),
            language: Language::new(&self.language),
            text_language: self.written.as_deref().map(Language::new),
            language_probability: part(self.language_probability),
            no_speech: part(self.no_speech),
            log_probability: self.log_probability as f32 / 1000.0,
            times: self.times.iter().map(|it| (it.0, Duration::from_millis(it.1))).collect(),
            hit_token_limit: self.cut_off,
        }
    }
}

fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::Partial => "partial",
        Effort::Final => "final",
        Effort::FullContext => "whole",
    }
}

fn thousandths(part: f32) -> u16 {
    (part * 1000.0).round() as u16
}

pub(crate) fn write(path: &Path, pieces: &[Piece]) -> io::Result<()> {
    let mut out = GzEncoder::new(File::create(path)?, Compression::best());
    let mut line = |line: Line| {
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")
    };
    for piece in pieces {
        line(Line::Piece(piece.head.clone()))?;
        line(Line::Sound(piece.sound.clone()))?;
        for decode in &piece.decodes {
            line(Line::Decode(decode.clone()))?;
        }
        line(Line::Outcome(piece.outcome.clone()))?;
    }
    out.finish()?.flush()
}

pub(crate) fn read(path: &Path) -> io::Result<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    for line in BufReader::new(GzDecoder::new(File::open(path)?)).lines() {
        let line = serde_json::from_str(&line?)?;
        if let Line::Piece(head) = line {
            pieces.push(Piece { head, ..Piece::default() });
            continue;
        }
        let none = || io::Error::other("a corpus file begins with a piece");
        let piece = pieces.last_mut().ok_or_else(none)?;
        match line {
            Line::Piece(_) => (),
            Line::Sound(sound) => piece.sound = sound,
            Line::Decode(decode) => piece.decodes.push(decode),
            Line::Outcome(outcome) => piece.outcome = outcome,
        }
    }
    Ok(pieces)
}
