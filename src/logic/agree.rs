//! Which words of a growing segment are settled: those that two looks in a row agree on (LocalAgreement, Liu et al. 2020;
//! Macháček et al. 2023), improbable ones where more looks do.
use std::time::Duration;

use super::spoken::bare;
use crate::message::{MediaSpan, MediaTime, Word};

/// One word as a look heard it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub word: Word,
    /// The recogniser's own probability of the least likely of its tokens, 0 to 1.
    pub probability: f32,
    /// As much of the punctuation behind it; 1 where there is none.
    pub mark: f32,
}

/// When words are shown, and when they are promised not to change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgreementSettings {
    /// The tail is shown up to its first word that is less probable. 0 shows all of it.
    pub show: f32,
    /// As much for the last word of a look, which may be cut off in its middle.
    pub show_last: f32,
    /// As much for the punctuation behind the last word: recognisers end every look as if the sentence did.
    pub show_mark: f32,
    /// What two looks in a row agree on is committed from this probability on, 0 to 1; what is less probable where as many as
    /// `looks` agree on it: a look that hears more of the sentence often thinks better of such a word.
    pub commit: f32,
    pub looks: usize,
    /// So close to the end of the sound no word is committed while somebody speaks: what follows may make another of it.
    pub hold: Duration,
}

impl Default for AgreementSettings {
    fn default() -> AgreementSettings {
        AgreementSettings {
            show: 0.7,
            show_last: 0.9,
            show_mark: 0.9,
            commit: 0.7,
            looks: 3,
            hold: Duration::from_millis(100),
        }
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
    /// The words of the look before that were not committed, and how many looks in a row have had each.
    last: Vec<(Word, usize)>,
}

impl Agreement {
    pub fn new(settings: AgreementSettings) -> Agreement {
        Agreement { settings, last: Vec::new() }
    }

