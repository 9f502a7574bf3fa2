//! One word as it is compared: without case and punctuation.
use unicode_normalization::char::is_combining_mark;

/// One word without case and punctuation; empty where it is punctuation only.
pub fn bare(word: &str) -> String {
    word.chars().filter(|it| is_letter(*it)).flat_map(char::to_lowercase).collect()
}

/// Letters, digits and the marks on them, which in Thai or Hindi make another word.
pub(super) fn is_letter(it: char) -> bool {
    it.is_alphanumeric() || is_combining_mark(it)
}
