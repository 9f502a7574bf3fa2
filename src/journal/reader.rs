//! Reading a journal, also while it is written: its events, their entries, and a search in all of them.
use std::path::Path;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Row as SqlRow, params, params_from_iter, types::Value,
};

use super::{
    entry,
    error::JournalError,
    index,
    numbers::{signed, unsigned},
    retention, schema,
};
use crate::wire::{Event, EventSummary, Found, Hit, Search, SoundFile, TrackInfo};

/// A connection that only reads. It blocks, so async code lends it to a thread.
pub struct Reader {
    pub(super) connection: Connection,
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub seq: u64,
    /// Unix time in ms.
    pub at: u64,
    /// As it reads now: with the text of its newest correction.
    pub event: Event,
    /// What it said before it was corrected.
    pub original: Option<String>,
}

const SUMMARY: &str = "
    SELECT event.id, stream, title, event.started_at,
        (SELECT max(seen_at) FROM run WHERE run.event = event.id),
        ended_at IS NOT NULL OR (SELECT stopped_at IS NOT NULL FROM run WHERE run.event = event.id ORDER BY id DESC LIMIT 1),
        (SELECT count(*) FROM run WHERE run.event = event.id),
        (SELECT coalesce(max(seq), 0) FROM entry WHERE entry.event = event.id),
        (SELECT end FROM entry WHERE entry.event = event.id AND kind != 'correction' ORDER BY seq DESC LIMIT 1)
    FROM event";

impl Reader {
    pub fn open(path: &Path) -> Result<Reader, JournalError> {
        if !path.exists() {
            return Err(JournalError::Missing { path: path.to_owned() });
        }
        // A log of SQLite beside it may have to be read, for which it writes an index of that.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let writable = Connection::open_with_flags(path, flags);
        let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = writable.or_else(|_| Connection::open_with_flags(path, read_only))?;
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let (found, known) = (schema::version(&connection)?, schema::newest());
        if found > known {
            return Err(JournalError::Newer { path: path.to_owned(), found, known });
        }
        if found == 0 || !schema::is_ours(&connection)? {
            return Err(JournalError::Foreign { path: path.to_owned() });
        }
        if found < known {
            // Of an older livecap, and not opened by a writer since.
            schema::migrate(&mut connection)?;
        }
        Ok(Reader { connection })
    }

    /// `limit` events before `before` (an id), the newest first.
    pub fn events(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<EventSummary>, JournalError> {
        let asked = format!("{SUMMARY} WHERE event.id < ?1 ORDER BY event.id DESC LIMIT ?2");
        let mut asked = self.connection.prepare_cached(&asked)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = asked.query_map((before.unwrap_or(i64::MAX), limit), summary)?;
        found.map(|it| self.with_lists(it?)).collect()
    }

    /// By its number, or by `stream`, or the newest for `last`.
    pub fn event(&self, name: &str) -> Result<Option<EventSummary>, JournalError> {
        let number: i64 = name.parse().unwrap_or(-1);
        let asked = format!(
            "{SUMMARY} WHERE stream = ?1 OR event.id = ?2 OR (?1 = 'last' AND event.id = (SELECT max(id) FROM event))"
        );
        let found = self.connection.query_row(&asked, params![name, number], summary).optional()?;
        found.map(|it| self.with_lists(it)).transpose()
    }

    fn with_lists(&self, mut it: EventSummary) -> Result<EventSummary, JournalError> {
        it.languages = self.facet("lang", it.id)?;
        it.speakers = self.facet("speaker", it.id)?;
        Ok(it)
    }

    fn facet(&self, kind: &str, event: i64) -> Result<Vec<String>, JournalError> {
        let asked = "SELECT name FROM facet WHERE event = ?1 AND kind = ?2 ORDER BY name";
        let mut asked = self.connection.prepare_cached(asked)?;
        let found = asked.query_map((event, kind), |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Who was heard in an event: its tracks, with the language that was spoken and those that it was translated to.
    pub fn tracks(&self, event: i64) -> Result<Vec<TrackInfo>, JournalError> {
        let mut asked = self.connection.prepare_cached(
            "SELECT track, kind = 'translation', lang FROM entry
             WHERE event = ?1 AND track IS NOT NULL AND lang IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, min(seq)",
        )?;
        let found = asked.query_map((event,), |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, String>(2)?))
        })?;
        let mut tracks: Vec<TrackInfo> = Vec::new();
        for row in found {
            let (name, translated, lang) = row?;
            match tracks.last_mut().filter(|it| it.name == name) {
                Some(track) if translated => track.langs.push(lang),
                // More than one language was spoken.
                Some(track) => "auto".clone_into(&mut track.lang),
                None if translated => {
                    let spoken = "auto".to_owned();
                    tracks.push(TrackInfo { name, lang: spoken, langs: vec![lang] });
                }
                None => tracks.push(TrackInfo { name, lang, langs: Vec::new() }),
            }
        }
        Ok(tracks)
    }

