//! Corrections on the wire: the text of a final, changed after it was published.
use serde::{Deserialize, Serialize};

use super::WordTime;
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

/// The words of a corrected text, where the times of those before it are known.
pub fn corrected_words(words: Option<&[WordTime]>, text: &str) -> Option<Vec<WordTime>> {
    let before: Vec<Word> = words?.iter().map(Word::from).collect();
    let words = retimed(&before, text);
    (!before.is_empty()).then(|| words.iter().map(WordTime::from).collect())
}
