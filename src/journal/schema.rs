//! The tables of a journal, and how an older file becomes one of today.
use rusqlite::Connection;

use super::error::JournalError;

/// "lcap": an SQLite file without it was written by another program.
pub(super) const APPLICATION: i64 = 0x6c63_6170;

/// What brings a file from one version to the next. Its length is the newest version; a step never changes once it was released.
const STEPS: [&str; 2] = [VERSION_1, VERSION_2];

/// - `event`: what belongs together for a reader: one `stream`, with numbers without holes, over any number of restarts.
/// - `run`: one start of livecap, with the pipeline file and the models that made its words.
/// - `entry`: one numbered event of the log, as JSON, with the columns that are searched and filtered by. `at`: Unix time in ms when
///   it was published; `start`, `end`: seconds on the audio timeline of the event.
/// - `entry.text`: what it says now; `json` keeps what it said before a correction, which is an entry of its own without a text.
/// - `open`: the newest partial of each open segment, so that a crash closes it as it stood.
/// - `note`: what operators saw: the states of stages when they changed.
/// - `words`: the full-text index of `entry.text`, see `index`.
const VERSION_1: &str = "
    CREATE TABLE event (
        id INTEGER PRIMARY KEY,
        stream TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL DEFAULT '',
        started_at INTEGER NOT NULL,
        ended_at INTEGER,
        clears INTEGER NOT NULL DEFAULT 0,
        cleared_before INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
        started_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        stopped_at INTEGER,
        version TEXT NOT NULL,
        file TEXT NOT NULL,
        pipeline TEXT NOT NULL,
        models TEXT NOT NULL,
        record TEXT
    ) STRICT;
    CREATE INDEX run_of_event ON run (event);
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        kind TEXT NOT NULL,
        track TEXT,
        segment INTEGER,
        lang TEXT,
        speaker TEXT,
        start REAL NOT NULL,
        end REAL NOT NULL,
        at INTEGER NOT NULL,
        text TEXT,
        json TEXT NOT NULL,
        UNIQUE (event, seq)
    ) STRICT;
    CREATE TABLE open (
        event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
        track TEXT NOT NULL,
        lang TEXT NOT NULL,
        json TEXT NOT NULL,
        PRIMARY KEY (event, track, lang)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE note (
        id INTEGER PRIMARY KEY,
        event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX note_of_event ON note (event);
    CREATE VIRTUAL TABLE words USING fts5 (text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
";

/// - `sound`: files of sound that belong to the words; `start` is the place of their first sample on the event's timeline, `tracks`
///   a JSON list of the tracks whose words are in it.
/// - `facet`: the languages (`lang`) and speakers (`speaker`) of each event, so that a list of events reads none of its entries.
/// - The order of entries on the timeline, of all and of each speaker, so that a page of a transcript reads no more than it shows.
const VERSION_2: &str = "
    CREATE TABLE sound (
        id INTEGER PRIMARY KEY,
        event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
        path TEXT NOT NULL,
        start REAL NOT NULL,
        tracks TEXT NOT NULL
    ) STRICT;
    CREATE INDEX sound_of_event ON sound (event);
    CREATE TABLE facet (
        event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (event, kind, name)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO facet SELECT DISTINCT event, 'lang', lang FROM entry WHERE lang IS NOT NULL;
    INSERT INTO facet SELECT DISTINCT event, 'speaker', speaker FROM entry WHERE speaker IS NOT NULL;
    CREATE INDEX entry_in_time ON entry (event, start, seq);
    CREATE INDEX entry_of_speaker ON entry (event, speaker, start, seq) WHERE speaker IS NOT NULL;
";

/// The newest version that this program knows.
pub(super) const fn newest() -> i64 {
    STEPS.len() as i64
}

/// The version of a file; 0 of an empty one.
pub(super) fn version(connection: &Connection) -> Result<i64, JournalError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Whether an empty file, or a journal of any version.
pub(super) fn is_ours(connection: &Connection) -> Result<bool, JournalError> {
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(application == APPLICATION || (application == 0 && tables == 0))
}

/// Brings the file to the newest version, each step whole or not at all.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), JournalError> {
    let from = version(connection)?;
    for (number, step) in (1i64..).zip(STEPS).skip(usize::try_from(from).unwrap_or(0)) {
        let change = connection.transaction()?;
        change.execute_batch(step)?;
        change.pragma_update(None, "application_id", APPLICATION)?;
        change.pragma_update(None, "user_version", number)?;
        change.commit()?;
    }
    Ok(())
}
