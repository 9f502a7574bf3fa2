//! Annotations: what a transcript contains for sounds that are not speech.
use crate::logic::agreement::DecodedWord;

/// The brackets around annotations.
const BRACKETS: [(char, char); 5] =
    [('[', ']'), ('(', ')'), ('（', '）'), ('【', '】'), ('*', '*')];
/// The most words of an annotation. Longer text in brackets was said.
const LONGEST: usize = 4;

/// Drops words in brackets and music notes. An unclosed bracket drops only its own word.
pub(super) fn without_annotations(words: &[DecodedWord]) -> Vec<DecodedWord> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let text = words[at].word.text.trim();
        if let Some(length) = annotation(&words[at..]) {
            at += length;
            continue;
        }
        if !text.contains(['♪', '♫', '♩', '♬']) {
            kept.push(words[at].clone());
        }
        at += 1;
    }
    kept
}

/// The length in words of an annotation that begins with the first word.
fn annotation(words: &[DecodedWord]) -> Option<usize> {
    let text = words[0].word.text.trim();
    let (open, close) = *BRACKETS.iter().find(|it| text.starts_with(it.0))?;
    let closes = |text: &str| {
        let text = text.trim().trim_end_matches(['.', ',', '!', '?']);
        text.ends_with(close) && (open != close || text.chars().count() > 1)
    };
    let length = words.iter().take(LONGEST).position(|it| closes(&it.word.text))? + 1;
    Some(length)
}

/// The words that contain a letter or a digit.
pub(super) fn without_letterless(words: &[DecodedWord]) -> Vec<DecodedWord> {
    let has_letter = |it: &&DecodedWord| it.word.text.chars().any(char::is_alphanumeric);
    words.iter().filter(has_letter).cloned().collect()
}
