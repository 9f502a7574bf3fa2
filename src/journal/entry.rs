//! One entry of a journal: the columns by which it is found, the index of its words, and what a correction changes in both.
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::Value;

use super::{error::JournalError, index, numbers::signed};
use crate::wire::{Event, corrected_words};

/// The kind of an entry that corrects another one.
const CORRECTION: &str = "correction";

/// What is searched and filtered by, of an event in JSON.
#[derive(Default)]
pub(super) struct Columns {
    kind: String,
    pub(super) track: Option<String>,
    segment: Option<i64>,
    pub(super) lang: Option<String>,
    speaker: Option<String>,
    start: f64,
    end: f64,
    text: Option<String>,
    /// Of a translation.
    has_original: bool,
    /// Of a correction.
    masked: bool,
}

impl Columns {
    /// `{"caption": {…}}`
    pub(super) fn of(json: &str) -> Columns {
        let Ok(Value::Object(outer)) = serde_json::from_str(json) else {
            return Columns::default();
        };
        let Some((kind, Value::Object(fields))) = outer.into_iter().next() else {
            return Columns::default();
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| fields.get(name).and_then(Value::as_f64);
        let start = number("start").unwrap_or_default();
        Columns {
            kind,
            track: text("track"),
            segment: fields.get("segment").and_then(Value::as_i64),
            lang: text("lang"),
            speaker: text("speaker"),
            start,
            end: number("end").unwrap_or(start),
            text: text("text"),
            has_original: fields.contains_key("of"),
            masked: fields.get("masked").and_then(Value::as_bool).unwrap_or_default(),
        }
    }
}

/// Adds an entry, and its words to the index. A correction has none of its own: the final that it corrects is found by them.
pub(super) fn insert(
    change: &Transaction<'_>,
    event: i64,
    seq: u64,
    at: u64,
    json: &str,
) -> Result<(), JournalError> {
    let it = Columns::of(json);
    let is_correction = it.kind == CORRECTION;
    let said = it.text.as_ref().filter(|it| !it.is_empty() && !is_correction);
    // A batch whose commit was not heard of is written again: the entry is there then.
    let mut add = change.prepare_cached(
        "INSERT OR IGNORE INTO entry (event, seq, kind, track, segment, lang, speaker, start, end, at, text, json)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    let added = add.execute(params![
        event,
        signed(seq),
        it.kind,
        it.track,
        it.segment,
        it.lang,
        it.speaker,
        it.start,
        it.end,
        signed(at),
        said,
        json
    ])?;
    if added == 0 {
        return Ok(());
    }
    let id = change.last_insert_rowid();
    let mut facet = change.prepare_cached("INSERT OR IGNORE INTO facet VALUES (?1, ?2, ?3)")?;
    for (kind, name) in [("lang", &it.lang), ("speaker", &it.speaker)] {
        if let Some(name) = name {
            facet.execute(params![event, kind, name])?;
        }
    }
    drop(facet);
    if is_correction {
        return follow(change, event, &it, json);
    }
    match said {
        Some(text) => add_words(change, id, text),
        None => Ok(()),
    }
}

/// The newest final of that name: it reads as its correction says, and keeps in `json` what it was, unless that was masked.
fn follow(
    change: &Transaction<'_>,
    event: i64,
    it: &Columns,
    json: &str,
) -> Result<(), JournalError> {
    let kind = if it.has_original { "translation" } else { "caption" };
    // What is corrected is young, so it is soon found from the end.
    let mut find = change.prepare_cached(
        "SELECT id, seq FROM entry WHERE event = ?1 AND kind = ?2 AND track = ?3 AND segment = ?4 AND lang = ?5
         ORDER BY seq DESC LIMIT 1",
    )?;
    let found = find.query_row(params![event, kind, it.track, it.segment, it.lang], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    });
    let Some((id, seq)) = found.optional()? else { return Ok(()) };
    let text = it.text.as_deref().unwrap_or_default();
    change
        .prepare_cached("UPDATE entry SET text = ?2 WHERE id = ?1")?
        .execute(params![id, text])?;
    change.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute((id,))?;
    if it.masked {
        hide(change, event, seq, it, json)?;
    }
    if text.is_empty() { Ok(()) } else { add_words(change, id, text) }
}

/// What `mask` hides is no longer in the final, which has number `first`, nor in its earlier corrections.
fn hide(
    change: &Transaction<'_>,
    event: i64,
    first: i64,
    it: &Columns,
    mask: &str,
) -> Result<(), JournalError> {
    let Ok(Event::Correction(mask)) = serde_json::from_str(mask) else { return Ok(()) };
    let mut find = change.prepare_cached(
        "SELECT id, json FROM entry WHERE event = ?1 AND seq >= ?2 AND seq < ?3 AND track = ?4 AND segment = ?5",
    )?;
    let (track, segment, behind) = (&it.track, it.segment, signed(mask.seq));
    let found = find.query_map(params![event, first, behind, track, segment], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    for (id, json) in found.collect::<Result<Vec<_>, _>>()? {
        let Some(left) = serde_json::from_str(&json).ok().and_then(|it| mask.hides(it)) else {
            continue;
        };
        let json = serde_json::to_string(&left).expect("a wire event is plain JSON");
        let mut put = change.prepare_cached("UPDATE entry SET json = ?2 WHERE id = ?1")?;
        put.execute(params![id, json])?;
    }
    Ok(())
}

fn add_words(change: &Transaction<'_>, id: i64, text: &str) -> Result<(), JournalError> {
    let mut words = change.prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?;
    words.execute(params![id, index::indexed(text)])?;
    Ok(())
}

/// An event of a journal as it reads now, and what it was where that is another text.
pub(super) fn as_it_reads(event: Event, text: Option<String>) -> (Event, Option<String>) {
    match (event, text) {
        (Event::Caption(mut it), Some(text)) if it.text != text => {
            it.words = corrected_words(it.words.as_deref(), &text);
            let original = std::mem::replace(&mut it.text, text);
            (Event::Caption(it), Some(original))
        }
        (Event::Translation(mut it), Some(text)) if it.text != text => {
            it.untranslated = None;
            let original = std::mem::replace(&mut it.text, text);
            (Event::Translation(it), Some(original))
        }
        (event, _) => (event, None),
    }
}
