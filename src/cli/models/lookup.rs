//! Helpers of the `models` commands: entries by name, the files of the folder, sizes as text.
use std::path::PathBuf;

use super::ModelsError;
use crate::models::{Catalogue, ModelEntry, ModelError, Store};

/// The entries with these names, or an error for the first unknown name.
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

pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
