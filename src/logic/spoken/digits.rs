//! Number words of German, Spanish, French, Portuguese and Dutch as digits: `einundzwanzig` and `21` are the same word.
use text2num::{get_interpreter_for, replace_numbers_in_text};

/// What is written as a word behind a number: `3 Millionen`, `5 mil`.
const LARGE: [u64; 3] = [1_000, 1_000_000, 1_000_000_000];

/// Whether number words of this language are known. `language`: its primary tag.
pub(super) fn is_counted(language: &str) -> bool {
    ["de", "es", "fr", "nl", "pt"].contains(&language)
}

/// The text, which has to be in lower case, with its number words as digits, whole numbers without the signs that part thousands, and
/// `%` as a word. A text in a language that is not known stays as it is.
pub(super) fn with_digits(text: &str, language: &str) -> String {
    let (percent, parting): (&str, &[char]) = match language {
        "de" => ("prozent", &['.']),
        "es" => ("por ciento", &['.']),
        "fr" => ("pour cent", &[' ', '\u{a0}', '\u{202f}']),
        "nl" => ("procent", &['.']),
        "pt" => ("por cento", &['.']),
        _ => return text.to_owned(),
    };
    let Some(words) = get_interpreter_for(language) else { return text.to_owned() };
    let text = text.replace('%', &format!(" {percent} "));
    without_parting(&replace_numbers_in_text(&text, &words, 0.0), parting)
}

/// A number of up to three digits and a large round one behind it as their product.
pub(super) fn multiplied(words: &[String]) -> Vec<String> {
    let mut products: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let large = word.parse().ok().filter(|it| LARGE.contains(it));
        let small =
            products.last().filter(|it| it.len() <= 3).and_then(|it| it.parse::<u64>().ok());
        match (small, large) {
            (Some(small), Some(large)) => {
                products.pop();
                products.push((small * large).to_string());
            }
            _ => products.push(word.clone()),
        }
    }
    products
}

/// `1.234.567` as `1234567`: a sign between one to three digits and exactly three goes.
fn without_parting(text: &str, parting: &[char]) -> String {
    let letters: Vec<char> = text.chars().collect();
    let digits = |from: usize| letters[from..].iter().take_while(|it| it.is_ascii_digit()).count();
    let (mut joined, mut at, mut before) = (String::with_capacity(text.len()), 0, 0);
    while let Some(letter) = letters.get(at) {
        let parts = parting.contains(letter) && (1..=3).contains(&before) && digits(at + 1) == 3;
        if parts {
            joined.extend(&letters[at + 1..at + 4]);
            (at, before) = (at + 4, 3);
            continue;
        }
        before = if letter.is_ascii_digit() { before + 1 } else { 0 };
        joined.push(*letter);
        at += 1;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::super::normalised;
    use proptest::prelude::*;

    fn check(language: &str, text: &str, spoken: &str) {
        assert_eq!(normalised(text, language).join(" "), spoken, "{text}");
    }

    #[test]
    fn number_words_are_their_digits() {
        check(
            "de",
            "Einundzwanzig Leute, 21 Häuser, zwanzig bis dreißig",
            "21 leute 21 häuser 20 bis 30",
        );
        check("de-CH", "neunzehnhundertvierundachtzig, zweitausendelf", "1984 2011");
        check("de", "am einundzwanzigsten, der 1. Mai", "am 21 der 1 mai");
        check("fr", "quatre-vingt-dix-sept, 97, vingt et un", "97 97 21");
        check(
            "fr",
            "mille neuf cent quatre-vingt-quatre, 1 200 et 1\u{a0}200",
            "1984 1200 et 1200",
        );
        check("es", "veintiuno, mil novecientos ochenta y cuatro, ciento cinco", "21 1984 105");
        check("pt-BR", "vinte e um, mil novecentos e oitenta e quatro", "21 1984");
        check("nl", "vijfentwintig, negentienhonderdvierentachtig", "25 1984");
        check("it", "ventuno 21", "ventuno 21");
    }

    #[test]
    fn large_numbers_are_one_word_however_they_are_written() {
        check("de", "drei Millionen, 3 Millionen, 3.000.000", "3000000 3000000 3000000");
        check("fr", "deux millions, 2 millions", "2000000 2000000");
        check("es", "5 mil, cinco mil, 1.234", "5000 5000 1234");
        check("pt", "dois milhões, 2 milhões", "2000000 2000000");
        check("nl", "twee miljoen, 2 miljoen", "2000000 2000000");
    }

    #[test]
    fn parts_of_a_hundred_are_the_same_as_words_and_as_a_sign() {
        check("de", "drei Komma fünf Prozent, 3,5 %", "3 5 prozent 3 5 prozent");
        for (language, text) in [
            ("fr", "cinq pour cent, 5 %"),
            ("es", "cinco por ciento, 5%"),
            ("pt", "cinco por cento, 5%"),
            ("nl", "vijf procent, 5%"),
        ] {
            let words = normalised(text, language);
            let (one, other) = words.split_at(words.len() / 2);
            assert_eq!(one, other, "{language}");
        }
    }

    proptest! {
        #[test]
        fn digits_stay_as_they_are(numbers in prop::collection::vec(0u32..1_000, 0..6), language in "de|es|fr|nl|pt") {
            let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
            let found: Vec<String> = normalised(&words.join(" xx "), &language).into_iter().filter(|it| it != "xx").collect();
            prop_assert_eq!(found, words);
        }
    }
}
