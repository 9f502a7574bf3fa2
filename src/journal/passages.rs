//! A page of an event's transcript: what stands behind a place of the timeline, or before it.
use rusqlite::{params_from_iter, types::Value};

use super::{entry::as_it_reads, error::JournalError, numbers::signed, reader::Reader};
use crate::wire::{Event, Passage, Passages, PassagesAsked, Place};

impl Reader {
    /// At most `asked.limit`, in the order of the timeline. It reads no more of the event than that, but for what is in other
    /// languages in between.
    pub fn passages(&self, event: i64, asked: &PassagesAsked) -> Result<Passages, JournalError> {
        let mut query = "SELECT json, text FROM entry WHERE event = ?".to_owned();
        let mut values: Vec<Value> = vec![event.into()];
        match &asked.lang {
            // Gaps and marks are of no language.
            Some(lang) => {
                query.push_str(" AND (lang = ? OR kind IN ('gap', 'mark'))");
                values.push(lang.clone().into());
            }
            None => query.push_str(" AND kind IN ('caption', 'gap', 'mark')"),
        }
        if let Some(speaker) = &asked.speaker {
            query.push_str(" AND speaker = ?");
            values.push(speaker.clone().into());
        }
        let place = asked.before.or(asked.after);
        if let Some(Place { start, seq }) = place {
            let than = if asked.before.is_some() { "<" } else { ">" };
            query.push_str(&format!(" AND (start, seq) {than} (?, ?)"));
            values.extend([start.into(), signed(seq).into()]);
        }
        let order = if asked.before.is_some() { "DESC" } else { "ASC" };
        query.push_str(&format!(" ORDER BY start {order}, seq {order} LIMIT ?"));
        // One more shows whether there is another page.
        values.push(i64::try_from(asked.limit + 1).unwrap_or(i64::MAX).into());
        let mut query = self.connection.prepare_cached(&query)?;
        let found = query.query_map(params_from_iter(values), |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
        })?;
        let mut found = found.collect::<Result<Vec<_>, _>>()?;
        let more = found.len() > asked.limit;
        found.truncate(asked.limit);
        if asked.before.is_some() {
            found.reverse();
        }
        let passages = found.into_iter().filter_map(|(json, text)| current(&json, text)).collect();
        Ok(Passages { passages, more })
    }
}

/// As it reads now. `None`: a correction has taken all its words away, or its kind is none that this version knows.
fn current(json: &str, text: Option<String>) -> Option<Passage> {
    let (event, original) = as_it_reads(serde_json::from_str(json).ok()?, text);
    // A translation that was given up has none, either.
    let is_empty = |it: &Passage| original.is_some() || it.kind == "caption";
    passage(event).filter(|it| !it.text.is_empty() || !is_empty(it))
}

fn passage(event: Event) -> Option<Passage> {
    let (seq, start) = (event.seq()?, event.start());
    Some(match event {
        Event::Caption(it) => Passage {
            end: it.end,
            track: Some(it.track),
            lang: Some(it.lang),
            speaker: it.speaker,
            words: it.words,
            ..bare("caption", seq, start, it.text)
        },
        Event::Translation(it) => Passage {
            end: it.end,
            track: Some(it.track),
            lang: Some(it.lang),
            speaker: it.speaker,
            ..bare("translation", seq, start, it.text)
        },
        Event::Gap(it) => {
            Passage { end: it.end, track: it.track, ..bare("gap", seq, start, it.why.into_owned()) }
        }
        Event::Mark(it) => bare("mark", seq, start, it.text),
        // What it corrects has its text.
        Event::Correction(_) => return None,
    })
}

fn bare(kind: &'static str, seq: u64, start: f64, text: String) -> Passage {
    Passage {
        kind,
        seq,
        start,
        end: start,
        track: None,
        lang: None,
        speaker: None,
        text,
        words: None,
    }
}
