//! Which words of a growing segment are settled: those that two looks in a row agree on (LocalAgreement, Liu et al. 2020;
//! Macháček et al. 2023).
use std::time::Duration;

use super::spoken::bare;
use crate::message::{MediaSpan, MediaTime, Word};

/// One word as a look heard it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub word: Word,
    /// The recogniser's own probability of the least likely of its tokens, 0 to 1.
    pub probability: f32,
}

/// When words are shown, and when they are promised not to change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgreementSettings {
    /// The tail is shown up to its first word that is less probable. 0 shows all of it.
    pub show: f32,
    /// As much for the last word of a look, which may be cut off in its middle.
    pub show_last: f32,
    /// So close to the end of the sound no word is committed while somebody speaks: what follows may make another of it.
    pub hold: Duration,
}

impl Default for AgreementSettings {
    fn default() -> AgreementSettings {
        AgreementSettings { show: 0.3, show_last: 0.5, hold: Duration::from_millis(100) }
    }
}

/// How the sound of a look ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundEnd {
    /// Within speech, at this place: its last word may be cut off.
    Speech(MediaTime),
    /// In a pause: its last word is whole.
    Pause,
}

/// What one look added to a segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreed {
    /// To be committed behind the words committed before; they will not change.
    pub words: Vec<Word>,
    /// What may still change.
    pub tail: Vec<Word>,
}

/// Compares each look at the open segment with the one before.
#[derive(Debug, Default)]
pub struct Agreement {
    settings: AgreementSettings,
    last: Vec<Word>,
}

impl Agreement {
    pub fn new(settings: AgreementSettings) -> Agreement {
        Agreement { settings, last: Vec::new() }
    }

    /// Takes the words of a look at the whole segment. Its words up to the first that the look before had otherwise are
    /// agreed, spelled as this look spells them.
    pub fn look(&mut self, committed: &[Word], heard: Vec<Heard>, end: SoundEnd) -> Agreed {
        let heard = behind(committed, heard);
        let same = heard.iter().zip(&self.last).take_while(|(new, old)| same(&new.word, old));
        let agreed = same.count().min(self.settings.whole(&heard, end));
        let mut shown = self.settings.shown(&heard, end).max(agreed);
        let mut words: Vec<Word> = heard.into_iter().map(|it| it.word).collect();
        let mut tail = words.split_off(agreed);
        self.last = tail.clone();
        shown -= agreed;
        let is_last = shown == tail.len();
        tail.truncate(shown);
        if let (SoundEnd::Speech(_), true, Some(last)) = (end, is_last, tail.last_mut()) {
            // Recognisers end every look as if the sentence did.
            last.text.truncate(last.text.trim_end_matches(MARKS).len());
        }
        Agreed { words, tail }
    }

    /// The next look is at another segment.
    pub fn forget(&mut self) {
        self.last.clear();
    }
}

/// What ends a sentence or a part of it.
const MARKS: [char; 11] = ['.', ',', '?', '!', ';', ':', '…', '。', '、', '？', '！'];

impl AgreementSettings {
    /// How many words are far enough from the end of the sound.
    fn whole(&self, heard: &[Heard], end: SoundEnd) -> usize {
        let SoundEnd::Speech(end) = end else { return heard.len() };
        let whole = heard.iter().take_while(|it| it.word.span.end() + self.hold <= end);
        whole.count().min(heard.len().saturating_sub(1))
    }

    /// How many words are probable enough to be shown.
    fn shown(&self, heard: &[Heard], end: SoundEnd) -> usize {
        let cut_off = if end == SoundEnd::Pause { heard.len() } else { heard.len().saturating_sub(1) };
        let least = |at: usize| if at < cut_off { self.show } else { self.show_last.max(self.show) };
        heard.iter().enumerate().take_while(|(at, it)| it.probability >= least(*at)).count()
    }
}

