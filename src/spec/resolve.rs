//! From a table that has the right shape to the settings of its stage.
use std::{collections::BTreeMap, ops::Range, path::Path, time::Duration};

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{
    Code, Complaint, file, kinds,
    plan::{Places, Planned, Restart, WhenFull},
    schema, shape,
    table::{Around, EVERY, LISTENING, Table, read},
    units::Length,
};

/// What one table says, wiring aside.
pub(super) struct Resolved {
    pub(super) work: Planned,
    pub(super) restart: Restart,
    pub(super) patience: Duration,
    pub(super) places: Places,
}

/// A queue as written.
#[derive(Clone, Copy, Default)]
pub(super) struct Queue {
    pub(super) holds: Option<Duration>,
    pub(super) size: Option<usize>,
    pub(super) when_full: Option<WhenFull>,
}

/// Reads one table. `None` where there was something to complain about.
pub(super) fn resolve(
    table: &Table<'_>,
    folder: &Path,
    complaints: &mut Vec<Complaint>,
) -> Option<Resolved> {
    if table.is_implied() {
        return Some(implied(table));
    }
    let before = complaints.len();
    let keys = schema::stage(table.kind);
    shape::table(&table.title(), &table.header, table.keys, &keys, complaints);
    if complaints.len() > before {
        return None;
    }
    let mut around = Around { table, folder, complaints };
    let every: file::Every = read(table, EVERY, &mut around)?;
    let work = kinds::read(table, &mut around)?;
    let patience = every.patience.map_or_else(|| patience(table), |it| it.0);
    let file::Restart { limit, within, wait } = every.restart;
    let values: BTreeMap<String, Range<usize>> =
        table.keys.iter().map(|(key, value)| (key.get_ref().to_string(), value.span())).collect();
    (complaints.len() == before).then(|| Resolved {
        work,
        restart: Restart { limit, within: within.0, wait: wait.0 },
        patience,
        places: Places { header: table.header.clone(), values },
    })
}

/// A resampler that stands in no file: every setting at its default.
fn implied(table: &Table<'_>) -> Resolved {
    let file::Restart { limit, within, wait } = file::Restart::default();
    Resolved {
        work: Planned::Resample,
        restart: Restart { limit, within: within.0, wait: wait.0 },
        patience: patience(table),
        places: Places { header: table.header.clone(), ..Places::default() },
    }
}

/// As its kind has it.
fn patience(table: &Table<'_>) -> Duration {
    table.kind.patience().parse().unwrap_or(Length::ms::<10_000>()).0
}

/// What is left of a table with mistakes where the keys that they are in are left out. `None` where that is no stage.
pub(super) fn remains(
    table: &Table<'_>,
    folder: &Path,
    complaints: &[Complaint],
) -> Option<Resolved> {
    let mistakes: Vec<&Range<usize>> =
        complaints.iter().filter_map(|it| Some(&it.marks.first()?.span)).collect();
    let mut keys = DeTable::new();
    for (key, value) in table.keys {
        let place = key.span().start..value.span().end;
        if !mistakes.iter().any(|it| it.start < place.end && place.start < it.end) {
            keys.insert(key.clone(), value.clone());
        }
    }
    let Table { kind, name, header, implied_behind, .. } = table;
    let (header, implied_behind) = (header.clone(), *implied_behind);
    let left = Table { kind: *kind, name, header, keys: &keys, implied_behind };
    resolve(&left, folder, &mut Vec::new())
}

/// The queue of a table, whatever else may be wrong with it.
pub(super) fn queue(table: &Table<'_>, folder: &Path) -> Queue {
    // What is wrong with the queue itself was complained about when the table was read.
    let around = &mut Around { table, folder, complaints: &mut Vec::new() };
    let read = read::<file::Listening>(table, LISTENING, around);
    read.map_or_else(Queue::default, |it| Queue {
        holds: it.queue.holds.map(|it| it.0),
        size: it.queue.size,
        when_full: it.queue.when_full,
    })
}

/// The `[pipeline]` table: its name and its grace time.
pub(super) fn pipeline(
    keys: &DeTable<'_>,
    header: &Range<usize>,
    complaints: &mut Vec<Complaint>,
) -> Option<file::Pipeline> {
    let before = complaints.len();
    shape::table("pipeline", header, keys, &schema::pipeline(), complaints);
    if complaints.len() > before {
        return None;
    }
    let value = Spanned::new(header.clone(), DeValue::Table(keys.clone()));
    match file::Pipeline::deserialize(ValueDeserializer::from(value)) {
        Ok(read) => Some(read),
        Err(error) => {
            let span = error.span().unwrap_or_else(|| header.clone());
            complaints.push(Complaint::new(Code::WrongType, error.message()).mark(span, ""));
            None
        }
    }
}
