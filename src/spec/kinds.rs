//! The keys of each kind: the type that its table is read into. What else is said of a kind stands in `kind`.
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Kind, file,
    generate::of,
    plan::Planned,
    table::{Around, Settings, Table, own},
};

/// How the keys of a kind are described and read.
struct Keys {
    schema: fn() -> Value,
    read: fn(&Table<'_>, &mut Around<'_>) -> Option<Planned>,
}

const fn keys<T: Settings + DeserializeOwned + JsonSchema>() -> Keys {
    Keys { schema: of::<T>, read: |table, around| own::<T>(table, around)?.resolve(around) }
}

const fn keys_of(kind: Kind) -> Keys {
    match kind {
        Kind::Microphone => keys::<file::Microphone>(),
        Kind::Recording => keys::<file::Recording>(),
        Kind::Pcm => keys::<file::Pcm>(),
        Kind::Command => keys::<file::Command>(),
        Kind::Browser => keys::<file::Browser>(),
        Kind::Resample => keys::<file::Resample>(),
        Kind::Whisper => keys::<file::Whisper>(),
        Kind::Translate => keys::<file::Translate>(),
        Kind::Replace => keys::<file::Replace>(),
        Kind::Lines => keys::<file::Lines>(),
        Kind::Broadcast => keys::<file::Broadcast>(),
        Kind::Journal => keys::<file::Journal>(),
        Kind::Subtitles => keys::<file::Subtitles>(),
        Kind::Record => keys::<file::Record>(),
    }
}

/// Of the keys of the kind alone.
pub(super) fn schema(kind: Kind) -> Value {
    (keys_of(kind).schema)()
}

/// The settings that a table of the right shape has. `None` where there was something to complain about.
pub(super) fn read(table: &Table<'_>, around: &mut Around<'_>) -> Option<Planned> {
    (keys_of(table.kind).read)(table, around)
}
