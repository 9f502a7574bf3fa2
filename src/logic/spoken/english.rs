//! The normaliser of English, as `docs/measures.md` states it.
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    bare,
    numbers::{ONES, TENS, number},
    spelling::american,
};

/// Sounds that are no words.
const FILLERS: &[&str] = &["uh", "uhm", "um", "erm", "hm", "hmm", "mm", "mmm", "mhm"];
/// Words that are written in several ways, as they are spoken.
const SPOKEN: &[(&str, &str)] = &[
    ("ain't", "aint"),
    ("can't", "can not"),
    ("cannot", "can not"),
    ("capt", "captain"),
    ("dr", "doctor"),
    ("etc", "et cetera"),
    ("gonna", "going to"),
    ("gotta", "got to"),
    ("jr", "junior"),
    ("let's", "let us"),
    ("ma'am", "madam"),
    ("mr", "mister"),
    ("mrs", "missus"),
    ("ok", "okay"),
    ("prof", "professor"),
    ("shan't", "shall not"),
    ("sr", "senior"),
    ("st", "saint"),
    ("vs", "versus"),
    ("wanna", "want to"),
    ("won't", "will not"),
    ("y'all", "you all"),
];
/// What follows an apostrophe, written out. `'s` is "is" whatever it stands for: both texts are changed alike.
const ENDINGS: &[(&str, &str)] = &[
    ("n't", "not"),
    ("'re", "are"),
    ("'s", "is"),
    ("'d", "would"),
    ("'ll", "will"),
    ("'ve", "have"),
    ("'m", "am"),
];
/// Behind these `'d` is "had" and `'s` is "has".
const PERFECT: &[&str] = &["been", "done", "gone", "got", "had"];
const CURRENCIES: &[(char, &str, &str)] = &[
    ('$', "dollars", "cents"),
    ('£', "pounds", "pence"),
    ('€', "euros", "cents"),
    ('¥', "yen", "sen"),
];
const LARGE: &[&str] = &["hundred", "thousand", "million", "billion", "trillion"];

pub(super) fn words(text: &str) -> Vec<String> {
    let folded = folded(text);
    let pieces: Vec<&str> = folded.split_whitespace().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(text) = pieces.get(at) {
        at += 1;
        let Some((_, name, part)) = CURRENCIES.iter().find(|it| text.starts_with(it.0)) else {
            piece(text, pieces.get(at).copied(), &mut found);
            continue;
        };
        let sum = text.trim_start_matches(|it: char| !it.is_alphanumeric());
        let scale = pieces.get(at).filter(|it| LARGE[1..].contains(it));
        if let Some(scale) = scale {
            at += 1;
            piece(sum, None, &mut found);
            found.extend([*scale, name].map(str::to_owned));
        } else if let Some((whole, small)) = sum.split_once('.').filter(|it| it.1.len() == 2) {
            // $5.50
            piece(whole, None, &mut found);
            found.extend([*name, "and"].map(str::to_owned));
            piece(small.trim_start_matches('0'), None, &mut found);
            found.push((*part).to_owned());
        } else if sum.starts_with(|it: char| it.is_ascii_digit()) {
            piece(sum, None, &mut found);
            found.push((*name).to_owned());
        } else {
            piece(sum, None, &mut found);
        }
    }
    joined(&found)
}

/// Lower case, marks off, and spaces for all that parts words.
fn folded(text: &str) -> String {
    let letters: Vec<char> = text
        .nfkd()
        .filter(|it| !is_combining_mark(*it))
        .flat_map(char::to_lowercase)
        .map(|it| if matches!(it, '’' | '‘' | 'ʼ' | '`' | '´') { '\'' } else { it })
        .collect();
    let at = |at: Option<usize>| at.and_then(|it| letters.get(it)).copied().unwrap_or(' ');
    let is_money = |it: char| CURRENCIES.iter().any(|currency| currency.0 == it);
    let mut folded = String::with_capacity(text.len());
    for (place, letter) in letters.iter().enumerate() {
        let (before, after) = (at(place.checked_sub(1)), at(Some(place + 1)));
        let digits = before.is_ascii_digit() && after.is_ascii_digit();
        match letter {
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            '%' => folded.push_str(" percent "),
            '&' if before == ' ' && after == ' ' => folded.push_str("and"),
            ',' | '.' | ':' if digits => folded.push(*letter),
            // Of abbreviations: `U.S.`, `p.m.`; at the end of a sentence it parts nothing.
            '.' if !after.is_alphanumeric() => (),
            '.' if at(place.checked_sub(2)).is_alphanumeric() => folded.push(' '),
            '.' => (),
            '\'' if before.is_alphanumeric() && after.is_alphanumeric() => folded.push('\''),
            '\'' => (),
            _ if is_money(*letter) && after.is_ascii_digit() => folded.extend([' ', *letter]),
            // `5km` is two words, `5th` and `1950s` are one.
            _ if letter.is_alphanumeric() => {
                let behind = || letters[place..].iter().take_while(|it| it.is_alphanumeric());
                let parts = (before.is_ascii_digit() && letter.is_alphabetic())
                    && !["st", "nd", "rd", "th", "s"]
                        .contains(&behind().collect::<String>().as_str());
                if parts || (before.is_alphabetic() && letter.is_ascii_digit()) {
                    folded.push(' ');
                }
                folded.push(*letter);
            }
            _ => folded.push(' '),
        }
    }
    folded
}

