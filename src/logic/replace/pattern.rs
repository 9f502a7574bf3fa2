//! What a rule looks for: a regular expression that matches whole words, and, in scripts without spaces, inside of what stands between spaces.
use std::ops::Range;

use regex::{Captures, Regex};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::logic::script::is_unspaced;

/// What people and models write for an apostrophe.
const APOSTROPHES: [char; 4] = ['\'', '’', 'ʼ', '＇'];
const ANY_APOSTROPHE: &str = "['’ʼ＇]";

#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not a regular expression: {why}")]
pub struct RuleError {
    pub pattern: String,
    pub why: String,
}

#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Matches where words begin and end.
    whole: Regex,
    /// Matches anywhere: what begins or ends between letters of a script without spaces has to be looked at.
    anywhere: Regex,
}

impl Pattern {
    /// `named` is what an error calls it; what `tail` matches belongs to it, but need not end with a word.
    pub(super) fn new(named: &str, looks_for: &str, tail: &str) -> Result<Pattern, RuleError> {
        let looks_for: String = looks_for.nfc().collect();
        let compiled = |looks_for: &str| {
            Regex::new(looks_for)
                .map_err(|error| RuleError { pattern: named.to_owned(), why: error.to_string() })
        };
        Ok(Pattern {
            whole: compiled(&format!(r"\b{{start-half}}(?:{looks_for})\b{{end-half}}{tail}"))?,
            anywhere: compiled(&format!("(?:{looks_for}){tail}"))?,
        })
    }

    /// The first match that does not begin before `from`, in bytes.
    pub(super) fn captures_from<'t>(&self, text: &'t str, from: usize) -> Option<Captures<'t>> {
        let start = |it: &Captures<'t>| it.get(0).map_or(usize::MAX, |it| it.start());
        let whole = (from <= text.len()).then(|| self.whole.captures_at(text, from)).flatten();
        if !text.contains(is_unspaced) {
            return whole;
        }
        let inside = self.inside(text, from);
        // The whole words where both begin together.
        [whole, inside].into_iter().flatten().min_by_key(start)
    }

    fn inside<'t>(&self, text: &'t str, from: usize) -> Option<Captures<'t>> {
        let mut at = from;
        while at <= text.len() {
            let found = self.anywhere.captures_at(text, at)?;
            let place = found.get(0)?.range();
            if is_whole(text, &place) {
                return Some(found);
            }
            at = next_letter(text, place.start);
        }
        None
    }
}

/// Where the letter behind the one at `from` begins; past the end where there is none.
pub(super) fn next_letter(text: &str, from: usize) -> usize {
    text[from..].chars().next().map_or(text.len() + 1, |it| from + it.len_utf8())
}

/// Whether neither end of `place` parts a word or a letter from its marks.
fn is_whole(text: &str, place: &Range<usize>) -> bool {
    let matched = &text[place.clone()];
    let before = text[..place.start].chars().next_back();
    let after = text[place.end..].chars().next();
    is_border(before, matched.chars().next())
        && is_border(matched.chars().next_back(), after)
        && !after.is_some_and(is_combining_mark)
}

fn is_border(before: Option<char>, after: Option<char>) -> bool {
    let is_word = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
    let is_unspaced = |it: Option<char>| it.is_some_and(is_unspaced);
    !(is_word(before) && is_word(after)) || is_unspaced(before) || is_unspaced(after)
}

/// A phrase as a pattern: whatever its case, the space between its words, and its apostrophes. Letters of a script without spaces may stand together.
pub(super) fn phrase(phrase: &str) -> String {
    let mut pattern = "(?i)".to_owned();
    let mut last = None;
    for part in phrase.split_whitespace() {
        if let Some(last) = last {
            let close = is_unspaced(last) && part.starts_with(is_unspaced);
            pattern.push_str(if close { r"\s*" } else { r"\s+" });
        }
        pattern.push_str(&with_any_apostrophe(&regex::escape(part)));
        last = part.chars().next_back();
    }
    pattern
}

/// The pattern, with each apostrophe that is not escaped standing for all kinds of it.
pub(super) fn with_any_apostrophe(pattern: &str) -> String {
    let mut wider = String::new();
    let mut escaped = false;
    for sign in pattern.chars() {
        match APOSTROPHES.contains(&sign) && !escaped {
            true => wider.push_str(ANY_APOSTROPHE),
            false => wider.push(sign),
        }
        escaped = sign == '\\' && !escaped;
    }
    wider
}
