//! How restless the text was: what was taken back of it, and whether promises were kept.
use super::{
    latency::Comparison,
    script,
    update::{Gold, Update, by_segment, last_final},
};

/// Words that updates took back, beside the words of the finals. The sums of several tracks add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erasure {
    pub deleted: usize,
    pub of_finals: usize,
}

impl Erasure {
    /// A word counts as written, with its case and punctuation: that is what flickers. All words behind the first one that
    /// an update changed were taken back by it; so were those of a segment that never got its final.
    pub fn of(updates: &[Update]) -> Erasure {
        let mut sum = Erasure::default();
        for segment in by_segment(updates) {
            let mut shown: Vec<&str> = Vec::new();
            for update in &segment {
                let next = words(&update.text);
                let kept = shown.iter().zip(&next).take_while(|(old, new)| old == new).count();
                sum.deleted += shown.len() - kept;
                shown = next;
            }
            match last_final(&segment) {
                Some(last) => sum.of_finals += words(&last.text).len(),
                None => sum.deleted += shown.len(),
            }
        }
        sum
    }

    /// 0 is append-only. `None` without a final word.
    pub fn normalised(self) -> Option<f64> {
        (self.of_finals > 0).then(|| self.deleted as f64 / self.of_finals as f64)
    }
}

impl std::ops::Add for Erasure {
    type Output = Erasure;
    fn add(self, other: Erasure) -> Erasure {
        Erasure {
            deleted: self.deleted + other.deleted,
            of_finals: self.of_finals + other.of_finals,
        }
    }
}

/// The words of a text as they are written; of scripts without spaces each character.
fn words(text: &str) -> Vec<&str> {
    script::units(text).into_iter().map(str::trim_start).collect()
}

/// How many words that were promised not to change did change later, each counted once. Must be 0.
pub fn committed_changes(updates: &[Update]) -> usize {
    by_segment(updates).into_iter().map(|segment| changes(&segment)).sum()
}

fn changes(segment: &[&Update]) -> usize {
    let mut promised: Vec<(&str, bool)> = Vec::new();
    for update in segment {
        let words = words(&update.text);
        for (at, (word, broken)) in promised.iter_mut().enumerate() {
            *broken |= words.get(at) != Some(word);
        }
        let committed = if update.is_final { &update.text } else { &update.committed };
        let known = promised.len();
        promised.extend(self::words(committed).into_iter().skip(known).map(|it| (it, false)));
    }
    promised.iter().filter(|(_, broken)| *broken).count()
}

/// Words that were shown where nobody spoke, and how many minutes that was: they stand for nothing that was said, and the
/// middle of each lies outside of every sentence. `None` where it is not known when somebody spoke.
pub fn silence_words(comparison: &Comparison<'_>, gold: &Gold, audio: f64) -> Option<(usize, f64)> {
    if gold.sentences.is_empty() && !gold.tokens.is_empty() {
        return None;
    }
    let spoken: f64 = gold.sentences.iter().map(|(start, end)| end - start).sum();
    let silent = |(start, end): &(f64, f64)| {
        let middle = (start + end) / 2.0;
        !gold.sentences.iter().any(|(start, end)| (*start..=*end).contains(&middle))
    };
    let words = comparison.inserted().iter().filter(|it| silent(it)).count();
    let minutes = (audio - spoken) / 60.0;
    (minutes > 0.0).then_some((words, minutes))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            reference::Reference,
            update::{gold, partial, settled},
        },
        *,
    };
    use proptest::prelude::*;

    #[test]
    fn what_was_taken_back_is_counted_from_the_first_changed_word() {
        let log = [
            partial(0, 0, "the bus to", "", 0.0),
            // "bus" and "to" go.
            partial(0, 1, "the train to London", "", 0.0),
            settled(0, 2, "the train to London", 0.0),
            // Never finished: "uh" goes too.
            partial(1, 0, "uh", "", 0.0),
            settled(2, 0, "Thank you", 0.0),
        ];
        let sum = Erasure::of(&log);
        assert_eq!(sum, Erasure { deleted: 3, of_finals: 6 });
        assert_eq!(sum.normalised(), Some(0.5));
        assert_eq!(Erasure::default().normalised(), None);
    }

    #[test]
    fn a_broken_promise_is_counted_once_for_each_word() {
        let log = [
            partial(0, 0, "the train to", "the train", 0.0),
            partial(0, 1, "the bus to", "the bus", 0.0),
            settled(0, 2, "a bus", 0.0),
        ];
        assert_eq!(committed_changes(&log), 2);
        let kept =
            [partial(0, 0, "the train to", "the train", 0.0), settled(0, 1, "the train", 0.0)];
        assert_eq!(committed_changes(&kept), 0);
    }

    #[test]
    fn only_words_outside_of_sentences_were_said_in_silence() {
        let gold = gold(&[("one", 1.0), ("two", 2.0)]);
        let mut log = [settled(0, 0, "uh one two you", 3.0)];
        for (word, start) in log[0].words.iter_mut().zip([0.4, 0.6, 1.5, 40.0]) {
            (word.start, word.end) = (start, start + 0.2);
        }
        // The sentence is from 0 to 2 s, so "uh" was put in while somebody spoke.
        let comparison = Comparison::new(&log, &gold, 1.0);
        assert_eq!(silence_words(&comparison, &gold, 62.0), Some((1, 1.0)));
        let text = Gold::of(&Reference { text: "one two".to_owned(), ..Reference::default() });
        assert_eq!(silence_words(&Comparison::new(&log, &text, 1.0), &text, 62.0), None);
        let nothing = Gold::default();
        let all = silence_words(&Comparison::new(&log, &nothing, 1.0), &nothing, 60.0);
        assert_eq!(all, Some((4, 1.0)));
    }

    #[test]
    fn characters_are_words_where_no_spaces_part_them() {
        let log = [
            partial(0, 0, "今日は", "今", 0.0),
            partial(0, 1, "今日の天", "今日", 0.0),
            settled(0, 2, "今日の天気。", 0.0),
        ];
        assert_eq!(Erasure::of(&log), Erasure { deleted: 1, of_finals: 5 });
        assert_eq!(committed_changes(&log), 0);
        let broken = [partial(0, 0, "今日は", "今日", 0.0), settled(0, 1, "今夜は", 0.0)];
        assert_eq!(committed_changes(&broken), 1);
    }

    proptest! {
        #[test]
        fn what_is_only_added_to_erases_nothing(lengths in prop::collection::vec(0usize..6, 1..10)) {
            let mut lengths = lengths;
            lengths.sort_unstable();
            let text = |length: usize| ["a", "b", "c", "d", "e", "f"][..length].join(" ");
            let mut log: Vec<Update> = Vec::new();
            for (at, length) in lengths.iter().enumerate() {
                log.push(partial(0, at as u32, &text(*length), &text(length / 2), 0.0));
            }
            log.push(settled(0, 10, &text(6), 0.0));
            prop_assert_eq!(Erasure::of(&log).deleted, 0);
            prop_assert_eq!(committed_changes(&log), 0);
        }
    }
}