    /// The number of the first entry of an event that was published at most `ms` before its newest one.
    pub fn first_of_last(&self, event: i64, ms: u64) -> Result<Option<u64>, JournalError> {
        let asked = "SELECT min(seq) FROM entry WHERE event = ?1
             AND at >= (SELECT at FROM entry WHERE event = ?1 ORDER BY seq DESC LIMIT 1) - ?2";
        let found: Option<i64> =
            self.connection.query_row(asked, params![event, signed(ms)], |row| row.get(0))?;
        Ok(found.map(unsigned))
    }

    /// The model of each recogniser in the last run of an event.
    pub fn models(&self, event: i64) -> Result<serde_json::Value, JournalError> {
        let asked = "SELECT models FROM run WHERE event = ?1 ORDER BY id DESC LIMIT 1";
        let found: Option<String> =
            self.connection.query_row(asked, (event,), |row| row.get(0)).optional()?;
        Ok(found.and_then(|it| serde_json::from_str(&it).ok()).unwrap_or_default())
    }

    /// What operators saw of an event at this Unix time in ms, and from then on: `{at, kind, note}`.
    pub fn notes(&self, event: i64, since: u64) -> Result<Vec<serde_json::Value>, JournalError> {
        let asked = "SELECT at, kind, json FROM note WHERE event = ?1
             AND at >= (SELECT coalesce(max(at), 0) FROM note WHERE event = ?1 AND at <= ?2) ORDER BY id";
        let mut asked = self.connection.prepare_cached(asked)?;
        let found = asked.query_map(params![event, signed(since)], |row| {
            let json: String = row.get(2)?;
            let note: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
            let (at, kind): (i64, String) = (row.get(0)?, row.get(1)?);
            Ok(serde_json::json!({ "at": at, "kind": kind, "note": note }))
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The entries of an event from number `from` on, at most `limit`.
    pub fn entries(&self, event: i64, from: u64, limit: usize) -> Result<Vec<Row>, JournalError> {
        let mut asked = self.connection.prepare_cached(
            "SELECT seq, at, json, text FROM entry WHERE event = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = asked.query_map(params![event, signed(from), limit], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, Option<String>>(3)?,
            ))
        })?;
        let mut rows = Vec::new();
        for row in found {
            let (seq, at, json, text) = row?;
            // An entry of a kind that this version does not know is left out.
            if let Ok(event) = serde_json::from_str(&json) {
                let (event, original) = entry::as_it_reads(event, text);
                rows.push(Row { seq: unsigned(seq), at: unsigned(at), event, original });
            }
        }
        Ok(rows)
    }

