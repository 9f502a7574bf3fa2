//! What several `models` commands look up: entries by their names, the files in the folder; and how a size is written.
use std::path::PathBuf;

use super::ModelsError;
use crate::models::{Catalogue, ModelEntry, ModelError, Store};

/// The entries called so, or the first name that nobody knows.
pub(super) fn entries<'a>(
    catalogue: &'a Catalogue,
    names: &[String],
) -> Result<Vec<&'a ModelEntry>, ModelError> {
    let unknown = |name: &String| ModelError::Unknown {
        asked: name.clone(),
        nearest: catalogue.nearest(name).map(String::from),
    };
    names.iter().map(|name| catalogue.get(name).ok_or_else(|| unknown(name))).collect()
}

/// The model files in the store's folder.
pub(super) fn files(store: &Store) -> Result<Vec<PathBuf>, ModelsError> {
    let folder = store.folder();
    store.files().map_err(|cause| ModelsError::Folder { folder: folder.into(), cause })
}

/// Whether the program itself holds this model.
pub(super) fn in_program(entry: &ModelEntry) -> bool {
    cfg!(feature = "whisper") && entry.built_in
}

pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
