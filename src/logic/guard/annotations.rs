//! What stands in a transcript for sound that is no speech.
use crate::logic::agree::Heard;

/// Brackets that annotations stand in.
const BRACKETS: [(char, char); 5] =
    [('[', ']'), ('(', ')'), ('（', '）'), ('【', '】'), ('*', '*')];
/// An annotation is a few words; longer text in brackets was said.
const LONGEST: usize = 4;

/// The words without those in brackets, and without music notes. A bracket that is not closed leaves out itself alone.
pub(super) fn without_annotations(words: &[Heard]) -> Vec<Heard> {
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

/// How many words from the first on are an annotation in brackets.
fn annotation(words: &[Heard]) -> Option<usize> {
    let text = words[0].word.text.trim();
    let (open, close) = *BRACKETS.iter().find(|it| text.starts_with(it.0))?;
    let closes = |text: &str| {
        let text = text.trim().trim_end_matches(['.', ',', '!', '?']);
        text.ends_with(close) && (open != close || text.chars().count() > 1)
    };
    let length = words.iter().take(LONGEST).position(|it| closes(&it.word.text))? + 1;
    Some(length)
}

/// The words that hold a letter or a digit.
pub(super) fn without_letterless(words: &[Heard]) -> Vec<Heard> {
    let has_letter = |it: &&Heard| it.word.text.chars().any(char::is_alphanumeric);
    words.iter().filter(has_letter).cloned().collect()
}
