//! A text with its times, as it stands beside a recording and as `transcribe` writes it (`docs/measures.md`).
use serde::{Deserialize, Deserializer, Serialize};

use super::script;
use crate::message::{MediaTime, Transcript};

/// Seconds on the recording's timeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    pub text: String,
    /// The tag of the language that is spoken, or `mixed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `None` where one of them is read without its times: who does not know when all were said cannot tell silence.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "timed")]
    pub sentences: Option<Vec<Sentence>>,
    /// Words with their times where no sentence has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<TimedWord>>,
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
        Reference {
            text: script::joined(texts),
            sentences: Some(sentences),
            ..Reference::default()
        }
    }

    /// The tag of the language that is spoken; English where nothing is said of it.
    pub fn language(&self) -> &str {
        self.language.as_deref().unwrap_or("en")
    }

    /// All words with times, in their order.
    pub fn timed_words(&self) -> impl Iterator<Item = &TimedWord> {
        let of_sentences = self.sentences.iter().flatten().flat_map(|it| it.words.iter().flatten());
        of_sentences.chain(self.words.iter().flatten())
    }

    /// Takes `words` where it has no word times of its own: each goes to the sentence that its middle lies in, or else is
    /// nearest to; where sentences have no times the words stand by themselves.
    pub fn with_words(mut self, words: Vec<TimedWord>) -> Reference {
        if self.timed_words().next().is_some() {
            return self;
        }
        match self.sentences.as_mut().filter(|it| !it.is_empty()) {
            Some(sentences) => {
                for word in words {
                    let middle = (word.start + word.end) / 2.0;
                    let away = |it: &Sentence| (it.start - middle).max(middle - it.end).max(0.0);
                    let nearest = sentences.iter_mut().min_by(|a, b| away(a).total_cmp(&away(b)));
                    nearest.into_iter().for_each(|it| {
                        it.words.get_or_insert_default().push(word.clone());
                    });
                }
            }
            None => self.words = Some(words),
        }
        self
    }
}

/// A sentence as it is read, with or without times.
#[derive(Deserialize)]
struct Read {
    text: String,
    start: Option<f64>,
    end: Option<f64>,
    words: Option<Vec<TimedWord>>,
}

fn timed<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Sentence>>, D::Error> {
    let read: Option<Vec<Read>> = Option::deserialize(from)?;
    let sentence = |it: Read| {
        Some(Sentence { text: it.text, start: it.start?, end: it.end?, words: it.words })
    };
    Ok(read.and_then(|it| it.into_iter().map(sentence).collect()))
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
        let expected = Reference { text: "good morning".to_owned(), ..Reference::default() };
        assert_eq!(read, expected);
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"text":"good morning"}"#);
    }

    #[test]
    fn sentences_without_times_count_as_none() {
        let read = |sentences: &str| -> Reference {
            let text =
                format!(r#"{{ "text": "a b", "language": "de", "sentences": {sentences} }}"#);
            serde_json::from_str(&text).unwrap()
        };
        let timed = r#"{ "text": "a", "start": 0.0, "end": 1.0 }"#;
        assert_eq!(read(&format!(r#"[{timed}, {{ "text": "b" }}]"#)).sentences, None);
        let read = read(&format!("[{timed}]"));
        assert_eq!((read.sentences.as_ref().map(Vec::len), read.language()), (Some(1), "de"));
        assert!(serde_json::from_str::<Reference>(r#"{ "text": "", "sentences": 3 }"#).is_err());
    }

    #[test]
    fn words_from_elsewhere_go_to_their_sentences() {
        let word =
            |word: &str, start: f64| TimedWord { word: word.to_owned(), start, end: start + 0.2 };
        let words = vec![word("a", 0.1), word("b", 0.95), word("c", 2.5)];
        let sentence =
            |start: f64, words| Sentence { text: String::new(), start, end: start + 1.0, words };
        let plain = Reference { text: "a b c".to_owned(), ..Reference::default() };
        assert_eq!(plain.clone().with_words(words.clone()).words, Some(words.clone()));
        let sentences = Some(vec![sentence(0.0, None), sentence(2.0, None)]);
        let given = Reference { sentences, ..plain.clone() }.with_words(words.clone());
        let counts: Vec<usize> = given
            .sentences
            .iter()
            .flatten()
            .map(|it| it.words.as_ref().map_or(0, Vec::len))
            .collect();
        assert_eq!((counts, &given.words), (vec![2, 1], &None));
        let own = Some(vec![sentence(0.0, Some(vec![word("a", 0.0)]))]);
        let own = Reference { sentences: own, ..plain };
        assert_eq!(own.clone().with_words(words), own);
    }
}
