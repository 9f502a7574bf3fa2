//! Tokens to words.
use std::time::Duration;

use crate::{
    logic::{agree::Heard, script},
    message::{MediaSpan, Word},
};

/// Joins tokens to words. A token may hold a part of a word or of a character, or several of them, and one decode cuts the same text
/// otherwise than another: so the text is cut to words when it is whole, whatever tokens it came in.
#[derive(Default)]
pub(super) struct WordsOfTokens {
    bytes: Vec<u8>,
    tokens: Vec<Token>,
    times: Vec<(usize, Duration)>,
}

struct Token {
    /// Where it ends in the bytes.
    end: usize,
    probability: f32,
    is_punctuation: bool,
}

impl WordsOfTokens {
    pub(super) fn add(&mut self, token: &[u8], probability: f32) {
        self.bytes.extend_from_slice(token);
        let is_punctuation = is_punctuation(token);
        self.tokens.push(Token { end: self.bytes.len(), probability, is_punctuation });
    }

    /// The recogniser wrote this time between two tokens.
    pub(super) fn add_time(&mut self, time: Duration) {
        self.times.push((self.bytes.len(), time));
    }

    /// The words, and how many of them begin before each of the times.
    pub(super) fn finish(self) -> (Vec<Heard>, Vec<(usize, Duration)>) {
        let (text, left_out) = whole_characters(&self.bytes);
        let place = |end: usize| {
            let before = left_out.iter().take_while(|it| it.0 < end);
            end - before.map(|(at, length)| (*length).min(end - at)).sum::<usize>()
        };
        let ends: Vec<usize> = self.tokens.iter().map(|it| place(it.end)).collect();
        let (mut words, mut starts, mut from) = (Vec::new(), Vec::new(), 0);
        for unit in script::units(&text) {
            let to = from + unit.len();
            let first = ends.partition_point(|end| *end <= from);
            let last = ends.partition_point(|end| *end < to);
            let (probability, mark) = certainty(&self.tokens[first..=last]);
            let word = Word { text: unit.to_owned(), span: MediaSpan::default() };
            words.push(Heard { word, probability, mark });
            starts.push(from);
            from = to;
        }
        let before = |end: usize| starts.partition_point(|start| *start < place(end));
        let times = self.times.iter().map(|(end, time)| (before(*end), *time)).collect();
        (words, times)
    }
}

/// The probabilities of the least likely token of a word, and of the punctuation behind it: a doubtful full stop makes no word
/// doubtful.
fn certainty(tokens: &[Token]) -> (f32, f32) {
    let (mut least, mut mark) = (1.0, 1.0);
    for (at, token) in tokens.iter().enumerate() {
        let of: &mut f32 = if token.is_punctuation && at > 0 { &mut mark } else { &mut least };
        *of = of.min(token.probability);
    }
    (least, mark)
}

/// The text, and the places and lengths of bytes that are no part of a whole character: a decode may end within one.
fn whole_characters(bytes: &[u8]) -> (String, Vec<(usize, usize)>) {
    let (mut text, mut left_out, mut at) = (String::new(), Vec::new(), 0);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            left_out.push((at, chunk.invalid().len()));
            at += chunk.invalid().len();
        }
    }
    (text, left_out)
}

fn is_punctuation(token: &[u8]) -> bool {
    std::str::from_utf8(token).is_ok_and(|text| !text.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(tokens: &[&[u8]]) -> Vec<Heard> {
        let mut joined = WordsOfTokens::default();
        tokens.iter().for_each(|token| joined.add(token, 0.5));
        joined.finish().0
    }

    fn check(tokens: &[&[u8]], words: &[&str]) {
        let texts: Vec<String> = heard(tokens).into_iter().map(|it| it.word.text).collect();
        assert_eq!(texts, words);
    }

    #[test]
    fn tokens_make_words_with_their_punctuation() {
        check(
            &[b" Amster", b"dam", b",", b" I", b"'m", b" ", b" here", b"."],
            &[" Amsterdam,", " I'm", "  here."],
        );
        let (half, rest) = "é".as_bytes().split_at(1);
        check(&[b" caf", half, rest], &[" café"]);
    }

    #[test]
    fn each_character_is_a_word_where_no_spaces_part_them_whatever_the_tokens() {
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
    fn a_character_that_was_cut_off_is_left_out() {
        check(&["你".as_bytes(), &"好".as_bytes()[..2]], &["你"]);
        check(&[b" a", &[0xff], b"b", b" c"], &[" ab", " c"]);
    }

    #[test]
    fn a_word_is_as_sure_as_its_least_likely_token_and_its_mark_by_itself() {
        let mut joined = WordsOfTokens::default();
        for (token, probability) in [("你好", 0.9), ("。", 0.3), ("再", 0.8), ("见", 0.7)] {
            joined.add(token.as_bytes(), probability);
        }
        let (words, _) = joined.finish();
        let sure: Vec<(f32, f32)> = words.iter().map(|it| (it.probability, it.mark)).collect();
        assert_eq!(sure, [(0.9, 1.0), (0.9, 0.3), (0.8, 1.0), (0.7, 1.0)]);
    }

    #[test]
    fn times_stand_behind_the_words_before_them() {
        let mut joined = WordsOfTokens::default();
        let s = Duration::from_secs;
        joined.add_time(s(0));
        joined.add("你好。".as_bytes(), 0.5);
        joined.add_time(s(1));
        joined.add(b" OK", 0.5);
        joined.add_time(s(2));
        assert_eq!(joined.finish().1, [(0, s(0)), (2, s(1)), (3, s(2))]);
    }

    proptest! {
        #[test]
        fn any_bytes_give_whole_words(tokens in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..5), any::<bool>()), 0..12)) {
            let mut joined = WordsOfTokens::default();
            for (token, time) in &tokens {
                joined.add(token, 0.5);
                if *time { joined.add_time(Duration::from_secs(1)); }
            }
            let (words, times) = joined.finish();
            prop_assert!(words.iter().all(|it| !it.word.text.trim().is_empty()));
            prop_assert!(times.is_sorted() && times.iter().all(|it| it.0 <= words.len()));
        }
    }
}
