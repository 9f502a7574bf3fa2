//! Finds text that repeats itself in a loop.
use std::collections::HashSet;

use crate::logic::{agreement::DecodedWord, spoken};

/// Pairs: a unit of up to so many words may occur so often in a row. More is a loop. People do say a digit four times.
const MAX_OCCURRENCES: [(usize, usize); 3] = [(1, 5), (2, 4), (usize::MAX, 3)];
/// The same pairs for a hypothesis with more words than fit into the time.
const MAX_OCCURRENCES_IMPLAUSIBLE: [(usize, usize); 3] = [(1, 2), (2, 1), (usize::MAX, 1)];
/// Up to this many words may follow the last round: they begin another round or leave the loop.
const MAX_TRAILING_WORDS: usize = 1;

/// With more words than fit into the time, this many rounds are a loop anywhere in the text, and no word after them was said.
const LOOP_ROUNDS: usize = 3;

/// With more words than fit into the time, a run of this many words is never said twice.
const REPEATED_RUN: usize = 5;

/// The number of words before the second round of a loop that goes on to the end. All words if there is no such loop.
pub(super) fn words_before_loop(words: &[DecodedWord], implausible: bool) -> usize {
    let bare: Vec<String> = words.iter().map(|it| spoken::bare(&it.word.text)).collect();
    let within =
        if implausible { second_round(&bare).or_else(|| inexact_repeat(&bare)) } else { None };
    within.unwrap_or_else(|| before_final_loop(&bare, implausible))
}

/// The position of the second round of the first loop.
fn second_round(bare: &[String]) -> Option<usize> {
    let loops = (1..=bare.len() / LOOP_ROUNDS).filter_map(|unit| {
        let is_again = |at: &usize| bare[*at] == bare[at - unit];
        let whole = |at: &usize| (*at..at + unit * (LOOP_ROUNDS - 1)).all(|it| is_again(&it));
        (unit..=bare.len() - unit * (LOOP_ROUNDS - 1)).find(whole)
    });
    loops.min()
}

/// The position where words begin to repeat earlier ones, not exactly, but with a run of at least [`REPEATED_RUN`] equal
/// words.
fn inexact_repeat(bare: &[String]) -> Option<usize> {
    let run = |at: usize, unit: usize| {
        (at..bare.len()).take_while(|it| bare[*it] == bare[it - unit]).count()
    };
    let begin =
        |at: usize| (1..=at).find(|unit| run(at, *unit) >= REPEATED_RUN).map(|unit| (at, unit));
    let (at, unit) = (1..bare.len()).find_map(begin)?;
    // Before that run one word may differ, and the words before it may be equal again.
    let is_alike = |it: &usize| {
        bare[*it] == bare[it - unit] || (*it > unit && bare[it - 1] == bare[it - 1 - unit])
    };
    (unit..at).rev().take_while(is_alike).last().or(Some(at))
}

fn before_final_loop(bare: &[String], implausible: bool) -> usize {
    let limits = if implausible { MAX_OCCURRENCES_IMPLAUSIBLE } else { MAX_OCCURRENCES };
    for trailing in 0..=MAX_TRAILING_WORDS.min(bare.len()) {
        let bare = &bare[..bare.len() - trailing];
        for unit in 1..=bare.len() / 2 {
            let most = limits.iter().find(|it| unit <= it.0).map_or(usize::MAX, |it| it.1);
            let same = bare.iter().rev().zip(bare.iter().rev().skip(unit));
            let run = same.take_while(|(one, other)| one == other).count();
            if run / unit + 1 > most {
                return bare.len() - run;
            }
        }
    }
    bare.len()
}

const BITS_PER_LETTER: f32 = 8.0;

/// The length of the text divided by the length of its Lempel-Ziv code (LZ78, 1978), both in bits. Speech of any length is
/// below 1.6. Loops are above it, the longer the higher. Whisper's own filter uses the ratio of zlib, which is much the same
/// for speech.
pub fn compression_ratio(text: &str) -> f32 {
    let (mut known, mut phrase, mut count) = (HashSet::new(), String::new(), 0usize);
    for letter in text.chars() {
        phrase.push(letter);
        if !known.contains(&phrase) {
            known.insert(std::mem::take(&mut phrase));
            count += 1;
        }
    }
    count += usize::from(!phrase.is_empty());
    // A phrase is coded as the number of an earlier phrase and one letter.
    let bits = count as f32 * ((count.max(1) as f32).log2() + BITS_PER_LETTER);
    if count == 0 { 0.0 } else { text.chars().count() as f32 * BITS_PER_LETTER / bits }
}
