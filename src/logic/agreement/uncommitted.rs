//! The words of a decode that come after the committed words.
use std::time::Duration;

use super::decoded_word::DecodedWord;
use crate::{
    logic::{script::is_unspaced, spoken::bare},
    message::{MediaSpan, Word},
};

/// The cost, in letter edits, of a second between the ends of two words. Words are placed to 0.15 s, and people say about 15
/// letters a second.
const EDITS_PER_SECOND: f64 = 5.0;
/// The same word may be this much further away at no cost: one decode may put it before a pause and another behind it.
const SAME_WORD_SLACK: Duration = Duration::from_millis(600);

/// The words of `decoded`, a decode of the whole segment, that come after the committed words.
///
/// A later decode may contain other words, or another number of words, in the place of the committed ones. So the letters of the
/// committed words are aligned with the letters of every prefix of `decoded`. The prefix with the fewest edits (Levenshtein) is
/// taken as the committed part; a prefix that ends near the end of the committed words is preferred. Letters are compared, not
/// words: "practitioner is" must not count as a new word after "practitioners".
pub fn uncommitted(committed: &[Word], mut decoded: Vec<DecodedWord>) -> Vec<DecodedWord> {
    let Some(last) = committed.last() else { return decoded };
    let known: Vec<char> = committed.iter().flat_map(|it| letters(&it.text)).collect();
    // One row of the edit distance table: from all committed letters to each prefix of the decode.
    let mut row = vec![0];
    row.extend(known.iter().scan(0, |sum, letter| {
        *sum += insertion(*letter);
        Some(*sum)
    }));
    let mut edits = vec![row[known.len()]];
    for word in &decoded {
        for letter in letters(&word.word.text) {
            let mut diagonal = row[0];
            row[0] += insertion(letter);
            for (at, other) in known.iter().enumerate() {
                let replaced = diagonal + if letter == *other { 0 } else { substitution(letter) };
                diagonal = row[at + 1];
                let inserted = row[at + 1] + insertion(letter);
                row[at + 1] = replaced.min(row[at] + insertion(*other)).min(inserted);
            }
        }
        edits.push(row[known.len()]);
    }
    let cost = |at: usize| {
        let end = match at.checked_sub(1) {
            Some(before) => decoded[before].word.span.end(),
            None => decoded.first().map_or(last.span.end(), |it| it.word.span.start),
        };
        let apart = end.since(last.span.end()) + last.span.end().since(end);
        let is_same = at > 0 && bare(&decoded[at - 1].word.text) == bare(&last.text);
        let apart = if is_same { apart.saturating_sub(SAME_WORD_SLACK) } else { apart };
        edits[at] as f64 + apart.as_secs_f64() * EDITS_PER_SECOND
    };
    let best = (0..=decoded.len()).min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or_default();
    // Decodes also differ in the times of words. New words never begin before the committed ones end.
    let after = |mut decoded: DecodedWord| {
        let span = &mut decoded.word.span;
        *span = MediaSpan::between(span.start.max(last.span.end()), span.end());
        decoded
    };
    decoded.drain(best..).map(after).collect()
}

/// The cost of a letter that only one of the two texts has. A character of a script without spaces is a whole syllable: decodes
/// rather write it in another way (`車`, `车`) than leave it out.
fn insertion(letter: char) -> usize {
    if is_unspaced(letter) { 4 } else { 1 }
}

/// The cost of a letter in the place of another one.
fn substitution(letter: char) -> usize {
    if is_unspaced(letter) { 2 } else { 1 }
}

fn letters(word: &str) -> Vec<char> {
    bare(word).chars().collect()
}
