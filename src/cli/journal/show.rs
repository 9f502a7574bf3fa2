//! How events, entries and hits of a journal are printed.
use std::io::Write;

use serde_json::json;

use super::{
    super::exit::Trouble,
    trouble::{told, unwritten},
};
use crate::{
    journal::{EventSummary, Found, Reader},
    wire::Event,
};

/// Entries that are read at once.
const PAGE: usize = 1000;

pub(super) fn list(
    events: &[EventSummary],
    json: bool,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    if json {
        return events.iter().try_for_each(|it| line(out, &json!(it)));
    }
    if events.is_empty() {
        return writeln!(out, "no events yet").map_err(unwritten);
    }
    let head = ["event", "began (UTC)", "length", "entries", "languages", "title"];
    let rows = events.iter().map(|it| {
        let languages = it.languages.join(", ");
        [
            it.id.to_string(),
            moment(it.started_at),
            clock(it.seconds),
            it.entries.to_string(),
            languages,
            it.title.clone(),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let wide = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..5).map(wide).collect();
    for row in &rows {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            text += &format!("{cell:width$}  ", width = *width);
        }
        text += &row[5];
        writeln!(out, "{}", text.trim_end()).map_err(unwritten)?;
    }
    Ok(())
}

pub(super) fn event(
    reader: &Reader,
    event: &EventSummary,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let mut speaker = None;
    let mut from = 0;
    loop {
        let rows = reader.entries(event.id, from, PAGE).map_err(told)?;
        for row in &rows {
            if json {
                let mut shown = json!({ "seq": row.seq, "at": row.at, "event": row.event });
                if let Some(original) = &row.original {
                    shown["original"] = json!(original);
                }
                line(out, &shown)?;
                continue;
            }
            let (named, text) = said(&row.event);
            if named.is_some() && named != speaker {
                writeln!(out, "{}:", named.as_deref().unwrap_or_default()).map_err(unwritten)?;
                speaker = named;
            }
            writeln!(out, "{:>9}  {text}", clock(row.event.start())).map_err(unwritten)?;
        }
        match rows.last() {
            Some(last) => from = last.seq + 1,
            None => return Ok(()),
        }
    }
}

/// Who said it, and what; of what nobody said, what it is.
fn said(event: &Event) -> (Option<String>, String) {
    match event {
        Event::Caption(it) => (it.speaker.clone(), it.text.clone()),
        Event::Translation(it) => {
            let text = if it.text.is_empty() { "(no translation)" } else { &it.text };
            (None, format!("  {}: {text}", it.lang))
        }
        Event::Gap(it) => (None, format!("[{:.1} s are missing: {}]", it.end - it.start, it.why)),
        Event::Mark(it) => (None, format!("[mark: {}]", it.text)),
        Event::Correction(it) if it.masked => (None, format!("[masked by {}: {}]", it.by, it.text)),
        Event::Correction(it) => {
            (None, format!("[corrected by {}: {} (before: {})]", it.by, it.text, it.before))
        }
    }
}

pub(super) fn hits(found: &Found, json: bool, out: &mut dyn Write) -> Result<(), Trouble> {
    for hit in &found.hits {
        if json {
            line(out, &json!(hit))?;
            continue;
        }
        let mut text = String::new();
        let mut at = 0;
        for (from, to) in &hit.marks {
            text += &format!("{}*{}*", &hit.text[at..*from], &hit.text[*from..*to]);
            at = *to;
        }
        text += &hit.text[at..];
        let speaker = hit.speaker.as_ref().map(|it| format!("{it}: ")).unwrap_or_default();
        let place = format!("{} {:>9}", hit.event, clock(hit.start));
        writeln!(out, "{place}  {speaker}{text}").map_err(unwritten)?;
    }
    if found.next.is_some() && !json {
        writeln!(out, "there are more: --limit takes a higher number").map_err(unwritten)?;
    }
    Ok(())
}

fn line(out: &mut dyn Write, value: &serde_json::Value) -> Result<(), Trouble> {
    writeln!(out, "{value}").map_err(unwritten)
}

/// `1:02:03` of seconds.
fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// `2026-11-30 23:59` of a Unix time in ms.
fn moment(unix_ms: u64) -> String {
    crate::spec::moment(i64::try_from(unix_ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_people_write_them() {
        assert_eq!(
            (clock(0.4), clock(75.0), clock(3723.9)),
            ("0:00".into(), "1:15".into(), "1:02:03".into())
        );
        assert_eq!(moment(1_796_083_140_000), "2026-11-30 23:59");
    }
}
