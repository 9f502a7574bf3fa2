//! Invariants of the captions of every piece, whatever the policy decodes.
use std::{collections::HashSet, ops::Range};

use livecap::{
    logic::{align::align, spoken, stability::committed_changes, wer::WordErrors},
    message::Kind,
};

use super::{Replayed, replayed};
use crate::support::corpus::streamed::Streamed;

/// A phrase of at least this many words that occurs twice in a row is a loop. A single word is doubled by people and by models
/// alike.
const PHRASE: usize = 2;

/// Committed words stay, and the final begins with them.
pub(super) fn commitments_hold(run: &Streamed) -> Result<(), String> {
    let changes = committed_changes(&run.updates());
    if changes > 0 {
        return Err(format!("{changes} committed words changed"));
    }
    let all: Vec<_> = run.transcripts().map(|it| it.1).collect();
    for pair in all.windows(2) {
        let (old, new) = (pair[0], pair[1]);
        if (new.segment(), new.revision()) <= (old.segment(), old.revision()) {
            return Err(format!("{new:?} follows {old:?}"));
        }
        let is_same = old.segment() == new.segment();
        if is_same != (old.kind() == Kind::Partial) {
            return Err(format!("a segment ends with its final, and not so: {old:?} {new:?}"));
        }
        let (before, after) = (old.committed_text(), new.committed_text());
        if is_same && !after.starts_with(&before) {
            return Err(format!("`{after}` does not begin with `{before}`, which was committed"));
        }
    }
    Ok(())
}

fn check(what: impl Fn(&Replayed) -> Result<(), String>) {
    assert!(!replayed().is_empty(), "the corpus has pieces");
    let broken = |it: &Replayed| what(it).err().map(|why| format!("{}: {why}", it.name()));
    let broken: Vec<String> = replayed().iter().filter_map(broken).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn committed_words_never_change_and_finals_begin_with_them() {
    check(|it| commitments_hold(&it.run));
}

/// A repeated phrase is no loop if each of its words stands for one that was said: "the gut in the gullet" may be decoded as
/// "the garden, the garden".
#[test]
fn finals_repeat_no_phrase_that_the_reference_has_once() {
    check(|it| {
        let said = spoken::words(&it.piece.head.reference.text);
        let decoded = spoken::words(&it.run.finals().join(" "));
        let stands: HashSet<usize> = align(&said, &decoded).into_iter().flatten().collect();
        let mut made_up = doubled(&decoded)
            .into_iter()
            .filter(|second| second.clone().any(|at| !stands.contains(&at)));
        made_up.next().map_or(Ok(()), |second| Err(decoded[second].join(" ")))
    });
}

/// The positions of the second rounds of phrases that occur twice in a row.
fn doubled(words: &[String]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for length in PHRASE..=words.len() / 2 {
        for (at, pair) in words.windows(length * 2).enumerate() {
            let (one, other) = pair.split_at(length);
            if one == other {
                found.push(at + length..at + length * 2);
            }
        }
    }
    found
}

#[test]
fn captions_contain_no_annotations_and_no_text_without_letters() {
    check(|it| {
        let words = it.run.transcripts().flat_map(|it| it.1.words());
        let strange = |text: &str| {
            text.contains(['[', ']', '(', ')', '*', '♪', '♫'])
                || !text.chars().any(char::is_alphanumeric)
        };
        let mut found = words.filter(|it| strange(&it.text));
        found.next().map_or(Ok(()), |it| Err(format!("{:?}", it.text)))
    });
}

#[test]
fn pieces_without_speech_give_no_captions() {
    check(|it| {
        let is_silent = it.piece.head.reference.text.is_empty();
        let said = it.run.transcripts().find(|it| is_silent && !it.1.words().is_empty());
        said.map_or(Ok(()), |(at, it)| Err(format!("at {at:.1} s: {}", it.text())))
    });
}

#[test]
fn no_piece_has_more_word_errors_than_its_recorded_outcome() {
    check(|it| {
        let (reference, recorded) = (&it.piece.head.reference, &it.piece.outcome);
        let text = it.run.finals().join(" ");
        let errors = WordErrors::between(&reference.text, &text, reference.language()).errors();
        if errors > recorded.errors {
            return Err(format!("{errors} errors, recorded {}: {text}", recorded.errors));
        }
        Ok(())
    });
}
