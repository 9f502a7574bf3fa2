//! What is said where a file is not even TOML.
use std::ops::Range;

use toml::de::Error;

use super::{Code, Complaint, complaint::in_file_order};

/// One complaint a line: after the first, a parser sees ghosts.
pub(super) fn complaints(text: &str, errors: &[Error]) -> Vec<Complaint> {
    let mut complaints: Vec<Complaint> = errors.iter().map(|it| complaint(text, it)).collect();
    in_file_order(&mut complaints);
    complaints.dedup_by_key(|it| it.marks.first().map(|mark| line(text, mark.span.start).start));
    complaints
}

fn complaint(text: &str, error: &Error) -> Complaint {
    let span = error.span().unwrap_or(0..0);
    let here = line(text, span.start);
    let written = text.get(span.clone()).unwrap_or_default();
    if let Some(first) = same_header(text, &here) {
        let title = format!("two tables have the header `{}`", text[here.clone()].trim());
        return Complaint::new(Code::NameTaken, title)
            .mark(span, "second of the name")
            .mark(first, "first of the name")
            .help("give one of them another name, or make one table of both");
    }
    let before = text.get(here.start..span.start).unwrap_or_default().trim();
    let bare = |it: char| it.is_alphanumeric() || matches!(it, '.' | '-' | '_' | '/' | ':');
    let word = !written.is_empty() && written.chars().all(bare);
    let quoted = (word && before.ends_with('=')).then(|| format!("{before} \"{written}\""));
    Complaint::new(Code::NotToml, error.message()).mark(span, "").maybe_help(quoted)
}

/// The line that holds the byte `at`, without its end.
fn line(text: &str, at: usize) -> Range<usize> {
    let at = (0..=at.min(text.len())).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0);
    let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    start..text[at..].find('\n').map_or(text.len(), |it| at + it)
}

/// An earlier line with the same header as the one at `here`.
fn same_header(text: &str, here: &Range<usize>) -> Option<Range<usize>> {
    let header = text[here.clone()].trim();
    if !header.starts_with('[') || !header.ends_with(']') {
        return None;
    }
    let mut start = 0;
    for earlier in text[..here.start].split_inclusive('\n') {
        let trimmed = earlier.trim();
        if trimmed == header {
            let at = start + earlier.find('[')?;
            return Some(at..at + trimmed.len());
        }
        start += earlier.len();
    }
    None
}
