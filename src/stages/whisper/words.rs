//! Joins tokens to words.
use std::time::Duration;

use crate::{
    logic::{agreement::DecodedWord, script},
    message::{MediaSpan, Word},
};

/// Joins tokens to words. A token may contain a part of a word or of a character, or several of them, and two decodes may cut
/// the same text into other tokens. So the tokens are joined to the whole text first, and that is cut into words.
#[derive(Default)]
pub(super) struct WordAssembler {
    bytes: Vec<u8>,
    tokens: Vec<Token>,
    times: Vec<(usize, Duration)>,
}

struct Token {
    /// The end of the token in the bytes.
    end: usize,
    probability: f32,
    is_punctuation: bool,
}

impl WordAssembler {
    pub(super) fn add(&mut self, token: &[u8], probability: f32) {
        self.bytes.extend_from_slice(token);
        let is_punctuation = is_punctuation(token);
        self.tokens.push(Token { end: self.bytes.len(), probability, is_punctuation });
    }

    /// Adds a timestamp between two tokens.
    pub(super) fn add_time(&mut self, time: Duration) {
        self.times.push((self.bytes.len(), time));
    }

    /// The words, and for each timestamp how many words precede it.
    pub(super) fn finish(self) -> (Vec<DecodedWord>, Vec<(usize, Duration)>) {
        let (text, dropped) = whole_characters(&self.bytes);
        let place = |end: usize| {
            let before = dropped.iter().take_while(|it| it.0 < end);
            end - before.map(|(at, length)| (*length).min(end - at)).sum::<usize>()
        };
        let ends: Vec<usize> = self.tokens.iter().map(|it| place(it.end)).collect();
        let (mut words, mut starts, mut from) = (Vec::new(), Vec::new(), 0);
        for unit in script::units(&text) {
            let to = from + unit.len();
            let first = ends.partition_point(|end| *end <= from);
            let last = ends.partition_point(|end| *end < to);
            let (probability, punctuation_probability) = confidence(&self.tokens[first..=last]);
            let word = Word { text: unit.to_owned(), span: MediaSpan::default() };
            words.push(DecodedWord { word, probability, punctuation_probability });
            starts.push(from);
            from = to;
        }
        let before = |end: usize| starts.partition_point(|start| *start < place(end));
        let times = self.times.iter().map(|(end, time)| (before(*end), *time)).collect();
        (words, times)
    }
}

/// The probability of a word's least likely token, and that of the punctuation after it. They are kept apart: a doubtful full
/// stop does not make the word doubtful.
fn confidence(tokens: &[Token]) -> (f32, f32) {
    let (mut least, mut punctuation_probability) = (1.0, 1.0);
    for (at, token) in tokens.iter().enumerate() {
        let of: &mut f32 =
            if token.is_punctuation && at > 0 { &mut punctuation_probability } else { &mut least };
        *of = of.min(token.probability);
    }
    (least, punctuation_probability)
}

/// The text, and the positions and lengths of bytes that are no complete character: a decode may end within one.
fn whole_characters(bytes: &[u8]) -> (String, Vec<(usize, usize)>) {
    let (mut text, mut dropped, mut at) = (String::new(), Vec::new(), 0);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            dropped.push((at, chunk.invalid().len()));
            at += chunk.invalid().len();
        }
    }
    (text, dropped)
}

fn is_punctuation(token: &[u8]) -> bool {
    std::str::from_utf8(token).is_ok_and(|text| !text.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words_of(tokens: &[&[u8]]) -> Vec<DecodedWord> {
        let mut assembler = WordAssembler::default();
        tokens.iter().for_each(|token| assembler.add(token, 0.5));
        assembler.finish().0
    }

    fn check(tokens: &[&[u8]], words: &[&str]) {
        let texts: Vec<String> = words_of(tokens).into_iter().map(|it| it.word.text).collect();
        assert_eq!(texts, words);
    }

    #[test]
    fn tokens_become_words_with_their_punctuation() {
        check(
            &[b" Amster", b"dam", b",", b" I", b"'m", b" ", b" here", b"."],
            &[" Amsterdam,", " I'm", "  here."],
        );
        let (half, rest) = "é".as_bytes().split_at(1);
        check(&[b" caf", half, rest], &[" café"]);
    }

    #[test]
    fn each_character_of_a_script_without_spaces_is_a_word_whatever_the_tokens() {
        let words = ["你", "好。", "我", "用", " iPhone", " 吗"];
        let text = words.concat();
        check(
            &["你好".as_bytes(), "。我".as_bytes(), "用 iP".as_bytes(), b"hone", " 吗".as_bytes()],
            &words,
        );
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        check(&bytes, &words);
        check(&["ที่".as_bytes(), "นี่".as_bytes()], &["ที่", "นี่"]);
    }

    #[test]
    fn an_incomplete_character_is_dropped() {
        check(&["你".as_bytes(), &"好".as_bytes()[..2]], &["你"]);
        check(&[b" a", &[0xff], b"b", b" c"], &[" ab", " c"]);
    }

    #[test]
    fn a_word_has_the_probability_of_its_least_likely_token_and_punctuation_its_own() {
        let mut assembler = WordAssembler::default();
        for (token, probability) in [("你好", 0.9), ("。", 0.3), ("再", 0.8), ("见", 0.7)] {
            assembler.add(token.as_bytes(), probability);
        }
        let (words, _) = assembler.finish();
        let probabilities: Vec<(f32, f32)> =
            words.iter().map(|it| (it.probability, it.punctuation_probability)).collect();
        assert_eq!(probabilities, [(0.9, 1.0), (0.9, 0.3), (0.8, 1.0), (0.7, 1.0)]);
    }

    #[test]
    fn timestamps_count_the_words_before_them() {
        let mut assembler = WordAssembler::default();
        let s = Duration::from_secs;
        assembler.add_time(s(0));
        assembler.add("你好。".as_bytes(), 0.5);
        assembler.add_time(s(1));
        assembler.add(b" OK", 0.5);
        assembler.add_time(s(2));
        assert_eq!(assembler.finish().1, [(0, s(0)), (2, s(1)), (3, s(2))]);
    }

    proptest! {
        #[test]
        fn any_bytes_become_whole_words(tokens in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..5), any::<bool>()), 0..12)) {
            let mut assembler = WordAssembler::default();
            for (token, time) in &tokens {
                assembler.add(token, 0.5);
                if *time { assembler.add_time(Duration::from_secs(1)); }
            }
            let (words, times) = assembler.finish();
            prop_assert!(words.iter().all(|it| !it.word.text.trim().is_empty()));
            prop_assert!(times.is_sorted() && times.iter().all(|it| it.0 <= words.len()));
        }
    }
}
