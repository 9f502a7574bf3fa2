//! How much of a journal is kept.
use rusqlite::Connection;

use super::error::JournalError;

/// Whole events go, the oldest first, and never the one that is being written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Of events that ended longer ago, in ms; `None`: for ever.
    pub age_ms: Option<u64>,
    /// The most bytes of the file; `None`: any.
    pub bytes: Option<u64>,
}

/// Removes events but `writing`. Returns how many.
pub(super) fn prune(
    connection: &mut Connection,
    keep: Keep,
    writing: Option<i64>,
    now: u64,
) -> Result<usize, JournalError> {
    let mut gone = 0;
    if let Some(age) = keep.age_ms {
        let before = i64::try_from(now.saturating_sub(age)).unwrap_or(i64::MAX);
        let old = "SELECT event.id FROM event WHERE event.id IS NOT ?1
                   AND (SELECT max(seen_at) FROM run WHERE run.event = event.id) < ?2";
        let mut found = connection.prepare(old)?;
        let ids = found.query_map((writing, before), |row| row.get(0))?;
        let ids: Vec<i64> = ids.collect::<Result<_, _>>()?;
        drop(found);
        for id in ids {
            remove(connection, id)?;
            gone += 1;
        }
    }
    while keep.bytes.is_some_and(|most| used(connection).is_ok_and(|used| used > most)) {
        let oldest = "SELECT min(id) FROM event WHERE id IS NOT ?1";
        let Some(id) =
            connection.query_row(oldest, (writing,), |row| row.get::<_, Option<i64>>(0))?
        else {
            break;
        };
        remove(connection, id)?;
        gone += 1;
    }
    if gone > 0 {
        // A part of the pages each time: this is on the thread that writes.
        connection.execute_batch("PRAGMA incremental_vacuum")?;
    }
    Ok(gone)
}

/// Removes one event with all that belongs to it.
pub(super) fn remove(connection: &mut Connection, event: i64) -> Result<(), JournalError> {
    let change = connection.transaction()?;
    change.execute(
        "DELETE FROM words WHERE rowid IN (SELECT id FROM entry WHERE event = ?1 AND text IS NOT NULL)",
        (event,),
    )?;
    change.execute("DELETE FROM event WHERE id = ?1", (event,))?;
    Ok(change.commit()?)
}

/// Bytes of the file that hold something.
fn used(connection: &Connection) -> Result<u64, JournalError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (pages, free, size) =
        (pragma("page_count")?, pragma("freelist_count")?, pragma("page_size")?);
    Ok(u64::try_from((pages - free) * size).unwrap_or(0))
}
