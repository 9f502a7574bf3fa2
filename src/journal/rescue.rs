//! What can still be read of a broken file that was set aside: its newest event, so that a restart continues that.
use std::path::Path;

use rusqlite::{Connection, Transaction, params_from_iter, types::Value};

use super::{entry::insert, error::JournalError, numbers::unsigned, schema};

/// What was carried over into the new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rescued {
    pub(super) entries: usize,
    /// All of the event could be read. Otherwise no run continues it: numbers that viewers have seen would be given again.
    pub(super) is_whole: bool,
}

/// Copies the newest event of the file at `aside` into this one, which is new. `None`: there is none, or it is of another version.
pub(super) fn rescue(
    connection: &mut Connection,
    aside: &Path,
) -> Result<Option<Rescued>, JournalError> {
    let old = Connection::open(aside)?;
    if schema::version(&old)? != schema::newest() {
        return Ok(None);
    }
    let newest: Option<i64> = old.query_row("SELECT max(id) FROM event", [], |row| row.get(0))?;
    let Some(event) = newest else { return Ok(None) };
    let change = connection.transaction()?;
    copy(&old, &change, "event", "id", event)?;
    copy(&old, &change, "run", "event", event)?;
    let rescued = entries(&old, &change, event)?;
    // These can be done without.
    for table in ["open", "note", "sound"] {
        if let Err(error) = copy(&old, &change, table, "event", event) {
            tracing::warn!(%error, table, "a part of the broken journal cannot be read");
        }
    }
    if !rescued.is_whole {
        let end = "UPDATE event SET ended_at = coalesce(ended_at, (SELECT max(seen_at) FROM run WHERE event = ?1)) WHERE id = ?1";
        change.execute(end, [event])?;
    }
    change.commit()?;
    Ok(Some(rescued))
}

/// One by one, with the index of their words: whatever stands before the damage is kept.
fn entries(old: &Connection, new: &Transaction<'_>, event: i64) -> Result<Rescued, JournalError> {
    let mut rescued = Rescued { entries: 0, is_whole: true };
    let mut found = old.prepare("SELECT seq, at, json FROM entry WHERE event = ?1 ORDER BY seq")?;
    let mut rows = found.query([event])?;
    let mut next = 1;
    loop {
        let read = rows
            .next()
            .and_then(|row| row.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).transpose());
        let (seq, at, json): (i64, i64, String) = match read {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(rescued),
            Err(_) => return Ok(Rescued { is_whole: false, ..rescued }),
        };
        rescued.is_whole &= seq == next;
        next = seq + 1;
        insert(new, event, unsigned(seq), unsigned(at), &json)?;
        rescued.entries += 1;
    }
}

/// The rows of an event.
fn copy(
    old: &Connection,
    new: &Transaction<'_>,
    table: &str,
    column: &str,
    event: i64,
) -> Result<(), JournalError> {
    let mut found = old.prepare(&format!("SELECT * FROM {table} WHERE {column} = ?1"))?;
    let width = found.column_count();
    let places = vec!["?"; width].join(", ");
    let mut put = new.prepare(&format!("INSERT INTO {table} VALUES ({places})"))?;
    let mut rows = found.query([event])?;
    while let Some(row) = rows.next()? {
        let values: Vec<Value> = (0..width).map(|at| row.get(at)).collect::<Result<_, _>>()?;
        put.execute(params_from_iter(values))?;
    }
    Ok(())
}
