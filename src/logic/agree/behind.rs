//! What a decode heard behind the words that are committed.
use std::time::Duration;

use super::Heard;
use crate::{
    logic::{script::is_unspaced, spoken::bare},
    message::{MediaSpan, Word},
};

/// A word that ends a second away from where the committed ones end weighs as much as so many letters that differ. Words are
/// placed to 0.15 s; people say about 15 letters a second.
const LETTERS_A_SECOND: f64 = 5.0;
/// The same word may stand so much further away: one decode may put it before a pause and another behind it.
const SAME_WORD: Duration = Duration::from_millis(600);

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
    let mut row = vec![0];
    row.extend(known.iter().scan(0, |sum, letter| {
        *sum += missing(*letter);
        Some(*sum)
    }));
    let mut edits = vec![row[known.len()]];
    for word in &heard {
        for letter in letters(&word.word.text) {
            let mut diagonal = row[0];
            row[0] += missing(letter);
            for (at, other) in known.iter().enumerate() {
                let replaced = diagonal + if letter == *other { 0 } else { another(letter) };
                diagonal = row[at + 1];
                let inserted = row[at + 1] + missing(letter);
                row[at + 1] = replaced.min(row[at] + missing(*other)).min(inserted);
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
        let is_same = at > 0 && bare(&heard[at - 1].word.text) == bare(&last.text);
        let apart = if is_same { apart.saturating_sub(SAME_WORD) } else { apart };
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

/// What a letter costs that one text lacks. A character of a script without spaces is a syllable, and another decode rather writes it
/// otherwise (`車`, `车`) than not at all.
fn missing(letter: char) -> usize {
    if is_unspaced(letter) { 4 } else { 1 }
}

/// What a letter costs that the other text has otherwise.
fn another(letter: char) -> usize {
    if is_unspaced(letter) { 2 } else { 1 }
}

fn letters(word: &str) -> Vec<char> {
    bare(word).chars().collect()
}
