//! Text that goes round in a loop.
use std::collections::HashSet;

use crate::logic::{agree::Heard, spoken};

/// A unit of so many words may stand so often in a row; more is a loop. People do say a digit four times.
const MOST: [(usize, usize); 3] = [(1, 5), (2, 4), (usize::MAX, 3)];
/// Where more was written than can have been said, a unit of so many words may stand so often.
const MOST_IMPLAUSIBLE: [(usize, usize); 3] = [(1, 2), (2, 1), (usize::MAX, 1)];
/// So many words behind the last round may be the beginning of another round, or the way out of the loop.
const BEHIND: usize = 1;

/// Where more was written than can have been said, so many rounds are a loop wherever they stand: nothing behind them was said.
const ROUNDS: usize = 3;

/// Where more was written than can have been said, so many words in a row are not said twice.
const ALIKE: usize = 5;

/// How many words stand before the second round of a loop that goes on to the end; all of them where there is none.
pub(super) fn said_once(words: &[Heard], implausible: bool) -> usize {
    let bare: Vec<String> = words.iter().map(|it| spoken::bare(&it.word.text)).collect();
    let within = if implausible { second_round(&bare).or_else(|| said_again(&bare)) } else { None };
    within.unwrap_or_else(|| before_end(&bare, implausible))
}

/// Where the second round of the first loop begins.
fn second_round(bare: &[String]) -> Option<usize> {
    let loops = (1..=bare.len() / ROUNDS).filter_map(|unit| {
        let is_again = |at: &usize| bare[*at] == bare[at - unit];
        let whole = |at: &usize| (*at..at + unit * (ROUNDS - 1)).all(|it| is_again(&it));
        (unit..=bare.len() - unit * (ROUNDS - 1)).find(whole)
    });
    loops.min()
}

/// Where words begin that were said before, if not quite alike: at least so many of them are.
fn said_again(bare: &[String]) -> Option<usize> {
    let run = |at: usize, unit: usize| {
        (at..bare.len()).take_while(|it| bare[*it] == bare[it - unit]).count()
    };
    let begin = |at: usize| (1..=at).find(|unit| run(at, *unit) >= ALIKE).map(|unit| (at, unit));
    let (at, unit) = (1..bare.len()).find_map(begin)?;
    // Before them one word may differ, and those before it be alike again.
    let is_alike = |it: &usize| {
        bare[*it] == bare[it - unit] || (*it > unit && bare[it - 1] == bare[it - 1 - unit])
    };
    (unit..at).rev().take_while(is_alike).last().or(Some(at))
}

fn before_end(bare: &[String], implausible: bool) -> usize {
    let limits = if implausible { MOST_IMPLAUSIBLE } else { MOST };
    for behind in 0..=BEHIND.min(bare.len()) {
        let bare = &bare[..bare.len() - behind];
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

/// Bits of a letter.
const LETTER: f32 = 8.0;

/// The length of the text over that of its code by Lempel and Ziv (1978), in bits: for speech of any length below 1.6, for
/// loops more the longer they are. Whisper's own guard asks zlib, whose ratio for speech is much the same.
pub fn compression(text: &str) -> f32 {
    let (mut seen, mut phrase, mut count) = (HashSet::new(), String::new(), 0usize);
    for letter in text.chars() {
        phrase.push(letter);
        if !seen.contains(&phrase) {
            seen.insert(std::mem::take(&mut phrase));
            count += 1;
        }
    }
    count += usize::from(!phrase.is_empty());
    // Each phrase is written as the number of another one and a letter.
    let bits = count as f32 * ((count.max(1) as f32).log2() + LETTER);
    if count == 0 { 0.0 } else { text.chars().count() as f32 * LETTER / bits }
}
