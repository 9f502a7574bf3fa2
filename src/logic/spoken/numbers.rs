//! Numbers as they are spoken in English.
use super::bare::bare;

/// Anything that begins with a digit; what is no number stays as it is written.
pub(super) fn number(piece: &str, found: &mut Vec<String>) {
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

pub(super) fn cardinal(value: u64, found: &mut Vec<String>) {
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

pub(super) const ONES: [&str; 20] = [
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
pub(super) const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
