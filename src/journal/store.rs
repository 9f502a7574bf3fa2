//! The connection that writes: opening with its checks, and one transaction for each batch.
use std::{fs::File, path::Path, time::Duration};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    check::{Background, check, is_broken},
    entry::{Columns, insert},
    error::JournalError,
    numbers::{signed, unsigned},
    place::{is_suspect, lock, move_aside},
    rescue::{Rescued, rescue},
    retention, schema,
    settings::{BookSettings, Opened},
};
use crate::wire::{Batch, CaptionEvent, CaptionKind, Continued, Event, GapEvent, WordTime};

/// How long a write may wait for a reader that holds the file.
const BUSY: Duration = Duration::from_secs(2);

pub(super) struct Store {
    connection: Connection,
    settings: BookSettings,
    event: i64,
    run: i64,
    clears: (u64, u64),
    /// Where the file is too large to be checked before it is written.
    _check: Option<Background>,
    /// Held while it is open, so that there is one writer.
    _lock: File,
}

impl Store {
    pub(super) fn open(settings: &BookSettings) -> Result<(Store, Opened), JournalError> {
        let path = &settings.path;
        let lock = lock(path)?;
        let mut set_aside = None;
        // A start that was told of a broken file waits for the whole check.
        let patience = (!is_suspect(path, &lock)?).then_some(settings.check_for);
        let opened = connect(path).and_then(|connection| {
            let checked = check(&connection, patience)?;
            Ok((connection, checked.is_some()))
        });
        let (mut connection, is_checked) = match opened {
            Ok(opened) => opened,
            Err(error @ JournalError::Sql(_)) if is_broken(&error) => {
                let aside = move_aside(path, settings.run.started_at)?;
                tracing::error!(journal = %path.display(), aside = %aside.display(), %error, "the journal is broken: it was set aside, and a new one is begun");
                set_aside = Some(aside);
                (connect(path)?, true)
            }
            Err(error) => return Err(error),
        };
        lock.set_len(0).map_err(|source| JournalError::File { path: path.clone(), source })?;
        schema::migrate(&mut connection)?;
        if let Some(aside) = &set_aside {
            carry_over(&mut connection, aside);
        }
        let check = match is_checked {
            true => None,
            false => {
                tracing::info!(journal = %path.display(), "the journal is large: it is checked while it is written");
                let lock = lock.try_clone();
                let lock =
                    lock.map_err(|source| JournalError::File { path: path.clone(), source })?;
                Some(Background::begin(path, lock)?)
            }
        };
        let change = connection.transaction()?;
        let (event, continued) = begin(&change, settings)?;
        let facts = &settings.run;
        let started = signed(facts.started_at);
        change.execute(
            "INSERT INTO run (event, started_at, seen_at, version, file, pipeline, models, record) VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![event, started, env!("CARGO_PKG_VERSION"), facts.file, facts.pipeline, facts.models, facts.record],
        )?;
        let run = change.last_insert_rowid();
        change.commit()?;
        let (clears, settings) = (continued.clears, settings.clone());
        let store = Store { connection, settings, event, run, clears, _check: check, _lock: lock };
        Ok((store, Opened { continued, set_aside }))
    }

