//! A text with its times, as it stands beside a recording and as `transcribe` writes it (`docs/measures.md`).
use serde::{Deserialize, Serialize};

use crate::message::{MediaTime, Transcript};

/// Seconds on the recording's timeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentences: Option<Vec<Sentence>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    pub text: String,
    pub start: f64,
    pub end: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<TimedWord>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimedWord {
    pub word: String,
    pub start: f64,
    pub end: f64,
}

impl Reference {
    /// One sentence for each final, from its first word to its last.
    pub fn of(finals: &[Transcript]) -> Reference {
        let sentences: Vec<Sentence> = finals.iter().filter_map(sentence).collect();
        let texts: Vec<&str> = sentences.iter().map(|it| it.text.as_str()).collect();
        Reference { text: texts.join(" "), sentences: Some(sentences) }
    }
}

fn sentence(transcript: &Transcript) -> Option<Sentence> {
    let (first, last) = (transcript.words().first()?, transcript.words().last()?);
    let word = |it: &crate::message::Word| TimedWord {
        word: it.text.trim().to_owned(),
        start: seconds(it.span.start),
        end: seconds(it.span.end()),
    };
    Some(Sentence {
        text: transcript.text(),
        start: seconds(first.span.start),
        end: seconds(last.span.end()),
        words: Some(transcript.words().iter().map(word).collect()),
    })
}

/// To the millisecond.
fn seconds(at: MediaTime) -> f64 {
    at.since_start().as_millis() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_may_be_a_text_alone() {
        let read: Reference =
            serde_json::from_str(r#"{ "text": "good morning", "voice": "x" }"#).unwrap();
        assert_eq!(read, Reference { text: "good morning".to_owned(), sentences: None });
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"text":"good morning"}"#);
    }
}