/// The words of `heard`, a look at the whole segment, that come behind the committed ones.
///
/// A later look may have other words, or another number of them, where the committed ones are. So those are aligned with
/// every beginning of `heard`: the one with the fewest edits is taken for them, among equals the one whose words lie
/// where the committed ones lie.
pub fn behind(committed: &[Word], mut heard: Vec<Heard>) -> Vec<Heard> {
    let Some(last) = committed.last() else { return heard };
    let known: Vec<String> = committed.iter().map(|it| bare(&it.text)).collect();
    // One row of the edit distance table: from all committed words to each beginning of `heard`.
    let mut row: Vec<usize> = (0..=known.len()).collect();
    let mut edits = vec![known.len()];
    for word in heard.iter().map(|it| bare(&it.word.text)) {
        let mut diagonal = row[0];
        row[0] += 1;
        for (at, other) in known.iter().enumerate() {
            let replaced = diagonal + usize::from(word != *other);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(row[at + 1] + 1);
        }
        edits.push(row[known.len()]);
    }
    let misplaced = |at: usize| {
        let late = heard[..at].iter().filter(|it| middle(&it.word) > last.span.end()).count();
        let early = heard[at..].iter().filter(|it| middle(&it.word) < last.span.end()).count();
        late + early
    };
    let best = (0..=heard.len())
        .min_by_key(|at| (edits[*at], misplaced(*at), at.abs_diff(known.len())))
        .unwrap_or_default();
    // Looks differ in where a word stands as well: what follows begins behind what is settled.
    let after = |mut heard: Heard| {
        let span = &mut heard.word.span;
        *span = MediaSpan::between(span.start.max(last.span.end()), span.end());
        heard
    };
    heard.drain(best..).map(after).collect()
}

fn same(new: &Word, old: &Word) -> bool {
    bare(&new.text) == bare(&old.text)
}

fn middle(word: &Word) -> MediaTime {
    word.span.start + word.span.length / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    /// Words of 300 ms each.
    fn words(text: &str) -> Vec<Word> {
        let length = Duration::from_millis(300);
        let place = |n: usize| MediaSpan { start: MediaTime::new(length * n as u32), length };
        let word = |(n, it): (usize, &str)| Word { text: format!(" {it}"), span: place(n) };
        text.split_whitespace().enumerate().map(word).collect()
    }

    fn text(words: &[Word]) -> String {
        words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned()
    }

    /// What is committed and what may still change after each look.
    fn check(looks: &[&str], shown: &[(&str, &str)]) {
        let mut agreement = Agreement::default();
        let mut committed = Vec::new();
        for (look, (settled, open)) in looks.iter().zip(shown) {
            let agreed = agreement.look(&committed, words(look));
            committed.extend(agreed.words);
            assert_eq!((text(&committed).as_str(), text(&agreed.tail).as_str()), (*settled, *open));
        }
    }

    #[test]
    fn two_looks_settle_what_they_agree_on() {
        check(
            &[
                "good morning",
                "Good morning every",
                "good morning everyone",
                "good morning everyone.",
            ],
            &[
                ("", "good morning"),
                ("Good morning", "every"),
                ("Good morning", "everyone"),
                ("Good morning everyone.", ""),
            ],
        );
    }

    #[test]
    fn a_later_look_cannot_change_what_is_settled() {
        check(
            &["the train", "the train", "a train leaves", "a plain leaves", "train leaves at"],
            &[
                ("", "the train"),
                ("the train", ""),
                ("the train", "leaves"),
                ("the train leaves", ""),
                ("the train leaves", "at"),
            ],
        );
    }

    #[test]
    fn a_word_that_was_never_said_swallows_no_other() {
        // "you" was settled and has gone; by its place "leaves" is another word.
        let mut heard = words("the train leaves");
        heard[2].span.start = MediaTime::new(Duration::from_millis(950));
        assert_eq!(text(&behind(&words("the train you"), heard)), "leaves");
    }

    proptest! {
        #[test]
        fn a_look_repeated_settles_all_of_it_and_no_look_makes_up_words(
            looks in prop::collection::vec("([abc] ){0,6}", 1..8),
        ) {
            let mut agreement = Agreement::default();
            let mut committed: Vec<Word> = Vec::new();
            for look in &looks {
                let heard = words(look);
                let agreed = agreement.look(&committed, heard.clone());
                let rest = [agreed.words.clone(), agreed.tail].concat();
                prop_assert!(text(&heard).ends_with(&text(&rest)), "{rest:?} is not the end of {heard:?}");
                committed.extend(agreed.words);
            }
            agreement.forget();
            let last = words(&looks[looks.len() - 1]);
            agreement.look(&[], last.clone());
            prop_assert_eq!(agreement.look(&[], last.clone()), Agreed { words: last, tail: vec![] });
        }
    }
}
