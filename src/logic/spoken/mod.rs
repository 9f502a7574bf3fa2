//! Text as it is spoken: how words are compared, whatever their case, their punctuation and the way numbers are written.
mod bare;
mod basic;
mod digits;
mod english;
mod numbers;
mod spelling;

pub use self::bare::bare;
use self::{bare::is_letter, numbers::number};
use super::script::{is_unspaced, units};

/// Languages that are written without spaces, by their primary tags: their texts are counted in characters.
const IN_CHARACTERS: [&str; 8] = ["zh", "yue", "ja", "th", "lo", "km", "my", "bo"];

/// Whether error rates of this language count characters (CER), not words (WER). `language` is a tag, as `ja` or `zh-Hant`.
pub fn is_in_characters(language: &str) -> bool {
    IN_CHARACTERS.contains(&primary(language).as_str())
}

fn primary(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// The units that error rates count: of English its words as `docs/measures.md` normalises them, of a language that is written
/// without spaces ([`is_in_characters`]) its characters, of any other its words in lower case, without punctuation and symbols,
/// number words as digits where the language is German, Spanish, French, Portuguese or Dutch. `language` is a tag, as `en` or
/// `pt-BR`; `mixed` counts as any other. Where text of a script without spaces stands within, each of its characters is a word.
pub fn normalised(text: &str, language: &str) -> Vec<String> {
    match primary(language).as_str() {
        "en" => english::words(text),
        _ if is_in_characters(language) => basic::characters(text),
        other => basic::words(text, other),
    }
}

/// The words of `text`: lower case, punctuation off, apostrophes left out, hyphens apart, numbers as spoken in English
/// (`10:30` is "ten thirty", `3.5` "three point five", `21st` "twenty first", `1984` "nineteen eighty four"); of scripts without
/// spaces each character, with its marks.
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in
        text.split(|it: char| it.is_whitespace() || matches!(it, '-' | '–' | '—' | '/' | '…'))
    {
        if !piece.contains(is_unspaced) {
            word(piece, &mut found);
            continue;
        }
        units(piece).into_iter().for_each(|it| word(it, &mut found));
    }
    found
}

fn word(piece: &str, found: &mut Vec<String>) {
    let piece = piece.trim_matches(|it: char| !is_letter(it) && it != '%');
    let (piece, percent) = piece.strip_suffix('%').map_or((piece, false), |it| (it, true));
    if piece.starts_with(|it: char| it.is_ascii_digit()) {
        number(piece, found);
    } else {
        found.extend(Some(bare(piece)).filter(|it| !it.is_empty()));
    }
    if percent {
        found.push("percent".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, spoken: &str) {
        assert_eq!(words(text).join(" "), spoken, "{text}");
    }

    #[test]
    fn case_and_punctuation_do_not_count() {
        check("Good morning, Anna! Can't you hear?", "good morning anna cant you hear");
        check("“Well-known” – or not…", "well known or not");
        assert_eq!(bare(" Morning."), "morning");
        assert_ne!(bare("ไม้"), bare("ไม่"));
    }

    #[test]
    fn numbers_are_compared_as_spoken() {
        check("at 10:30 from platform 5", "at ten thirty from platform five");
        check("7:05 and 8:00", "seven oh five and eight");
        check("3.5% of 1,234", "three point five percent of one thousand two hundred thirty four");
        check("the 21st and the 30th", "the twenty first and the thirtieth");
        check(
            "in 1984, 1905 or 2026",
            "in nineteen eighty four nineteen oh five or twenty twenty six",
        );
        check("twenty-one 5a", "twenty one 5a");
    }

    #[test]
    fn characters_are_words_where_no_spaces_part_them() {
        check("今日は、Berlin です。", "今 日 は berlin で す");
        check("ไม่ใช่ไม้", "ไม่ ใช่ ไม้");
        assert_eq!(
            ["zh-Hant", "ja", "th", "ko", "en"].map(is_in_characters),
            [true, true, true, false, false]
        );
    }

    proptest! {
        #[test]
        fn any_text_gives_bare_words(text in "\\PC{0,40}") {
            let all = [words(&text), normalised(&text, "en"), normalised(&text, "de"), normalised(&text, "ja")];
            for word in all.iter().flatten() {
                prop_assert!(!word.is_empty() && !word.contains(char::is_whitespace), "{word:?}");
            }
        }
    }
}
