//! Local agreement: which words of the open segment are committed and which are shown.
//!
//! A word is committed once two decodes in a row agree on it (LocalAgreement-2, Liu et al. 2020; Macháček et al. 2023). An
//! improbable word needs more decodes that agree. A word that lies far enough back is committed as the newest decode has it.
mod decoded_word;
mod settings;
#[cfg(test)]
mod tests;
mod uncommitted;
mod vote;

pub use self::{
    decoded_word::DecodedWord,
    settings::{AgreementSettings, AudioEnd},
    uncommitted::uncommitted,
};
use self::{
    decoded_word::PreviousWord,
    vote::{DECAY, vote},
};
use super::{script, sentence};
use crate::message::Word;

/// What one decode added to a segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgreementUpdate {
    /// Newly committed words. They follow those committed before, and do not change any more.
    pub committed: Vec<Word>,
    /// Words that may still change.
    pub tail: Vec<Word>,
}

/// Compares each decode of the open segment with the one before.
#[derive(Debug, Default)]
pub struct LocalAgreement {
    settings: AgreementSettings,
    /// The words of the previous decode that were not committed.
    previous: Vec<PreviousWord>,
    /// How many of them were shown.
    shown: usize,
}

impl LocalAgreement {
    pub fn new(settings: AgreementSettings) -> LocalAgreement {
        LocalAgreement { settings, ..LocalAgreement::default() }
    }

    /// Takes the words of a decode of the whole segment. Two decodes agree up to the first word in which they differ. Of the agreed
    /// words those are committed that stand before the first one in doubt.
    pub fn add(
        &mut self,
        committed: &[Word],
        decoded: Vec<DecodedWord>,
        end: AudioEnd,
    ) -> AgreementUpdate {
        self.step(committed, decoded, end, usize::MAX)
    }

    /// The same, but commits nothing.
    pub fn add_without_commit(
        &mut self,
        committed: &[Word],
        decoded: Vec<DecodedWord>,
        end: AudioEnd,
    ) -> AgreementUpdate {
        self.step(committed, decoded, end, 0)
    }

    /// Commits at most `most` words.
    fn step(
        &mut self,
        committed: &[Word],
        decoded: Vec<DecodedWord>,
        end: AudioEnd,
        most: usize,
    ) -> AgreementUpdate {
        let mut decoded = uncommitted(committed, decoded);
        let mut decodes = vote(&self.previous, self.shown, &mut decoded);
        let agreed = decodes.iter().take_while(|it| **it > 1).count();
        let agreed = agreed.min(self.settings.whole_words(&decoded, end));
        let commits = decoded.iter().zip(&decodes).take(agreed);
        let commits =
            commits.take_while(|(decoded, decodes)| self.settings.may_commit(decoded, **decodes));
        // By age, at most as many as the previous decode had: many new words at once are a loop.
        let old = self.settings.old_words(&decoded, end).min(self.previous.len());
        let commits = commits.count().max(old);
        let shown = self.settings.shown_words(&decoded, agreed.max(commits), end);
        // A word is committed with its punctuation. While the punctuation is in doubt, the word waits.
        let is_doubtful = decoded.last().is_some_and(|it| {
            it.punctuation_probability < self.settings.show_punctuation_probability
        });
        let commits = if is_doubtful { commits.min(decoded.len() - 1) } else { commits };
        let commits = at_line_break(&decoded, commits.min(most));
        if let Some(last) = decoded.last_mut().filter(|_| is_doubtful) {
            let text = &mut last.word.text;
            text.truncate(text.trim_end_matches(sentence::MARKS).len());
        }
        let tail = decoded.split_off(commits);
        let committed = decoded.into_iter().map(|it| it.word).collect();
        self.shown = shown.saturating_sub(commits);
        let shown = tail.iter().take(self.shown).map(|it| it.word.clone()).collect();
        let previous = |(it, decodes): (DecodedWord, usize)| {
            let DecodedWord { word, probability, .. } = it;
            PreviousWord { word, probability, decodes }
        };
        self.previous = tail.into_iter().zip(decodes.split_off(commits)).map(previous).collect();
        AgreementUpdate { committed, tail: shown }
    }

    /// The rest of the final: the words of the last decode after the committed ones. That decode had more audio and more context than
    /// those before it, so an earlier word is kept only where it is clearly more probable.
    pub fn finish(&mut self, committed: &[Word], decoded: Vec<DecodedWord>) -> Vec<Word> {
        let mut rest = uncommitted(committed, decoded);
        self.previous.iter_mut().for_each(|it| it.probability *= DECAY);
        vote(&self.previous, self.shown, &mut rest);
        rest.into_iter().map(|it| it.word).collect()
    }

    /// Forgets the previous decode: the next one is of another segment.
    pub fn reset(&mut self) {
        *self = LocalAgreement::new(self.settings);
    }
}

/// The first `count` words, or fewer, so that the committed text ends where a line may break, in scripts without spaces too. So
/// nobody reads half of a Thai word as committed, and no line is broken within it.
fn at_line_break(decoded: &[DecodedWord], count: usize) -> usize {
    if !decoded.get(count).is_some_and(|it| it.word.text.starts_with(script::is_unspaced)) {
        return count;
    }
    let (mut text, mut ends) = (String::new(), vec![0]);
    for it in decoded {
        text.push_str(&it.word.text);
        ends.push(text.len());
    }
    let breaks = script::breaks(&text);
    (1..=count).rev().find(|at| breaks.contains(&ends[*at])).unwrap_or_default()
}
