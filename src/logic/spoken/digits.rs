//! Number words of German, Spanish, French, Portuguese and Dutch as digits: `einundzwanzig` and `21` are the same word.
use text2num::{get_interpreter_for, replace_numbers_in_text};

/// The text with its number words as digits, whole numbers without the signs that part thousands, and `%` as a word.
/// `language`: its primary tag. A text in any other language stays as it is. The text has to be in lower case.
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

    fn check(language: &str, text: &str, spoken: &str) {
        assert_eq!(normalised(text, language).join(" "), spoken, "{text}");
    }

    #[test]
    fn explore() {
        for (language, text) in [
            ("de", "Einundzwanzig Leute, 21 Häuser, ein Haus und eine Katze"),
            ("de", "im Jahr neunzehnhundertvierundachtzig, 1984, zweitausendelf"),
            ("de", "drei Millionen, 3 Millionen, 3.000.000, 2,5 Millionen, drei Komma fünf Prozent, 3,5 %"),
            ("de", "der erste, der 1. Mai, am einundzwanzigsten, zwanzig bis dreißig"),
            ("fr", "quatre-vingt-dix-sept, 97, vingt et un, un chat, une femme, neuf"),
            ("fr", "mille neuf cent quatre-vingt-quatre, 1 200, deux millions, 2 millions, cinq pour cent, 5 %"),
            ("fr", "le premier, le vingtième siècle, le XXe siècle, le 20e siècle"),
            ("es", "veintiuno, 21, un perro, una casa, mil novecientos ochenta y cuatro, 1.234, ciento cinco, dos millones, 5 %"),
            ("es", "el primero, la primera vez, siglo veinte"),
            ("pt", "vinte e um, 21, um cão, uma casa, mil novecentos e oitenta e quatro, dois milhões, cem por cento, 100%"),
            ("nl", "vijfentwintig, 25, een huis, één, negentienhonderdvierentachtig, twee miljoen, honderd procent, 100%"),
        ] {
            println!("{language} {}", normalised(text, language).join(" "));
        }
        check("de", "x", "y");
    }
}
