//! Text as it is spoken: how words are compared, whatever their case, their punctuation and the way numbers are written.

/// One word without case and punctuation; empty where it is punctuation only.
pub fn bare(word: &str) -> String {
    word.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
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

/// Anything that begins with a digit; what is no number stays as it is written.
fn number(piece: &str, found: &mut Vec<String>) {
    if let Some((hours, minutes)) = piece.split_once(':')
        && let (Ok(hours), Ok(minutes), 2) = (hours.parse(), minutes.parse(), minutes.len())
    {
        cardinal(hours, found);
        match minutes {
            0 => (),
            1..=9 => found.push("oh".to_owned()),
            _ => (),
        }
        if minutes > 0 {
            cardinal(minutes, found);
        }
        return;
    }
    if let Some((whole, part)) = piece.split_once('.')
        && let (Ok(whole), true) = (whole.parse(), !part.is_empty() && all_digits(part))
    {
        cardinal(whole, found);
        found.push("point".to_owned());
        found.extend(part.bytes().map(|it| ONES[usize::from(it - b'0')].to_owned()));
        return;
    }
    let digits: String = piece.chars().filter(|it| *it != ',').collect();
    if let Some(stem) = ["st", "nd", "rd", "th"].iter().find_map(|it| digits.strip_suffix(it))
        && let Ok(value) = stem.parse()
    {
        cardinal(value, found);
        if let Some(last) = found.last_mut() {
            *last = ordinal(last);
        }
        return;
    }
    match digits.parse::<u64>() {
        Ok(year @ (1100..=1999 | 2010..=2099)) if digits.len() == piece.len() => {
            cardinal(year / 100, found);
            match year % 100 {
                0 => found.push("hundred".to_owned()),
                rest @ 1..=9 => found.extend(["oh", ONES[rest as usize]].map(str::to_owned)),
                rest => cardinal(rest, found),
            }
        }
        Ok(value) if digits.len() <= 9 => cardinal(value, found),
        _ => found.push(bare(piece)),
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_digit())
}

fn cardinal(value: u64, found: &mut Vec<String>) {
    for (unit, name) in
        [(1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred")]
    {
        if value >= unit {
            cardinal(value / unit, found);
            found.push(name.to_owned());
            if !value.is_multiple_of(unit) {
                cardinal(value % unit, found);
            }
            return;
        }
    }
    match value as usize {
        small @ ..20 => found.push(ONES[small].to_owned()),
        large => {
            found.push(TENS[large / 10].to_owned());
            if large % 10 > 0 {
                found.push(ONES[large % 10].to_owned());
            }
        }
    }
}

fn ordinal(cardinal: &str) -> String {
    match cardinal {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        tens if tens.ends_with('y') => format!("{}ieth", tens.trim_end_matches('y')),
        other => format!("{other}th"),
    }
}

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

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
            for word in words(&text) {
                prop_assert!(!word.is_empty() && !word.contains(char::is_whitespace), "{word:?}");
            }
        }
    }
}
