//! Which words of a growing segment are settled: those on which two decodes in a row agree (LocalAgreement, Liu et al. 2020;
//! Macháček et al. 2023), improbable ones where more decodes do, and those that lie so far back that nothing new will be heard of them.
mod behind;
#[cfg(test)]
mod tests;
mod vote;

use std::time::Duration;

pub use self::behind::behind;
use self::vote::{DOUBT, vote};
use super::{script, sentence};
use crate::message::{MediaTime, Word};

/// One word as a decode heard it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub word: Word,
    /// The recogniser's own probability of the least likely of its tokens, 0 to 1.
    pub probability: f32,
    /// As much of the punctuation behind it; 1 where there is none.
    pub mark: f32,
}

/// When words are shown, and when they are promised not to change. Measured with tiny.en and base (`docs/figures.md`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgreementSettings {
    /// So close to the end of the sound words are shown only where two decodes agree or they are probable enough.
    pub edge: Duration,
    /// Close to the end the tail is shown up to its first word that is less probable. 0 shows all of it.
    pub show: f32,
    /// As much for the last word of a decode, which may be cut off in its middle.
    pub show_last: f32,
    /// Punctuation behind the last word that is less probable is left off: recognisers end every decode as if the sentence did.
    pub show_mark: f32,
    /// What two decodes in a row agree on is committed from this probability on, 0 to 1; what is less probable where as many as
    /// `decodes` agree on it.
    pub commit: f32,
    pub decodes: usize,
    /// So close to the end of the sound no word is committed while somebody speaks: what follows may make another of it.
    pub hold: Duration,
    /// What lies so far before the end of the sound is committed as the newest decode has it: more sound does not change it.
    pub settle: Duration,
}

impl Default for AgreementSettings {
    fn default() -> AgreementSettings {
        let ms = Duration::from_millis;
        AgreementSettings {
            edge: ms(1_350),
            show: 0.42,
            show_last: 0.9,
            show_mark: 0.5,
            commit: 0.5,
            decodes: 3,
            hold: ms(400),
            settle: ms(2_100),
        }
    }
}

/// How the sound of a decode ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundEnd {
    /// Within speech, at this place: its last word may be cut off.
    Speech(MediaTime),
    /// In a pause: its last word is whole.
    Pause,
}

/// What one decode added to a segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreed {
    /// To be committed behind the words committed before; they will not change.
    pub words: Vec<Word>,
    /// What may still change.
    pub tail: Vec<Word>,
}

/// Compares each decode of the open segment with the one before.
#[derive(Debug, Default)]
pub struct Agreement {
    settings: AgreementSettings,
    /// The words of the decode before that were not committed.
    last: Vec<Seen>,
    /// How many of them were shown.
    shown: usize,
}

#[derive(Debug)]
struct Seen {
    word: Word,
    probability: f32,
    /// How many decodes in a row have had it.
    decodes: usize,
}

impl Agreement {
    pub fn new(settings: AgreementSettings) -> Agreement {
        Agreement { settings, ..Agreement::default() }
    }

    /// Takes the words of a decode of the whole segment. Its words up to the first that the decode before had otherwise are
    /// agreed; they are committed up to the first that is not sure enough for that.
    pub fn add(&mut self, committed: &[Word], heard: Vec<Heard>, end: SoundEnd) -> Agreed {
        self.step(committed, heard, end, usize::MAX)
    }

    /// The same where nothing may be committed yet.
    pub fn show(&mut self, committed: &[Word], heard: Vec<Heard>, end: SoundEnd) -> Agreed {
        self.step(committed, heard, end, 0)
    }