/// One piece without spaces; `next` is the one behind it.
fn piece(text: &str, next: Option<&str>, found: &mut Vec<String>) {
    if text.starts_with(|it: char| it.is_ascii_digit()) {
        let plural = text.strip_suffix('s').filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
        number(plural.unwrap_or(text), found);
        if plural.is_some()
            && let Some(last) = found.last_mut()
        {
            *last = match last.strip_suffix('y') {
                Some(stem) => format!("{stem}ies"),
                None => format!("{last}s"),
            };
        }
        return;
    }
    if FILLERS.contains(&text) {
        return;
    }
    if let Some((_, spoken)) = SPOKEN.iter().find(|it| it.0 == text) {
        found.extend(spoken.split(' ').map(str::to_owned));
        return;
    }
    for (ending, spoken) in ENDINGS {
        let Some(stem) = text.strip_suffix(ending).filter(|it| !it.is_empty()) else { continue };
        piece(stem, None, found);
        let perfect = next.is_some_and(|it| PERFECT.contains(&it));
        found.push(match *ending {
            "'d" if perfect => "had".to_owned(),
            "'s" if perfect => "has".to_owned(),
            _ => (*spoken).to_owned(),
        });
        return;
    }
    let word = bare(text);
    if !word.is_empty() {
        found.push(american(&word));
    }
}

/// "per cent" is one word, and the "and" within a number none.
fn joined(words: &[String]) -> Vec<String> {
    let number = |it: &String| ONES.contains(&it.as_str()) || TENS[2..].contains(&it.as_str());
    let mut joined: Vec<String> = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let before = joined.last().map(String::as_str);
        if word == "cent" && before == Some("per") {
            joined.pop();
            joined.push("percent".to_owned());
        } else if word == "and"
            && before.is_some_and(|it| LARGE.contains(&it))
            && words.get(at + 1).is_some_and(number)
        {
            continue;
        } else {
            joined.push(word.clone());
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, spoken: &str) {
        assert_eq!(words(text).join(" "), spoken, "{text}");
    }

    #[test]
    fn contractions_are_written_out() {
        check("I can’t, cannot; won't!", "i can not can not will not");
        check("They're sure he'd been told", "they are sure he had been told");
        check("He'd go. She's gone, it's here", "he would go she has gone it is here");
        check("the boys' dog is Anna's", "the boys dog is anna is");
        check("let's say you'll've", "let us say you will have");
    }

    #[test]
    fn titles_fillers_and_spellings_are_made_one() {
        check(
            "Mr. Hale, Mrs. Hale and Dr. St. John",
            "mister hale missus hale and doctor saint john",
        );
        check("Uh, O.K. - um, okay. Hmm…", "okay okay");
        check("the colour of the U.S. theatre", "the color of the us theater");
        check("Café—naïve", "cafe naive");
        check("The end.Next one.", "the end next one");
    }

    #[test]
    fn numbers_and_sums_are_spoken() {
        check(
            "$12.5 billion, £3 and $5.50",
            "twelve point five billion dollars three pounds and five dollars and fifty cents",
        );
        check(
            "a hundred and five, 105 per cent, 105%",
            "a hundred five one hundred five percent one hundred five percent",
        );
        check("a thousand and more", "a thousand and more");
        check("the 1950s, 5km, 21st", "the nineteen fifties five km twenty first");
        check("at 10:30 of 1,234", "at ten thirty of one thousand two hundred thirty four");
        check("salt & pepper", "salt and pepper");
    }

    proptest! {
        #[test]
        fn case_and_punctuation_do_not_count(words_of in prop::collection::vec("[a-z]{2,8}", 1..8)) {
            let plain = words(&words_of.join(" "));
            let written: Vec<String> = words_of.iter().map(|it| format!("“{}”,", it.to_uppercase())).collect();
            prop_assert_eq!(words(&written.join(" ")), plain);
        }
    }
}
