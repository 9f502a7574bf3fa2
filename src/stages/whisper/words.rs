//! Tokens to words.
use crate::{
    logic::agree::Heard,
    message::{MediaSpan, Word},
};

/// Languages written without spaces: each token is a word.
const WITHOUT_SPACES: [&str; 6] = ["zh", "ja", "th", "lo", "my", "yue"];

/// Joins tokens to words. A token may hold a part of a character, so bytes are kept until a word is whole.
pub(super) struct WordsOfTokens {
    spaced: bool,
    /// Each with the probabilities of its least likely token and of the punctuation behind it.
    words: Vec<(Vec<u8>, f32, f32)>,
}

impl WordsOfTokens {
    pub(super) fn in_language(language: &str) -> WordsOfTokens {
        WordsOfTokens { spaced: !WITHOUT_SPACES.contains(&language), words: Vec::new() }
    }

    pub(super) fn add(&mut self, token: &[u8], probability: f32) {
        let begins = |last: &[u8]| {
            let whole = std::str::from_utf8(last).is_ok();
            if self.spaced { token.starts_with(b" ") } else { whole && !is_punctuation(token) }
        };
        match self.words.last_mut() {
            Some((last, least, mark)) if !begins(last) => {
                last.extend_from_slice(token);
                // A doubtful full stop makes no word doubtful.
                let of = if is_punctuation(token) { mark } else { least };
                *of = of.min(probability);
            }
            _ => self.words.push((token.to_vec(), probability, 1.0)),
        }
    }

    /// How many words there are so far.
    pub(super) fn count(&self) -> usize {
        self.words.iter().filter(|it| !it.0.trim_ascii().is_empty()).count()
    }

    pub(super) fn finish(self) -> Vec<Heard> {
        let heard = |(bytes, probability, mark): (Vec<u8>, f32, f32)| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Heard { word: Word { text, span: MediaSpan::default() }, probability, mark }
        };
        self.words.into_iter().map(heard).filter(|it| !it.word.text.trim().is_empty()).collect()
    }
}

fn is_punctuation(token: &[u8]) -> bool {
    std::str::from_utf8(token).is_ok_and(|text| !text.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: &str, tokens: &[&[u8]], words: &[&str]) {
        let mut joined = WordsOfTokens::in_language(language);
        tokens.iter().for_each(|token| joined.add(token, 0.5));
        let texts: Vec<String> = joined.finish().into_iter().map(|it| it.word.text).collect();
        assert_eq!(texts, words);
    }

    #[test]
    fn tokens_make_words_with_their_punctuation() {
        check(
            "en",
            &[b" Amster", b"dam", b",", b" I", b"'m", b" ", b" here", b"."],
            &[" Amsterdam,", " I'm", " here."],
        );
        check(
            "zh",
            &["你".as_bytes(), "好".as_bytes(), "。".as_bytes(), "吗".as_bytes()],
            &["你", "好。", "吗"],
        );
        let (half, rest) = "é".as_bytes().split_at(1);
        check("fr", &[b" caf", half, rest], &[" café"]);
    }
}