    /// Commits at most so many words.
    fn step(
        &mut self,
        committed: &[Word],
        heard: Vec<Heard>,
        end: SoundEnd,
        most: usize,
    ) -> Agreed {
        let mut heard = behind(committed, heard);
        let mut decodes = vote(&self.last, self.shown, &mut heard);
        let agreed = decodes.iter().take_while(|it| **it > 1).count();
        let agreed = agreed.min(self.settings.whole(&heard, end));
        let sure = heard.iter().zip(&decodes).take(agreed);
        let sure = sure.take_while(|(heard, decodes)| self.settings.is_sure(heard, **decodes));
        // No more of them than the decode before had: what comes at once in great number is a loop.
        let settled = self.settings.settled(&heard, end).min(self.last.len());
        let sure = sure.count().max(settled);
        let shown = self.settings.shown(&heard, agreed.max(sure), end);
        // A word is committed with its mark: one whose mark is in doubt waits.
        let doubtful = heard.last().is_some_and(|it| it.mark < self.settings.show_mark);
        let sure = if doubtful { sure.min(heard.len() - 1) } else { sure };
        let sure = whole_words(&heard, sure.min(most));
        if let Some(last) = heard.last_mut().filter(|_| doubtful) {
            let text = &mut last.word.text;
            text.truncate(text.trim_end_matches(sentence::MARKS).len());
        }
        let tail = heard.split_off(sure);
        let words = heard.into_iter().map(|it| it.word).collect();
        self.shown = shown.saturating_sub(sure);
        let shown = tail.iter().take(self.shown).map(|it| it.word.clone()).collect();
        let seen = |(it, decodes): (Heard, usize)| {
            let Heard { word, probability, .. } = it;
            Seen { word, probability, decodes }
        };
        self.last = tail.into_iter().zip(decodes.split_off(sure)).map(seen).collect();
        Agreed { words, tail: shown }
    }

    /// The rest of the segment, which ends here: what a decode of all of it heard behind the committed words. That decode had
    /// more sound and more context than those before it, so what stays of them must be clearly more probable.
    pub fn close(&mut self, committed: &[Word], heard: Vec<Heard>) -> Vec<Word> {
        let mut rest = behind(committed, heard);
        self.last.iter_mut().for_each(|it| it.probability *= DOUBT);
        vote(&self.last, self.shown, &mut rest);
        rest.into_iter().map(|it| it.word).collect()
    }

    /// The next decode is of another segment.
    pub fn forget(&mut self) {
        *self = Agreement::new(self.settings);
    }
}

impl AgreementSettings {
    /// How sure it is that a decode at a pause heard a sentence to its end, 0 to 1.
    pub fn sentence_end(&self, heard: &[Heard]) -> f32 {
        let end = heard.last().filter(|it| sentence::is_end(&it.word.text));
        let sure = end.map(|it| it.mark / self.show_mark);
        // What is no number is not sure.
        sure.filter(|it| *it > 0.0).map_or(0.0, |it| it.min(1.0))
    }

    /// Whether a word that so many decodes in a row agree on may be promised.
    fn is_sure(&self, heard: &Heard, decodes: usize) -> bool {
        heard.probability >= self.commit || decodes >= self.decodes
    }

    /// How many words are far enough from the end of the sound.
    fn whole(&self, heard: &[Heard], end: SoundEnd) -> usize {
        let SoundEnd::Speech(end) = end else { return heard.len() };
        let whole = heard.iter().take_while(|it| it.word.span.end() + self.hold <= end);
        whole.count().min(heard.len().saturating_sub(1))
    }

    /// How many words lie so far back that they are committed whatever other decodes had. It is what is said behind them that makes them
    /// surer; silence does not.
    fn settled(&self, heard: &[Heard], end: SoundEnd) -> usize {
        let (SoundEnd::Speech(end), Some(last)) = (end, heard.last()) else { return 0 };
        let end = last.word.span.end().min(end);
        heard.iter().take_while(|it| it.word.span.end() + self.settle <= end).count()
    }

    /// How many words are shown: the agreed ones, those behind them that are far from the end, and those that are probable.
    fn shown(&self, heard: &[Heard], agreed: usize, end: SoundEnd) -> usize {
        let last = if end == SoundEnd::Pause { heard.len() } else { heard.len().saturating_sub(1) };
        let is_far = |it: &Heard| match end {
            SoundEnd::Speech(end) => it.word.span.end() + self.edge <= end,
            SoundEnd::Pause => true,
        };
        let least = |at: usize| if at < last { self.show } else { self.show_last.max(self.show) };
        let behind = heard.iter().enumerate().skip(agreed);
        agreed + behind.take_while(|(at, it)| is_far(it) || it.probability >= least(*at)).count()
    }
}

/// The first `count` words, or fewer: what is committed ends where a line may, in scripts without spaces too. So nobody reads half of
/// a Thai word as a promise, and no line is broken within it.
fn whole_words(heard: &[Heard], count: usize) -> usize {
    if !heard.get(count).is_some_and(|it| it.word.text.starts_with(script::is_unspaced)) {
        return count;
    }
    let (mut text, mut ends) = (String::new(), vec![0]);
    for it in heard {
        text.push_str(&it.word.text);
        ends.push(text.len());
    }
    let breaks = script::breaks(&text);
    (1..=count).rev().find(|at| breaks.contains(&ends[*at])).unwrap_or_default()
}
