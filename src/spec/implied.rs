//! The resampler that a pipeline file may leave out: whoever takes speech may listen to a source of sound of any rate.
use std::{ops::Range, sync::LazyLock};

use toml::de::DeTable;

use super::{Kind, Port, table::Table};

/// What a stage is called that stands in no file. A name in a file has no dot, so the two never clash.
const ENDING: &str = ".16k";

/// A resampler behind one source, for all that listen to that source and take speech.
pub(super) struct Implied {
    /// The name of the source.
    giver: String,
    name: String,
    /// The first `from` that needs it.
    place: Range<usize>,
}

/// One for each source that somebody who takes speech listens to.
pub(super) fn resamplers(tables: &[Table<'_>]) -> Vec<Implied> {
    let mut implied: Vec<Implied> = Vec::new();
    for taker in tables.iter().filter(|it| needs_speech(it.kind)) {
        for (name, place) in taker.from().unwrap_or_default() {
            let named = || tables.iter().filter(|it| it.name == name);
            // Where several share the name, which is complained about, the one that fits is meant.
            let gives = |port| named().any(|it| it.gives() == Some(port));
            if gives(Port::Audio)
                && !gives(Port::Speech)
                && implied.iter().all(|it| it.giver != name)
            {
                implied.push(Implied {
                    giver: name.to_owned(),
                    name: format!("{name}{ENDING}"),
                    place,
                });
            }
        }
    }
    implied
}

/// Whether sound has to be resampled for this kind of stage.
pub(super) fn needs_speech(kind: Kind) -> bool {
    kind.takes().contains(&Port::Speech) && !kind.takes().contains(&Port::Audio)
}

impl Implied {
    /// As if it stood in the file, where its first listener names the source.
    pub(super) fn table(&self) -> Table<'_> {
        static NO_KEYS: LazyLock<DeTable<'static>> = LazyLock::new(DeTable::new);
        Table {
            kind: Kind::Resample,
            name: &self.name,
            header: self.place.clone(),
            keys: &NO_KEYS,
            implied_behind: Some(&self.giver),
        }
    }
}
