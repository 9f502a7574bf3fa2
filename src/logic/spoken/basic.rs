//! The normaliser of every language but English: lower case, compatible forms made one, punctuation and symbols off.
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::digits::{is_counted, multiplied, with_digits};
use crate::logic::script::is_unspaced;

/// What is neither a letter, a digit nor a mark on one parts words: `l'accident` is two. In scripts that are written without spaces
/// each character is a word.
pub(super) fn words(text: &str, language: &str) -> Vec<String> {
    let folded = folded(&with_digits(&text.to_lowercase(), language));
    let mut words = Vec::new();
    for piece in folded.split_whitespace() {
        let same = |one: &char, other: &char| !is_unspaced(*one) && !is_unspaced(*other);
        let letters: Vec<char> = piece.chars().collect();
        words.extend(letters.chunk_by(same).map(|it| it.iter().collect::<String>()));
    }
    if is_counted(language) { multiplied(&words) } else { words }
}

/// Each character by itself, for languages that are written without spaces.
pub(super) fn characters(text: &str) -> Vec<String> {
    folded(text).chars().filter(|it| !it.is_whitespace()).map(String::from).collect()
}

/// Marks that the normal form (NFKC) leaves apart are kept: in Hindi or Thai they are vowels and tones.
fn folded(text: &str) -> String {
    let lower = text.nfkc().flat_map(char::to_lowercase).nfkc();
    lower.map(|it| if it.is_alphanumeric() || is_combining_mark(it) { it } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::normalised;

    fn check(text: &str, language: &str, units: &str) {
        assert_eq!(normalised(text, language).join(" "), units, "{text}");
    }

    #[test]
    fn words_are_parted_by_all_that_is_no_letter() {
        check("L'accident a eu lieu, « là-bas » !", "fr", "l accident a eu lieu là bas");
        check("Straße № 5 – ÜBER", "de-AT", "straße no 5 über");
        check("u\u{308}ber", "mixed", "über");
        check("नमस्ते दुनिया।", "hi", "नमस्ते दुनिया");
        check("１２ ㎞", "ru", "12 km");
    }

    #[test]
    fn characters_are_the_units_where_no_spaces_part_words() {
        check("今日は、良い天気。", "ja", "今 日 は 良 い 天 気");
        check("Ｏ K 你好！", "zh-Hant", "o k 你 好");
        check("你好", "ko", "你 好");
        check("我在 Berlin 用 WiFi。", "mixed", "我 在 berlin 用 wifi");
        check("我在Berlin用WiFi。", "mixed", "我 在 berlin 用 wifi");
        check("안녕하세요 여러분", "ko", "안녕하세요 여러분");
    }
}
