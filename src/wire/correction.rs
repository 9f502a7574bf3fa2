//! Corrections on the wire: the text of a final, changed after it was published.
use serde::{Deserialize, Serialize};

use super::{CaptionEvent, Event, TranslationEvent, WordTime};
use crate::{logic::correction::retimed, message::Word};

/// `correction`: from now on a final has this text. The final itself stays in the log as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorrectionEvent {
    pub text: String,
    pub seq: u64,
    pub track: String,
    pub segment: u64,
    pub lang: String,
    /// Where a translation is corrected: the language of its original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Of the final, in seconds on the audio timeline.
    pub start: f64,
    pub end: f64,
    /// The text until now; empty where it is masked.
    pub before: String,
    /// Who corrected it: the name that an operator gave, or that of a stage.
    pub by: String,
    /// Unix time in ms.
    pub at: u64,
    /// Where the times of the words are known. Words that stayed keep theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<WordTime>>,
    /// What was there before is not to be read any more: nothing that is kept has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
}

impl CorrectionEvent {
    /// An earlier event of the same final, without what this one masks; `None`: it is of another final, or this masks nothing.
    pub fn hides(&self, event: Event) -> Option<Event> {
        let is_of = |track: &str, segment: u64, lang: &str, is_original: bool| {
            self.masked
                && self.segment == segment
                && self.track == track
                && self.lang == lang
                && self.of.is_none() == is_original
        };
        let text = self.text.clone();
        match event {
            Event::Caption(it) if is_of(&it.track, it.segment, &it.lang, true) => {
                Some(Event::Caption(CaptionEvent { text, words: self.words.clone(), ..it }))
            }
            Event::Translation(it) if is_of(&it.track, it.segment, &it.lang, false) => {
                Some(Event::Translation(TranslationEvent { text, untranslated: None, ..it }))
            }
            Event::Correction(it) if is_of(&it.track, it.segment, &it.lang, it.of.is_none()) => {
                let before = if it.masked { String::new() } else { text.clone() };
                let words = self.words.clone();
                Some(Event::Correction(CorrectionEvent { text, before, words, ..it }))
            }
            _ => None,
        }
    }
}

/// The words of a corrected text, where the times of those before it are known.
pub fn corrected_words(words: Option<&[WordTime]>, text: &str) -> Option<Vec<WordTime>> {
    let before: Vec<Word> = words?.iter().map(Word::from).collect();
    let words = retimed(&before, text);
    (!before.is_empty()).then(|| words.iter().map(WordTime::from).collect())
}
