//! What the weights can do without a policy: each sentence of the reference by itself, with the full context of the encoder.
use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};

use livecap::{
    logic::{reference::Sentence, wer::WordErrors},
    message::{Language, SampleRate},
    stages::{
        recognise::{DecodeRequest, Effort, Hypothesis, Recogniser},
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};

use crate::pieces::Piece;

/// This much of the audio around a sentence is decoded with it, in seconds.
const AROUND: f64 = 0.3;
/// The lengths of the beginning of a sentence from which its language is found, in seconds.
const PREFIXES: [f64; 6] = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0];

/// Prints the errors of the piece. Where its language is mixed, also prints for how many of its sentences the right language
/// is found from their first seconds.
pub(crate) fn floor(model: &WhisperModel, piece: &Piece, show: bool) {
    let Some(sentences) = &piece.reference.sentences else {
        println!("{:<20} no sentence has its times", piece.name);
        return;
    };
    let is_mixed = piece.language().is_none();
    let settings = WhisperSettings {
        language: piece.language().map(Language::new),
        threads: NonZeroUsize::MIN,
        ..WhisperSettings::default()
    };
    let mut whisper = Whisper::start(model, &settings).unwrap_or_else(|error| panic!("{error}"));
    let mut decode = |from: f64, to: f64, effort: Effort| {
        let sample = |at: f64| {
            let at = Duration::from_secs_f64(at.max(0.0));
            SampleRate::SPEECH.samples_in(at).min(piece.sound.len())
        };
        let request = DecodeRequest { effort, ..DecodeRequest::default() };
        whisper.decode(&piece.sound[sample(from)..sample(to)], &request).expect("an answer")
    };
    let (mut errors, mut told) = (WordErrors::default(), BTreeMap::<String, usize>::new());
    for (at, Sentence { text, start, end, .. }) in sentences.iter().enumerate() {
        let hypothesis = decode(start - AROUND, end + AROUND, Effort::FullContext);
        let said: String = hypothesis.words.iter().map(|it| it.word.text.as_str()).collect();
        let tag = piece.languages[at].as_deref().or(piece.language()).unwrap_or("mixed");
        errors = errors + WordErrors::between(text, &said, piece.reference.language());
        if show {
            println!("    {tag} {} |{said}", hypothesis.language);
        }
        if !is_mixed {
            continue;
        }
        for length in PREFIXES {
            let hypothesis = decode(start - AROUND, start + length, Effort::Partial);
            let is_right = hypothesis.language.as_str() == tag;
            if show {
                let Hypothesis { language, language_probability, .. } = &hypothesis;
                println!(
                    "        {length:.1} s {language} {language_probability:.2} {}",
                    if is_right { "" } else { "wrong" }
                );
            }
            *told.entry(format!("{length:.1} s")).or_default() += usize::from(is_right);
        }
    }
    let rate = errors.rate().unwrap_or(0.0) * 100.0;
    println!("{:<20} {rate:6.2} of {}", piece.name, errors.words);
    for (length, right) in told {
        println!("    of {length}: language of {right} of {} sentences", sentences.len());
    }
}
