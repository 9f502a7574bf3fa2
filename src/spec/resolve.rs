//! From a table that has the right shape to the settings of its stage.
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, de::DeserializeOwned};
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{
    Code, Complaint, Kind, file,
    plan::{Places, Planned, Restart, WhenFull},
    schema, shape,
    units::Length,
};

/// One `[kind.name]` table of the document.
pub(super) struct Table<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    /// Where the name stands in the header.
    pub(super) header: Range<usize>,
    pub(super) keys: &'a DeTable<'a>,
}

impl Table<'_> {
    pub(super) fn title(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }

    /// The value of `key`, or the header where there is none.
    pub(super) fn place(&self, key: &str) -> Range<usize> {
        self.keys.get(key).map_or_else(|| self.header.clone(), Spanned::span)
    }

    /// What it listens to, however well the rest of the table reads. `None`: it can't be told.
    pub(super) fn from(&self) -> Option<Vec<(&str, Range<usize>)>> {
        let Some(from) = self.keys.get("from") else {
            let source = self.kind.takes().is_empty() || self.kind == Kind::Lines;
            return source.then(Vec::new);
        };
        match from.get_ref() {
            DeValue::String(name) => Some(vec![(name, from.span())]),
            DeValue::Array(names) => {
                names.iter().map(|it| Some((it.get_ref().as_str()?, it.span()))).collect()
            }
            _ => None,
        }
    }
}

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

/// What a kind asks of its surroundings while it is resolved.
pub(super) struct Around<'a> {
    table: &'a Table<'a>,
    folder: &'a Path,
    complaints: &'a mut Vec<Complaint>,
}

impl Around<'_> {
    /// As the file means it: from the folder in which the file lies.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        self.folder.join(written)
    }

    pub(super) fn title(&self) -> String {
        self.table.title()
    }

    pub(super) fn complain(
        &mut self,
        code: Code,
        key: &str,
        title: String,
        label: impl Into<String>,
        help: Option<String>,
    ) {
        self.complaints
            .push(Complaint::new(code, title).mark(self.table.place(key), label).maybe_help(help));
    }
}

/// Reads one table. `None` where there was something to complain about.
pub(super) fn resolve(
    table: &Table<'_>,
    folder: &Path,
    complaints: &mut Vec<Complaint>,
) -> Option<Resolved> {
    let before = complaints.len();
    let keys = schema::stage(table.kind);
    shape::table(&table.title(), &table.header, table.keys, &keys, complaints);
    if complaints.len() > before {
        return None;
    }
    let mut around = Around { table, folder, complaints };
    let every: file::Every = read(table, EVERY, &mut around)?;
    let work = work(table, &mut around)?;
    let patience = match every.patience {
        Some(length) => length,
        None => schema::patience(table.kind).parse().unwrap_or(Length::ms::<10_000>()),
    };
    let file::Restart { limit, within, wait } = every.restart;
    let values: BTreeMap<String, Range<usize>> =
        table.keys.iter().map(|(key, value)| (key.get_ref().to_string(), value.span())).collect();
    (complaints.len() == before).then(|| Resolved {
        work,
        restart: Restart { limit, within: within.0, wait: wait.0 },
        patience: patience.0,
        places: Places { header: table.header.clone(), values },
    })
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
    let Table { kind, name, header, .. } = table;
    let left = Table { kind: *kind, name, header: header.clone(), keys: &keys };
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

fn work(table: &Table<'_>, around: &mut Around<'_>) -> Option<Planned> {
    Some(match table.kind {
        Kind::Microphone => own::<file::Microphone>(table, around)?.resolve(),
        Kind::Recording => own::<file::Recording>(table, around)?.resolve(around),
        Kind::Pcm => own::<file::Pcm>(table, around)?.resolve(around),
        Kind::Command => own::<file::Command>(table, around)?.resolve(around),
        Kind::Resample => own::<file::Resample>(table, around).map(|_| Planned::Resample)?,
        Kind::Whisper => own::<file::Whisper>(table, around)?.resolve(around),
        Kind::Translate => own::<file::Translate>(table, around)?.resolve(around),
        Kind::Replace => own::<file::Replace>(table, around)?.resolve(around),
        Kind::Lines => own::<file::Lines>(table, around)?.resolve(around),
        Kind::Broadcast => own::<file::Broadcast>(table, around)?.resolve(around)?,
        Kind::Subtitles => own::<file::Subtitles>(table, around)?.resolve(around)?,
        Kind::Record => own::<file::Record>(table, around)?.resolve(around)?,
        Kind::Journal => own::<file::Journal>(table, around)?.resolve(around),
    })
}

const EVERY: &[&str] = &["restart", "patience"];
const LISTENING: &[&str] = &["queue"];

/// The keys of the kind itself.
fn own<T: DeserializeOwned>(table: &Table<'_>, around: &mut Around<'_>) -> Option<T> {
    let common = |key: &str| key == "from" || EVERY.contains(&key) || LISTENING.contains(&key);
    part(table, |key| !common(key), around)
}

fn read<T: DeserializeOwned>(
    table: &Table<'_>,
    keys: &[&str],
    around: &mut Around<'_>,
) -> Option<T> {
    part(table, |key| keys.contains(&key), around)
}

/// Reads those keys that `wanted` names. What the schema let pass and serde refuses would be a disagreement between the
/// two; it is told like any other mistake.
fn part<T: DeserializeOwned>(
    table: &Table<'_>,
    wanted: impl Fn(&str) -> bool,
    around: &mut Around<'_>,
) -> Option<T> {
    let mut keys = DeTable::new();
    for (key, value) in table.keys {
        if wanted(key.get_ref()) {
            keys.insert(key.clone(), value.clone());
        }
    }
    let value = Spanned::new(table.header.clone(), DeValue::Table(keys));
    match T::deserialize(ValueDeserializer::from(value)) {
        Ok(read) => Some(read),
        Err(error) => {
            let span = error.span().unwrap_or_else(|| table.header.clone());
            around.complaints.push(Complaint::new(Code::WrongType, error.message()).mark(span, ""));
            None
        }
    }
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
