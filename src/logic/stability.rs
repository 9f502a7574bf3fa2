//! How restless the text was: what was taken back of it, and whether promises were kept.
use super::{
    latency::Comparison,
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
                let next: Vec<&str> = update.text.split_whitespace().collect();
                let kept = shown.iter().zip(&next).take_while(|(old, new)| old == new).count();
                sum.deleted += shown.len() - kept;
                shown = next;
            }
            match last_final(&segment) {
                Some(last) => sum.of_finals += last.text.split_whitespace().count(),
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

/// How many words that were promised not to change did change later, each counted once. Must be 0.
pub fn committed_changes(updates: &[Update]) -> usize {
    by_segment(updates).into_iter().map(|segment| changes(&segment)).sum()
}

fn changes(segment: &[&Update]) -> usize {
    let mut promised: Vec<(&str, bool)> = Vec::new();
    for update in segment {
        let words: Vec<&str> = update.text.split_whitespace().collect();
        for (at, (word, broken)) in promised.iter_mut().enumerate() {
            *broken |= words.get(at) != Some(word);
        }
        let committed = if update.is_final { &update.text } else { &update.committed };
        promised.extend(committed.split_whitespace().skip(promised.len()).map(|it| (it, false)));
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
