//! One table of a pipeline file, as it is read: its keys, and the place where each stands.
use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{Code, Complaint, Kind, Port, plan::Planned};

/// One `[kind.name]` table of the document.
pub(super) struct Table<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    /// Where the name stands in the header.
    pub(super) header: Range<usize>,
    pub(super) keys: &'a DeTable<'a>,
    /// Of a resampler that does not stand in the file: the name of the source behind which it is.
    pub(super) implied_behind: Option<&'a str>,
}

impl Table<'_> {
    pub(super) fn title(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }

    /// What others hear from it. `lines` may give or take.
    pub(super) fn gives(&self) -> Option<Port> {
        self.kind.gives(self.keys.contains_key("from"))
    }

    pub(super) fn is_implied(&self) -> bool {
        self.implied_behind.is_some()
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

/// What a kind asks of its surroundings while it is resolved.
pub(super) struct Around<'a> {
    pub(super) table: &'a Table<'a>,
    pub(super) folder: &'a Path,
    pub(super) complaints: &'a mut Vec<Complaint>,
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

/// The keys of a kind, as written.
pub(super) trait Settings {
    /// With paths made whole and defaults filled in. `None` where there was something to complain about.
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned>;
}

pub(super) const EVERY: &[&str] = &["restart", "patience"];
pub(super) const LISTENING: &[&str] = &["queue"];

/// The keys of the kind itself.
pub(super) fn own<T: DeserializeOwned>(table: &Table<'_>, around: &mut Around<'_>) -> Option<T> {
    let common = |key: &str| key == "from" || EVERY.contains(&key) || LISTENING.contains(&key);
    part(table, |key| !common(key), around)
}

pub(super) fn read<T: DeserializeOwned>(
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
