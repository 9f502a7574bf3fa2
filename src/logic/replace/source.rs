//! Words as one text, and back again: where a rule has matched, what it writes takes the time of what it stands for.
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use crate::message::{MediaSpan, Word};

/// Where a rule matches, and what is written there.
pub(super) struct Place {
    pub(super) bytes: Range<usize>,
    pub(super) words: Range<usize>,
    pub(super) text: String,
}

/// Words as one text.
pub(super) struct Source<'a> {
    words: &'a [Word],
    pub(super) text: String,
    /// Where each word ends in it, in bytes.
    ends: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(words: &'a [Word]) -> Source<'a> {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for word in words {
            // What looks the same is the same, whether its accents are letters of their own or not.
            text.extend(word.text.nfc());
            ends.push(text.len());
        }
        Source { words, text, ends }
    }

    fn word_at(&self, byte: usize) -> usize {
        self.ends.partition_point(|end| *end <= byte)
    }

    pub(super) fn words_of(&self, bytes: Range<usize>) -> Range<usize> {
        self.word_at(bytes.start)..self.word_at(bytes.end - 1) + 1
    }

    /// The words of the rewritten text, each with the number of the first word that it stands for.
    pub(super) fn written(&self, places: &[Place]) -> Vec<(usize, Word)> {
        let mut letters: Vec<Letter> = Vec::new();
        let mut from = 0;
        let copy = |range: Range<usize>, letters: &mut Vec<Letter>| {
            for (at, sign) in self.text[range.clone()].char_indices() {
                let word = self.word_at(range.start + at);
                let span = self.words[word].span;
                letters.push(Letter { sign, words: word..word + 1, span });
            }
        };
        for place in places {
            copy(from..place.bytes.start, &mut letters);
            let first = self.words[place.words.start].span;
            let whole = MediaSpan::between(first.start, self.words[place.words.end - 1].span.end());
            let count = place.text.split_whitespace().count().max(1) as u32;
            let (mut number, mut before) = (0, ' ');
            for sign in place.text.trim().chars() {
                number += u32::from(before != ' ' && sign.is_whitespace());
                before = if sign.is_whitespace() { ' ' } else { sign };
                // Several words for one, or for others, share its time.
                let each = whole.length / count;
                let span = MediaSpan { start: whole.start + each * number, length: each };
                letters.push(Letter { sign, words: place.words.clone(), span });
            }
            from = place.bytes.end;
        }
        copy(from..self.text.len(), &mut letters);
        gathered(&letters)
    }
}

/// A letter that is written, with the words it stands for and their time.
struct Letter {
    sign: char,
    words: Range<usize>,
    span: MediaSpan,
}

/// Letters to words: a new one begins at a space, and where a word of the original did.
fn gathered(letters: &[Letter]) -> Vec<(usize, Word)> {
    let mut words: Vec<(usize, Word)> = Vec::new();
    let (mut spaced, mut last) = (false, None::<usize>);
    for Letter { sign, words: of, span } in letters {
        if sign.is_whitespace() {
            spaced = true;
            continue;
        }
        let begins = spaced || last.is_none_or(|last| last <= of.start);
        match words.last_mut().filter(|_| !begins) {
            Some((_, word)) => {
                word.text.push(*sign);
                // A sign behind it, of a word that became several, begins where that one did.
                word.span = MediaSpan::between(word.span.start, word.span.end().max(span.end()));
            }
            None => {
                let space = if spaced { " " } else { "" };
                words.push((of.start, Word { text: format!("{space}{sign}"), span: *span }));
            }
        }
        (spaced, last) = (false, Some(of.end));
    }
    words
}
