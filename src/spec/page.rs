//! Reads the `[page]` table: its colour, its time and the place of its logo.
use std::{borrow::Cow, collections::BTreeMap, ops::Range, path::Path};

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{
    Code, Complaint, file,
    plan::{Page, Places},
    schema, shape, start_time,
};

/// The table without the keys that have mistakes, which are complained about. `None` where it cannot be read at all.
pub(super) fn read(
    written: &DeTable<'_>,
    header: &Range<usize>,
    folder: &Path,
    complaints: &mut Vec<Complaint>,
) -> Option<Page> {
    let keys = with_times_as_text(written);
    let mut mistakes = Vec::new();
    shape::table("page", header, &keys, &schema::page(), &mut mistakes);
    let mut fine = DeTable::new();
    for (key, value) in &keys {
        let place = key.span().start..value.span().end;
        let is_wrong = |it: &Complaint| it.marks.iter().any(|it| place.contains(&it.span.start));
        if !mistakes.iter().any(is_wrong) {
            fine.insert(key.clone(), value.clone());
        }
    }
    complaints.append(&mut mistakes);
    let values: BTreeMap<String, Range<usize>> =
        fine.iter().map(|(key, value)| (key.get_ref().to_string(), value.span())).collect();
    let places = Places { header: header.clone(), values };
    let value = Spanned::new(header.clone(), DeValue::Table(fine));
    let file::Page { title, subtitle, starts, welcome, logo, accent } =
        match file::Page::deserialize(ValueDeserializer::from(value)) {
            Ok(read) => read,
            Err(error) => {
                let span = error.span().unwrap_or_else(|| header.clone());
                complaints.push(Complaint::new(Code::WrongType, error.message()).mark(span, ""));
                return None;
            }
        };
    let starts = starts.and_then(|text| {
        start_time::parse(&text)
            .map_err(|wrong| {
                complaints.push(
                    Complaint::new(Code::BadTime, format!("`{text}` does not say when it starts"))
                        .mark(places.of("starts"), wrong)
                        .help("starts = \"2026-10-01 14:00 Europe/Amsterdam\""),
                );
            })
            .ok()
    });
    let accent = accent.and_then(|text| {
        let found = colour(&text);
        if found.is_none() {
            complaints.push(
                Complaint::new(Code::BadColour, format!("`{text}` is not a colour"))
                    .mark(places.of("accent"), "takes six hexadecimal digits behind `#`")
                    .help("accent = \"#0b6a9c\""),
            );
        }
        found
    });
    let logo = logo.map(|it| folder.join(it));
    Some(Page { title, subtitle, welcome, starts, logo, accent, places })
}

/// A date of TOML may stand without quotes.
fn with_times_as_text<'a>(written: &DeTable<'a>) -> DeTable<'a> {
    let mut keys = written.clone();
    for (key, value) in keys.iter_mut() {
        if let (true, DeValue::Datetime(time)) = (key.get_ref() == "starts", value.get_ref()) {
            *value = Spanned::new(value.span(), DeValue::String(Cow::Owned(time.to_string())));
        }
    }
    keys
}

/// `#rrggbb` of that, or of `#rgb`.
fn colour(written: &str) -> Option<String> {
    let digits = written.strip_prefix('#')?.to_ascii_lowercase();
    if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        6 => Some(format!("#{digits}")),
        3 => Some(digits.chars().fold("#".to_owned(), |all, it| format!("{all}{it}{it}"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_three_or_six_digits() {
        assert_eq!(colour("#0B6a9C").as_deref(), Some("#0b6a9c"));
        assert_eq!(colour("#fc0").as_deref(), Some("#ffcc00"));
        for wrong in ["", "#", "0b6a9c", "#0b6a9", "#0b6a9cff", "blue", "#0b6a9g", "#äöü"] {
            assert_eq!(colour(wrong), None, "{wrong}");
        }
    }
}
