//! The vocabulary of a Whisper model, as bytes: the first words that a model file in ggml's format has.
use std::collections::HashMap;

use serde::Deserialize;

use super::{ImportError, SourceFault, find::Found};

/// As many as each published file has; whisper.cpp makes the names of the tokens behind them itself.
const WORDS: usize = 50_257;

/// The bytes of each word, by its number.
pub(super) fn words(found: &mut Found) -> Result<Vec<Vec<u8>>, ImportError> {
    let place = found.place();
    for (file, read) in FILES {
        if let Some(text) = found.text(file)? {
            let words = read(&text).map_err(|fault| SourceFault::text(file, &fault));
            return words.and_then(|words| in_bytes(file, words)).map_err(|fault| fault.at(place));
        }
    }
    Err(SourceFault::MissingFile("tokenizer.json, vocab.json or vocabulary.json".into()).at(place))
}

type Numbered = Vec<(u64, String)>;
type Read = fn(&str) -> Result<Numbered, serde_json::Error>;

/// Where a vocabulary may stand, the one with the most in it first.
const FILES: [(&str, Read); 4] = [
    ("tokenizer.json", of_tokenizer),
    ("vocab.json", of_map),
    ("vocabulary.json", of_list),
    ("vocabulary.txt", of_lines),
];

fn of_tokenizer(text: &str) -> Result<Numbered, serde_json::Error> {
    #[derive(Deserialize)]
    struct Tokenizer {
        model: Model,
        #[serde(default)]
        added_tokens: Vec<Added>,
    }
    #[derive(Deserialize)]
    struct Model {
        vocab: HashMap<String, u64>,
    }
    #[derive(Deserialize)]
    struct Added {
        id: u64,
        content: String,
    }
    let tokenizer: Tokenizer = serde_json::from_str(text)?;
    let added = tokenizer.added_tokens.into_iter().map(|it| (it.id, it.content));
    Ok(tokenizer
        .model
        .vocab
        .into_iter()
        .map(|(word, number)| (number, word))
        .chain(added)
        .collect())
}

fn of_map(text: &str) -> Result<Numbered, serde_json::Error> {
    let words: HashMap<String, u64> = serde_json::from_str(text)?;
    Ok(words.into_iter().map(|(word, number)| (number, word)).collect())
}

fn of_list(text: &str) -> Result<Numbered, serde_json::Error> {
    let words: Vec<String> = serde_json::from_str(text)?;
    Ok((0..).zip(words).collect())
}

fn of_lines(text: &str) -> Result<Numbered, serde_json::Error> {
    Ok((0..).zip(text.split('\n').map(String::from)).collect())
}

fn in_bytes(file: &str, numbered: Numbered) -> Result<Vec<Vec<u8>>, SourceFault> {
    let mut words = vec![None; WORDS];
    for (number, word) in numbered {
        // The vocabulary's own word goes before an added one of its number.
        if let Some(place @ None) = usize::try_from(number).ok().and_then(|it| words.get_mut(it)) {
            *place = Some(word);
        }
    }
    let byte_of = bytes_by_letter();
    let told = |fault: String| SourceFault::text(file, &fault);
    let bytes = |(number, word): (usize, Option<String>)| {
        let word =
            word.ok_or_else(|| told(format!("word {number} of Whisper's {WORDS} is missing")))?;
        let bytes: Option<Vec<u8>> = word.chars().map(|it| byte_of.get(&it).copied()).collect();
        bytes.ok_or_else(|| {
            told(format!("word {number}, `{word}`, is not written as Whisper's are"))
        })
    };
    words.into_iter().enumerate().map(bytes).collect()
}

/// Byte-level BPE writes each byte as a letter: printable Latin-1 as itself, the others in their order as those from U+0100 on.
///
/// Source: GPT-2's encoder (OpenAI, 2019).
fn bytes_by_letter() -> HashMap<char, u8> {
    let is_plain = |byte: u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let plain = (0..=255).filter(|it| is_plain(*it)).map(|it| (char::from(it), it));
    let others = ('\u{100}'..).zip((0..=255).filter(|it| !is_plain(*it)));
    plain.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_for_all_bytes() {
        let bytes = bytes_by_letter();
        assert_eq!(bytes.len(), 256);
        // As tokenizer.json writes a space, a line's end, and the first byte of `é`.
        assert_eq!((bytes[&'Ġ'], bytes[&'Ċ'], bytes[&'Ã'], bytes[&'a']), (b' ', b'\n', 0xc3, b'a'));
    }

    #[test]
    fn a_gap_and_a_foreign_letter_are_told_by_their_numbers() {
        let all: Numbered = (0..).zip(vec!["a".to_string(); WORDS]).collect();
        assert_eq!(in_bytes("f", all.clone()).unwrap().len(), WORDS);
        let told = |change: &dyn Fn(&mut Numbered)| {
            let mut words = all.clone();
            change(&mut words);
            in_bytes("vocab.json", words).unwrap_err().to_string()
        };
        assert_eq!(
            told(&|words| drop(words.remove(7))),
            "vocab.json is not right: word 7 of Whisper's 50257 is missing"
        );
        assert_eq!(
            told(&|words| words[9].1 = "日".into()),
            "vocab.json is not right: word 9, `日`, is not written as Whisper's are"
        );
    }
}
