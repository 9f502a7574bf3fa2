//! What a viewer received, and what was said: the two things that every measure compares.
use super::{
    reference::{Reference, TimedWord},
    script, spoken,
};

/// One state of a segment, as a viewer received it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    pub segment: u64,
    pub revision: u32,
    pub is_final: bool,
    /// The whole text of the segment.
    pub text: String,
    /// The beginning of `text` that is promised not to change; of a final, all of it.
    pub committed: String,
    /// The words of `text` with the recogniser's times, seconds on the audio timeline.
    pub words: Vec<TimedWord>,
    /// The end of the newest sound behind it, seconds on the audio timeline.
    pub heard_to: f64,
    /// When it was received: seconds after the moment at which sample 0 was captured.
    pub at: f64,
}

impl Update {
    /// The words of its text as spoken, each with the end that the recogniser gave it.
    pub(super) fn spoken(&self) -> Vec<(String, f64)> {
        let words = self.words.iter();
        words
            .flat_map(|it| spoken::words(&it.word).into_iter().map(|word| (word, it.end)))
            .collect()
    }
}

/// The updates of one track by segment, in the order of the segments, each in the order in which they came.
pub(super) fn by_segment(updates: &[Update]) -> Vec<Vec<&Update>> {
    let mut segments = std::collections::BTreeMap::<u64, Vec<&Update>>::new();
    for update in updates {
        segments.entry(update.segment).or_default().push(update);
    }
    segments.into_values().collect()
}

/// The text of all finals, in the order of their segments.
pub fn text_of_finals(updates: &[Update]) -> String {
    let finals = by_segment(updates).into_iter().filter_map(|it| last_final(&it).cloned());
    let finals: Vec<String> = finals.map(|it| it.text).collect();
    script::joined(finals.iter().map(String::as_str))
}

pub(super) fn last_final<'a>(segment: &[&'a Update]) -> Option<&'a Update> {
    segment.iter().rev().find(|it| it.is_final).copied()
}

/// What was said, word by word as spoken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gold {
    pub tokens: Vec<GoldToken>,
    /// Start and end of each sentence, seconds on the audio timeline.
    pub sentences: Vec<(f64, f64)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GoldToken {
    pub text: String,
    /// The end of the word, seconds on the audio timeline, on its last token: a number may be several words as spoken.
    pub end: Option<f64>,
    pub sentence: Option<usize>,
}

impl Gold {
    pub fn of(reference: &Reference) -> Gold {
        let mut gold = Gold::default();
        let Some(sentences) = &reference.sentences else {
            match &reference.words {
                Some(words) => words.iter().for_each(|it| gold.add(&it.word, Some(it.end), None)),
                None => gold.add(&reference.text, None, None),
            }
            return gold;
        };
        for (number, sentence) in sentences.iter().enumerate() {
            gold.sentences.push((sentence.start, sentence.end));
            match &sentence.words {
                Some(words) => {
                    words.iter().for_each(|it| gold.add(&it.word, Some(it.end), Some(number)));
                }
                None => gold.add(&sentence.text, None, Some(number)),
            }
        }
        gold
    }

    fn add(&mut self, text: &str, end: Option<f64>, sentence: Option<usize>) {
        let token = |text| GoldToken { text, end: None, sentence };
        self.tokens.extend(spoken::words(text).into_iter().map(token));
        if let (Some(last), Some(_)) = (self.tokens.last_mut(), end) {
            last.end = end;
        }
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.tokens.iter().map(|it| it.text.clone()).collect()
    }
}

/// Logs on paper, for tests.
#[cfg(test)]
pub(super) use on_paper::{gold, partial, settled};

#[cfg(test)]
mod on_paper {
    use super::*;
    use crate::logic::reference::Sentence;

    fn state(segment: u64, revision: u32, text: &str, committed: &str, at: f64) -> Update {
        let word = |word: &str| TimedWord { word: format!(" {word}"), start: at, end: at };
        let words = text.split_whitespace().map(word).collect();
        let (text, committed) = (text.to_owned(), committed.to_owned());
        let heard_to = at;
        Update { segment, revision, is_final: false, text, committed, words, heard_to, at }
    }

    pub(in crate::logic) fn partial(
        segment: u64,
        revision: u32,
        text: &str,
        committed: &str,
        at: f64,
    ) -> Update {
        state(segment, revision, text, committed, at)
    }

    pub(in crate::logic) fn settled(segment: u64, revision: u32, text: &str, at: f64) -> Update {
        Update { is_final: true, ..state(segment, revision, text, text, at) }
    }

    /// One sentence from 0 to the end of its last word.
    pub(in crate::logic) fn gold(words: &[(&str, f64)]) -> Gold {
        let word = |(word, end): &(&str, f64)| TimedWord {
            word: (*word).to_owned(),
            start: end - 0.2,
            end: *end,
        };
        let words: Vec<TimedWord> = words.iter().map(word).collect();
        let end = words.last().map_or(0.0, |it| it.end);
        let sentence = Sentence { text: String::new(), start: 0.0, end, words: Some(words) };
        Gold::of(&Reference { sentences: Some(vec![sentence]), ..Reference::default() })
    }
}