    /// Takes the words of a look at the whole segment. Its words up to the first that the look before had otherwise are
    /// agreed, spelled as this look spells them; they are committed up to the first that is not sure enough for that.
    pub fn look(&mut self, committed: &[Word], heard: Vec<Heard>, end: SoundEnd) -> Agreed {
        let heard = behind(committed, heard);
        let same = heard.iter().zip(&self.last).take_while(|(new, (old, _))| same(&new.word, old));
        let mut looks: Vec<usize> = same.map(|(_, (_, looks))| looks + 1).collect();
        let agreed = looks.len().min(self.settings.whole(&heard, end));
        let sure = heard.iter().zip(&looks).take(agreed);
        let sure = sure.take_while(|(heard, looks)| self.settings.is_sure(heard, **looks)).count();
        let shown = self.settings.shown(&heard, agreed, end) - sure;
        let is_marked = heard.last().is_some_and(|it| it.mark >= self.settings.show_mark);
        let mut words: Vec<Word> = heard.into_iter().map(|it| it.word).collect();
        let mut tail = words.split_off(sure);
        looks.resize(sure + tail.len(), 1);
        self.last = tail.iter().cloned().zip(looks.split_off(sure)).collect();
        let is_last = shown == tail.len();
        tail.truncate(shown);
        let unmarks = is_last && !is_marked && end != SoundEnd::Pause;
        if let Some(last) = tail.last_mut().filter(|_| unmarks) {
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

/// What ends a sentence.
const ENDS: [char; 6] = ['.', '?', '!', '。', '？', '！'];
/// What Whisper models write where somebody stopped before its end.
const BREAKS_OFF: [&str; 2] = ["..", "…"];
/// What may stand behind that.
const CLOSING: [char; 6] = ['"', '\'', '”', '’', ')', '»'];

impl AgreementSettings {
    /// Whether a look at a pause heard a sentence to its end.
    pub fn ends_sentence(&self, heard: &[Heard]) -> bool {
        heard.last().is_some_and(|it| {
            let text = it.word.text.trim_end_matches(CLOSING);
            let breaks_off = BREAKS_OFF.iter().any(|it| text.ends_with(it));
            text.ends_with(ENDS) && !breaks_off && it.mark >= self.show_mark
        })
    }

    /// Whether a word that so many looks in a row agree on may be promised.
    fn is_sure(&self, heard: &Heard, looks: usize) -> bool {
        heard.probability >= self.commit || looks >= self.looks
    }

    /// How many words are far enough from the end of the sound.
    fn whole(&self, heard: &[Heard], end: SoundEnd) -> usize {
        let SoundEnd::Speech(end) = end else { return heard.len() };
        let whole = heard.iter().take_while(|it| it.word.span.end() + self.hold <= end);
        whole.count().min(heard.len().saturating_sub(1))
    }

    /// How many words are shown: the agreed ones, and those behind them that are probable enough.
    fn shown(&self, heard: &[Heard], agreed: usize, end: SoundEnd) -> usize {
        let cut_off =
            if end == SoundEnd::Pause { heard.len() } else { heard.len().saturating_sub(1) };
        let least =
            |at: usize| if at < cut_off { self.show } else { self.show_last.max(self.show) };
        let behind = heard.iter().enumerate().skip(agreed);
        agreed + behind.take_while(|(at, it)| it.probability >= least(*at)).count()
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
    use crate::message::MediaSpan;
    use proptest::prelude::*;

    const WORD: Duration = Duration::from_millis(300);

    /// Words of 300 ms each. Behind a `~` stand improbable ones.
    fn heard(text: &str) -> Vec<Heard> {
        let word = |(n, it): (usize, &str)| {
            let span = MediaSpan { start: MediaTime::new(WORD * n as u32), length: WORD };
            let probability = if it.starts_with('~') { 0.6 } else { 1.0 };
            let text = format!(" {}", it.trim_start_matches('~'));
            Heard { word: Word { text, span }, probability, mark: 0.5 }
        };
        text.split_whitespace().enumerate().map(word).collect()
    }

    fn words(text: &str) -> Vec<Word> {
        heard(text).into_iter().map(|it| it.word).collect()
    }

    fn text(words: &[Word]) -> String {
        words.iter().map(|it| it.text.as_str()).collect::<String>().trim().to_owned()
    }

    /// The sound ends with the last word.
    fn speech(heard: &[Heard]) -> SoundEnd {
        SoundEnd::Speech(heard.last().map_or(MediaTime::ZERO, |it| it.word.span.end()))
    }

    /// What is committed and what is shown behind it after each look; those that end in `//` are looks at a pause.
    fn check(looks: &[&str], shown: &[(&str, &str)]) {
        let mut agreement = Agreement::default();
        let mut committed = Vec::new();
        for (look, (settled, open)) in looks.iter().zip(shown) {
            let (look, is_pause) = look.strip_suffix("//").map_or((*look, false), |it| (it, true));
            let heard = heard(look);
            let end = if is_pause { SoundEnd::Pause } else { speech(&heard) };
            let agreed = agreement.look(&committed, heard, end);
            committed.extend(agreed.words);
            assert_eq!((text(&committed).as_str(), text(&agreed.tail).as_str()), (*settled, *open));
        }
    }

    #[test]
    fn two_looks_settle_what_they_agree_on_but_for_a_word_that_may_be_cut_off() {
        check(
            &[
                "good morning.",
                "Good morning every.",
                "good morning everyone.",
                "good morning everyone.//",
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
    fn what_is_improbable_is_shown_when_a_second_look_agrees_and_committed_with_a_third() {
        check(
            &[
                "the ~plain leaves",
                "the ~train ~leaves",
                "the ~train leaves at",
                "the ~train leaves at ten",
            ],
            &[("", "the"), ("the", ""), ("the", "train leaves at"), ("the train leaves at", "ten")],
        );
    }

    #[test]
    fn a_later_look_cannot_change_what_is_settled() {
        check(
            &[
                "the train//",
                "the train//",
                "a train leaves//",
                "a plain leaves//",
                "train leaves at//",
            ],
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
        let mut heard = heard("the train leaves");
        heard[2].word.span.start = MediaTime::new(Duration::from_millis(950));
        let rest = behind(&words("the train you"), heard);
        assert_eq!(text(&rest.into_iter().map(|it| it.word).collect::<Vec<_>>()), "leaves");
    }

    #[test]
    fn a_sure_mark_behind_the_last_word_ends_a_sentence() {
        let ends = |text: &str, mark| {
            let mut heard = heard(text);
            heard.iter_mut().for_each(|it| it.mark = mark);
            AgreementSettings::default().ends_sentence(&heard)
        };
        let whole = ["It leaves.", "Really?", "\"Now!\"", "好。", "(Yes.)"];
        assert!(whole.iter().all(|it| ends(it, 0.95)));
        assert!(
            ["", "It leaves", "It leaves,", "at 10.5", "It...", "It…"]
                .iter()
                .all(|it| !ends(it, 0.95))
        );
        assert!(!ends("It leaves.", 0.5));
    }

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|it| it.text.trim_end_matches(MARKS)).collect()
    }

    proptest! {
        #[test]
        fn a_pause_settles_what_enough_looks_agree_on_and_no_look_makes_up_words(
            looks in prop::collection::vec("(~?[abc]\\.? ){0,6}", 1..8),
            pauses in prop::collection::vec(any::<bool>(), 8),
        ) {
            let mut agreement = Agreement::default();
            let mut committed: Vec<Word> = Vec::new();
            for (look, is_pause) in looks.iter().zip(pauses) {
                let heard = heard(look);
                let end = if is_pause { SoundEnd::Pause } else { speech(&heard) };
                let rest: Vec<Word> = behind(&committed, heard.clone()).into_iter().map(|it| it.word).collect();
                let agreed = agreement.look(&committed, heard, end);
                let told = [agreed.words.clone(), agreed.tail].concat();
                prop_assert!(texts(&rest).starts_with(&texts(&told)), "{told:?} is no beginning of {rest:?}");
                committed.extend(agreed.words);
            }
            agreement.forget();
            let last = heard(&looks[looks.len() - 1]);
            for _ in 1..AgreementSettings::default().looks {
                agreement.look(&[], last.clone(), SoundEnd::Speech(MediaTime::ZERO));
            }
            let words = last.iter().map(|it| it.word.clone()).collect();
            prop_assert_eq!(agreement.look(&[], last, SoundEnd::Pause), Agreed { words, tail: vec![] });
        }
    }
}