    pub(super) fn write(&mut self, batch: &Batch) -> Result<(), JournalError> {
        let change = self.connection.transaction()?;
        for (seq, at, json) in &batch.entries {
            insert(&change, self.event, *seq, *at, json)?;
        }
        if let Some(open) = &batch.open {
            change.execute("DELETE FROM open WHERE event = ?1", (self.event,))?;
            for json in open {
                let columns = Columns::of(json);
                let is_translation = json.starts_with(r#"{"translation""#);
                let lang = columns.lang.filter(|_| is_translation).unwrap_or_default();
                let mut add = change.prepare_cached(
                    "INSERT OR REPLACE INTO open (event, track, lang, json) VALUES (?1, ?2, ?3, ?4)",
                )?;
                add.execute(params![self.event, columns.track.unwrap_or_default(), lang, json])?;
            }
        }
        for it in &batch.sounds {
            let mut add = change.prepare_cached(
                "INSERT INTO sound (event, path, start, tracks) VALUES (?1, ?2, ?3, ?4)",
            )?;
            let tracks = serde_json::to_string(&it.tracks).expect("a list of names is plain JSON");
            add.execute(params![self.event, it.path, it.start, tracks])?;
        }
        for (kind, json) in &batch.notes {
            let mut add = change.prepare_cached(
                "INSERT INTO note (event, at, kind, json) VALUES (?1, ?2, ?3, ?4)",
            )?;
            add.execute(params![self.event, signed(batch.now), kind, json])?;
        }
        if batch.clears != self.clears {
            let (count, before) = batch.clears;
            change.execute(
                "UPDATE event SET clears = ?2, cleared_before = ?3 WHERE id = ?1",
                params![self.event, signed(count), signed(before)],
            )?;
        }
        if batch.ended {
            change.execute(
                "UPDATE event SET ended_at = ?2 WHERE id = ?1",
                params![self.event, signed(batch.now)],
            )?;
        }
        let mut seen =
            change.prepare_cached("UPDATE run SET seen_at = max(seen_at, ?2) WHERE id = ?1")?;
        seen.execute(params![self.run, signed(batch.now)])?;
        drop(seen);
        change.commit()?;
        self.clears = batch.clears;
        Ok(())
    }

    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        // Readers may keep some of it back: the next one takes that.
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    pub(super) fn prune(&mut self, now: u64) -> Result<usize, JournalError> {
        retention::prune(&mut self.connection, self.settings.keep, Some(self.event), now)
    }

    pub(super) fn stop(&mut self, now: u64) -> Result<(), JournalError> {
        self.connection.execute(
            "UPDATE run SET stopped_at = ?2, seen_at = max(seen_at, ?2) WHERE id = ?1",
            params![self.run, signed(now)],
        )?;
        self.sync()
    }
}

/// The newest event of a broken file goes on where it can still be read.
fn carry_over(connection: &mut Connection, aside: &Path) {
    match rescue(connection, aside) {
        Ok(Some(Rescued { entries, is_whole: true })) => {
            tracing::warn!(entries, "the newest event of the broken journal was carried over");
        }
        Ok(Some(Rescued { entries, .. })) => {
            tracing::error!(
                entries,
                "of the newest event of the broken journal only a part could be carried over: a new event begins"
            );
        }
        Ok(None) => (),
        Err(error) => {
            tracing::error!(%error, "nothing of the broken journal could be carried over: a new event begins");
        }
    }
}

/// The event of this run: a new one, or the newest, where its last run lived until a moment ago.
fn begin(
    change: &Transaction<'_>,
    settings: &BookSettings,
) -> Result<(i64, Continued), JournalError> {
    let facts = &settings.run;
    let since = signed(facts.started_at.saturating_sub(settings.continue_within_ms));
    let newest = "SELECT id, stream, started_at, clears, cleared_before FROM event
                  WHERE ended_at IS NULL AND id = (SELECT max(id) FROM event)
                  AND (SELECT max(seen_at) FROM run WHERE event = event.id) >= ?1
                  AND (SELECT file FROM run WHERE event = event.id ORDER BY id DESC LIMIT 1) = ?2";
    let newest = newest.replace("WHERE event = event.id", "WHERE run.event = event.id");
    let found = change.query_row(&newest, params![since, facts.file], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, i64>(3)?,
            row.get::<_, i64>(4)?,
        ))
    });
    let Some((id, stream, started_at, count, before)) = found.optional()? else {
        let stream = format!("{:016x}", rand::random::<u64>());
        change.execute(
            "INSERT INTO event (stream, title, started_at) VALUES (?1, ?2, ?3)",
            params![stream, facts.title, signed(facts.started_at)],
        )?;
        let continued =
            Continued { stream, started_at: facts.started_at, next: 1, ..Continued::default() };
        return Ok((change.last_insert_rowid(), continued));
    };
    let mut continued = Continued {
        stream,
        started_at: unsigned(started_at),
        clears: (unsigned(count), unsigned(before)),
        offset: facts.started_at.saturating_sub(unsigned(started_at)) as f64 / 1000.0,
        ..Continued::default()
    };
    let last: Option<i64> =
        change.query_row("SELECT max(seq) FROM entry WHERE event = ?1", (id,), |row| row.get(0))?;
    continued.next = last.map_or(1, |it| unsigned(it) + 1);
    close(change, id, facts.started_at, &mut continued)?;
    let mut segments = change.prepare(
        "SELECT track, max(segment) FROM entry WHERE event = ?1 AND segment IS NOT NULL GROUP BY track",
    )?;
    let segments =
        segments.query_map((id,), |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    for segment in segments {
        let (track, segment) = segment?;
        continued.segments.insert(track, unsigned(segment) + 1);
    }
    let mut entries = change.prepare(
        "SELECT at, json FROM (SELECT seq, at, json FROM entry WHERE event = ?1 ORDER BY seq DESC LIMIT ?2) ORDER BY seq",
    )?;
    let most = i64::try_from(settings.history).unwrap_or(i64::MAX);
    let entries = entries
        .query_map((id, most), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for entry in entries {
        let (at, json) = entry?;
        if let Ok(event) = serde_json::from_str::<Event>(&json) {
            continued.entries.push((event, unsigned(at)));
        }
    }
    Ok((id, continued))
}

/// Ends the segments that a crash left open, with the words that viewers were promised.
fn close(
    change: &Transaction<'_>,
    event: i64,
    now: u64,
    continued: &mut Continued,
) -> Result<(), JournalError> {
    let mut open = change.prepare("SELECT json FROM open WHERE event = ?1")?;
    let open = open.query_map((event,), |row| row.get::<_, String>(0))?;
    for json in open.collect::<Result<Vec<_>, _>>()? {
        // A translation that was under way has no words of its own to keep: readers have the original.
        let Ok(Event::Caption(partial)) = serde_json::from_str::<Event>(&json) else { continue };
        let closed = as_it_stood(partial, continued.next);
        let json = serde_json::to_string(&closed).expect("a wire event is plain JSON");
        insert(change, event, continued.next, now, &json)?;
        continued.next += 1;
        continued.closed += 1;
    }
    change.execute("DELETE FROM open WHERE event = ?1", (event,))?;
    Ok(())
}

/// The final of a segment that will not go on: its committed words; where there are none, a gap says that words are missing.
fn as_it_stood(partial: CaptionEvent, seq: u64) -> Event {
    let committed = partial.committed.clone().unwrap_or_default();
    if committed.trim().is_empty() {
        let (start, end) = (partial.start, partial.end);
        let track = Some(partial.track);
        return Event::Gap(GapEvent { seq: Some(seq), track, start, end, why: "restart".into() });
    }
    let mut length = 0;
    let words = partial.words.map(|words| {
        let is_committed = |word: &WordTime| {
            length += word.word.len();
            // The text has no space at its beginning, which the first word may have.
            length <= committed.len() + 1
        };
        words.into_iter().take_while(is_committed).collect::<Vec<_>>()
    });
    let end = words.as_ref().and_then(|it| it.last()).map_or(partial.end, |it| it.end);
    Event::Caption(CaptionEvent {
        text: committed,
        seq,
        revision: partial.revision + 1,
        kind: CaptionKind::Final,
        committed: None,
        end,
        words,
        ..partial
    })
}

fn connect(path: &Path) -> Result<Connection, JournalError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    if !schema::is_ours(&connection)? {
        return Err(JournalError::Foreign { path: path.to_owned() });
    }
    let (found, known) = (schema::version(&connection)?, schema::newest());
    if found > known {
        return Err(JournalError::Newer { path: path.to_owned(), found, known });
    }
    // Before the first table: it cannot be set later.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // What is committed outlives the process. Only a loss of power may take what was not synced.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What was masked does not lie about in the pages that it was in.
    connection.pragma_update(None, "secure_delete", "FAST")?;
    Ok(connection)
}
