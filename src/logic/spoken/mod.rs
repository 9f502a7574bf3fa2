//! Text as it is spoken: how words are compared, whatever their case, their punctuation and the way numbers are written.
mod basic;
mod english;
mod numbers;
mod spelling;

use self::numbers::number;

/// One word without case and punctuation; empty where it is punctuation only.
pub fn bare(word: &str) -> String {
    word.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The units that word error rates count: of English its words as `docs/measures.md` normalises them, of a language that is
/// written without spaces (`zh`, `yue`, `ja`, `th`, `lo`, `km`, `my`) its characters, of any other its words in lower case,
/// without punctuation and symbols. `language` is a tag, as `en` or `pt-BR`; `mixed` counts as any other.
pub fn normalised(text: &str, language: &str) -> Vec<String> {
    match language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "en" => english::words(text),
        "zh" | "yue" | "ja" | "th" | "lo" | "km" | "my" => basic::characters(text),
        _ => basic::words(text),
    }
}

/// The words of `text`: lower case, punctuation off, apostrophes left out, hyphens apart, numbers as spoken in English
/// (`10:30` is "ten thirty", `3.5` "three point five", `21st` "twenty first", `1984` "nineteen eighty four").
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in
        text.split(|it: char| it.is_whitespace() || matches!(it, '-' | '–' | '—' | '/' | '…'))
    {
        let piece = piece.trim_matches(|it: char| !it.is_alphanumeric() && it != '%');
        let (piece, percent) = piece.strip_suffix('%').map_or((piece, false), |it| (it, true));
        if piece.starts_with(|it: char| it.is_ascii_digit()) {
            number(piece, &mut found);
        } else {
            found.extend(Some(bare(piece)).filter(|it| !it.is_empty()));
        }
        if percent {
            found.push("percent".to_owned());
        }
    }
    found
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
