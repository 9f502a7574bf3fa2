//! What a decode heard behind the words that are committed.
use super::Heard;
use crate::{
    logic::spoken::bare,
    message::{MediaSpan, Word},
};

/// A word that ends a second away from where the committed ones end weighs as much as so many letters that differ. Words are
/// placed to 0.15 s; people say about 15 letters a second.
const LETTERS_A_SECOND: f64 = 5.0;

/// The words of `heard`, a decode of the whole segment, that come behind the committed ones.
///
/// A later decode may have other words, or another number of them, where the committed ones are. So the letters of those are
/// aligned with the letters of every beginning of `heard`: the beginning with the fewest edits (Levenshtein) is taken for them,
/// the nearer the better to where they end. By letters, "practitioner is" is not taken for a word that comes behind
/// "practitioners".
pub fn behind(committed: &[Word], mut heard: Vec<Heard>) -> Vec<Heard> {
    let Some(last) = committed.last() else { return heard };
    let known: Vec<char> = committed.iter().flat_map(|it| letters(&it.text)).collect();
    // One row of the table of edit distances: from all known letters to each beginning of what was heard.
    let mut row: Vec<usize> = (0..=known.len()).collect();
    let mut edits = vec![known.len()];
    for word in &heard {
        for letter in letters(&word.word.text) {
            let mut diagonal = row[0];
            row[0] += 1;
            for (at, other) in known.iter().enumerate() {
                let replaced = diagonal + usize::from(letter != *other);
                diagonal = row[at + 1];
                row[at + 1] = replaced.min(row[at] + 1).min(row[at + 1] + 1);
            }
        }
        edits.push(row[known.len()]);
    }
    let cost = |at: usize| {
        let end = match at.checked_sub(1) {
            Some(before) => heard[before].word.span.end(),
            None => heard.first().map_or(last.span.end(), |it| it.word.span.start),
        };
        let apart = end.since(last.span.end()) + last.span.end().since(end);
        edits[at] as f64 + apart.as_secs_f64() * LETTERS_A_SECOND
    };
    let best = (0..=heard.len()).min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or_default();
    // Decodes differ in where a word stands as well: what follows begins behind what is settled.
    let after = |mut heard: Heard| {
        let span = &mut heard.word.span;
        *span = MediaSpan::between(span.start.max(last.span.end()), span.end());
        heard
    };
    heard.drain(best..).map(after).collect()
}

fn letters(word: &str) -> Vec<char> {
    bare(word).chars().collect()
}
