//! What must hold of the captions of every piece, whatever the policy asks for.
use livecap::{
    logic::{spoken, stability::committed_changes, wer::WordErrors},
    message::Kind,
};

use super::{Replayed, replayed};
use crate::support::corpus::streamed::Streamed;

/// A phrase of so many words or more that stands twice running is a loop. One word is doubled by people and by models alike.
const PHRASE: usize = 2;

/// What was promised stays, and the final begins with it.
pub(super) fn promises_are_kept(run: &Streamed) -> Result<(), String> {
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
    check(|it| promises_are_kept(&it.run));
}

#[test]
fn no_final_says_a_phrase_twice_running_that_was_said_once() {
    check(|it| {
        let said = doubled(&spoken::words(&it.piece.head.reference.text));
        let doubled_in = |text: String| doubled(&spoken::words(&text));
        let mut found = it.run.finals().into_iter().flat_map(doubled_in);
        // "thou also, thou also" may be heard as "Dao also, Dao also".
        let is_of = |one: &[String], other: &[String]| {
            one.len() == other.len() && one.iter().zip(other).any(|(one, other)| one == other)
        };
        found
            .find(|it| !said.iter().any(|said| is_of(said, it)))
            .map_or(Ok(()), |it| Err(it.join(" ")))
    });
}

/// The phrases that stand twice running, the second right behind the first.
fn doubled(words: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for length in PHRASE..=words.len() / 2 {
        for pair in words.windows(length * 2) {
            let (one, other) = pair.split_at(length);
            if one == other {
                found.push(one.to_vec());
            }
        }
    }
    found
}

#[test]
fn no_caption_holds_an_annotation_or_text_without_letters() {
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
fn nothing_is_captioned_where_nobody_speaks() {
    check(|it| {
        let is_silent = it.piece.head.reference.text.is_empty();
        let said = it.run.transcripts().find(|it| is_silent && !it.1.words().is_empty());
        said.map_or(Ok(()), |(at, it)| Err(format!("at {at:.1} s: {}", it.text())))
    });
}

#[test]
fn no_piece_has_more_word_errors_than_when_it_was_recorded() {
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