    /// The pipeline file of an event's last run, and its path.
    pub fn pipeline(&self, event: i64) -> Result<Option<(String, String)>, JournalError> {
        let asked = "SELECT file, pipeline FROM run WHERE event = ?1 ORDER BY id DESC LIMIT 1";
        let found =
            self.connection.query_row(asked, (event,), |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    /// The files of sound of an event, in the order in which they were begun. They may have been moved since.
    pub fn sounds(&self, event: i64) -> Result<Vec<SoundFile>, JournalError> {
        let mut asked = self
            .connection
            .prepare_cached("SELECT path, start, tracks FROM sound WHERE event = ?1 ORDER BY id")?;
        let found = asked.query_map((event,), |row| {
            let tracks: String = row.get(2)?;
            let tracks = serde_json::from_str(&tracks).unwrap_or_default();
            Ok(SoundFile { path: row.get(0)?, start: row.get(1)?, tracks })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    pub fn search(&self, search: &Search) -> Result<Found, JournalError> {
        let Some(query) = index::query(&search.words) else { return Ok(Found::default()) };
        let mut asked = "SELECT entry.id, entry.event, event.title, seq, at, start, track, lang, speaker, entry.text
             FROM words JOIN entry ON entry.id = words.rowid JOIN event ON event.id = entry.event
             WHERE words MATCH ?".to_owned();
        let mut values: Vec<Value> = vec![query.into()];
        let mut also = |condition: &str, value: Option<Value>| {
            if let Some(value) = value {
                asked.push_str(" AND ");
                asked.push_str(condition);
                values.push(value);
            }
        };
        // Entries of an event were added in the order of their numbers: the index need not be read before the first of them, nor
        // behind the last.
        let edge =
            |order| format!("(SELECT id FROM entry WHERE event = ? ORDER BY seq {order} LIMIT 1)");
        also(&format!("words.rowid >= {}", edge("ASC")), search.event.map(Into::into));
        also(&format!("words.rowid <= {}", edge("DESC")), search.event.map(Into::into));
        also("entry.event = ?", search.event.map(Into::into));
        also("lang = ?", search.lang.clone().map(Into::into));
        also("speaker = ?", search.speaker.clone().map(Into::into));
        also("at >= ?", search.from.map(|it| signed(it).into()));
        also("at < ?", search.to.map(|it| signed(it).into()));
        also("words.rowid < ?", search.after.map(Into::into));
        asked.push_str(" ORDER BY words.rowid DESC LIMIT ?");
        // One more shows whether there is another page.
        values.push(i64::try_from(search.limit + 1).unwrap_or(i64::MAX).into());
        let mut asked = self.connection.prepare_cached(&asked)?;
        let rows = asked.query_map(params_from_iter(values), |row| Ok((row.get(0)?, hit(row)?)))?;
        let mut hits: Vec<(i64, Hit)> = rows.collect::<Result<_, _>>()?;
        let more = hits.len() > search.limit;
        hits.truncate(search.limit);
        let next = hits.last().map(|(id, _)| *id).filter(|_| more);
        let marked = |(_, mut hit): (i64, Hit)| {
            hit.marks = index::marks(&hit.text, &search.words);
            hit
        };
        Ok(Found { hits: hits.into_iter().map(marked).collect(), next })
    }

    /// Removes events that exceed `keep`, for a journal that nobody writes. Returns how many.
    pub fn prune(&mut self, keep: super::Keep, now: u64) -> Result<usize, JournalError> {
        retention::prune(&mut self.connection, keep, None, now)
    }

    /// Removes one event.
    pub fn remove(&mut self, event: i64) -> Result<(), JournalError> {
        retention::remove(&mut self.connection, event)
    }
}

fn summary(row: &SqlRow<'_>) -> rusqlite::Result<EventSummary> {
    Ok(EventSummary {
        id: row.get(0)?,
        stream: row.get(1)?,
        title: row.get(2)?,
        started_at: unsigned(row.get(3)?),
        seen_at: unsigned(row.get::<_, Option<i64>>(4)?.unwrap_or_default()),
        is_over: row.get::<_, Option<bool>>(5)?.unwrap_or(true),
        runs: unsigned(row.get(6)?),
        entries: unsigned(row.get(7)?),
        seconds: row.get::<_, Option<f64>>(8)?.unwrap_or_default(),
        languages: Vec::new(),
        speakers: Vec::new(),
    })
}

fn hit(row: &SqlRow<'_>) -> rusqlite::Result<Hit> {
    Ok(Hit {
        event: row.get(1)?,
        title: row.get(2)?,
        seq: unsigned(row.get(3)?),
        at: unsigned(row.get(4)?),
        start: row.get(5)?,
        track: row.get(6)?,
        lang: row.get(7)?,
        speaker: row.get(8)?,
        text: row.get::<_, Option<String>>(9)?.unwrap_or_default(),
        marks: Vec::new(),
    })
}
