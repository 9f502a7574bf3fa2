//! How words become entries of the full-text index, and what somebody types a query of it.
//!
//! SQLite's tokenizer splits at spaces and marks. Scripts without spaces are indexed by the character, and asked for as a phrase of
//! characters: so any part of a Chinese or Thai text is found, without a dictionary.
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::logic::script::units;

/// The text as the tokenizer takes it: a space between any two units.
pub(super) fn indexed(text: &str) -> String {
    units(text).iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// All words have to be there, each as a phrase of its units; what stands in quotation marks, as one phrase. The last word of all
/// may be the beginning of a longer one. `None` where there is no word in it.
pub(super) fn query(typed: &str) -> Option<String> {
    let quoted: Vec<String> =
        phrases(typed).iter().map(|it| format!("\"{}\"", indexed(it))).collect();
    if quoted.is_empty() {
        return None;
    }
    let is_open = !typed.ends_with(|it: char| it == '"' || it.is_whitespace());
    Some(quoted.join(" AND ") + if is_open { " *" } else { "" })
}

fn phrases(typed: &str) -> Vec<&str> {
    let mut phrases = Vec::new();
    for (number, part) in typed.split('"').enumerate() {
        if number % 2 == 1 {
            phrases.push(part);
        } else {
            phrases.extend(part.split_whitespace());
        }
    }
    phrases.retain(|it| it.contains(char::is_alphanumeric));
    phrases
}

/// Where in `text` the words stand that were typed: first and after the last byte of each, in order, without overlaps.
pub(super) fn marks(text: &str, typed: &str) -> Vec<(usize, usize)> {
    let words = tokens(text);
    let asked: Vec<Vec<String>> = phrases(typed)
        .iter()
        .map(|it| tokens(&indexed(it)).into_iter().map(|(_, _, word)| word).collect())
        .collect();
    let mut marks = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let matches = |phrase: &&Vec<String>| {
            let here = words[at..].iter().zip(phrase.iter());
            !phrase.is_empty()
                && phrase.len() <= words.len() - at
                // The last word of all may be the beginning of a longer one.
                && here.enumerate().all(|(number, ((_, _, word), asked))| {
                    word == asked || (number + 1 == phrase.len() && word.starts_with(asked.as_str()))
                })
        };
        match asked.iter().filter(matches).map(Vec::len).max() {
            Some(length) => {
                marks.push((words[at].0, words[at + length - 1].1));
                at += length;
            }
            None => at += 1,
        }
    }
    marks
}

/// The words of a text as SQLite's tokenizer sees them, each with its place: runs of letters and digits, and of scripts without
/// spaces each character. Without case and without accents.
fn tokens(text: &str) -> Vec<(usize, usize, String)> {
    let mut tokens = Vec::new();
    let mut place = 0;
    for unit in units(text) {
        let mut from = None;
        for (at, letter) in unit.char_indices().chain([(unit.len(), ' ')]) {
            let is_part = letter.is_alphanumeric() || (from.is_some() && is_combining_mark(letter));
            match (from, is_part) {
                (None, true) => from = Some(at),
                (Some(start), false) => {
                    tokens.push((place + start, place + at, plain(&unit[start..at])));
                    from = None;
                }
                _ => (),
            }
        }
        place += unit.len();
    }
    tokens
}

fn plain(word: &str) -> String {
    word.nfd().filter(|it| !is_combining_mark(*it)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_spaces_are_indexed_by_the_character() {
        assert_eq!(indexed("Good morning, everyone."), "Good morning, everyone.");
        assert_eq!(indexed("实时字幕 live"), "实 时 字 幕 live");
    }

    #[test]
    fn what_is_typed_is_words_and_never_syntax() {
        for (typed, asked) in [
            ("fellow americans", Some(r#""fellow" AND "americans" *"#)),
            ("fellow ", Some(r#""fellow""#)),
            (r#""fellow americans""#, Some(r#""fellow americans""#)),
            ("字幕", Some(r#""字 幕" *"#)),
            ("NEAR(a b) OR -c*", Some(r#""NEAR(a" AND "b)" AND "OR" AND "-c*" *"#)),
            ("  ?! ", None),
            ("", None),
        ] {
            assert_eq!(query(typed).as_deref(), asked, "{typed}");
        }
    }

    #[test]
    fn hits_are_marked_where_the_words_stand() {
        let marked = |text: &str, typed: &str| -> Vec<String> {
            marks(text, typed).into_iter().map(|(from, to)| text[from..to].to_owned()).collect()
        };
        assert_eq!(
            marked("And so, my fellow Américans.", "americans fellow"),
            ["fellow", "Américans"]
        );
        assert_eq!(marked("Ask not what; ask what", r#""ask what""#), ["ask what"]);
        assert_eq!(marked("这是实时字幕。字幕", "字幕"), ["字幕", "字幕"]);
        assert_eq!(marked("captions and caption", "caption"), ["captions", "caption"]);
        assert!(marked("nothing of it", "word").is_empty());
    }
}
