//! Makes a model file of weights in other formats: CTranslate2's (faster-whisper) and Hugging Face's.
mod arrays;
mod container;
mod ctranslate2;
mod error;
mod find;
mod header;
mod mel;
mod model;
mod names;
mod quantise;
mod safetensors;
mod words;
mod write;

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

pub use error::{ImportError, SourceFault};
pub use find::Format;

pub(super) use self::quantise::encode as quantise;
use self::{find::Found, model::Model, write::Stopped};
use super::{Catalogue, Kind, Store, Weight, checksum::sha256_of_file, inspect, name::is_of_name};

/// What is to be made of which files.
#[derive(Clone, Debug)]
pub struct ImportSettings {
    /// Folders and zip files; several where the parts of one model.bin lie in several.
    pub paths: Vec<PathBuf>,
    /// [`Weight::F16`], [`Weight::Q8_0`] or [`Weight::Q5_1`].
    pub weight: Weight,
    /// What to call the model where the catalogue has no name for the result; see [`is_name`](super::is_name).
    pub name: Option<String>,
}

/// A model that is in the store now.
#[derive(Clone, Debug)]
pub struct Imported {
    pub name: String,
    /// Where the name comes from.
    pub called: Called,
    pub path: PathBuf,
    pub bytes: u64,
    pub sha256: String,
    pub format: Format,
    /// Whether the weights were int8, so that a part of their precision is lost for good.
    pub from_int8: bool,
    /// Whether the same file was there before.
    pub was_here: bool,
}

/// Where a model's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// It is, byte for byte, the catalogue's, by this sum.
    Published(Kind),
    /// It was asked for.
    AsAsked,
    /// The folder or file was called so.
    AsItsSource,
}

/// Makes a model file in `store` of what lies at the paths. `progress` hears of the bytes of weights written, and of all.
///
/// The weights are read and written a piece at a time. What comes of it is inspected before it gets its name; until then, and
/// where it fails, nothing in the store changes.
///
/// # Errors
/// [`ImportError`]: the source is no whole Whisper model, its name is another's, or the disk does not take it.
///
/// # Panics
/// For a `weight` that no import makes.
pub fn import(
    settings: &ImportSettings,
    catalogue: &Catalogue,
    store: &Store,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Imported, ImportError> {
    let folder = store.folder();
    let mut found = Found::search(&settings.paths)?;
    fs::create_dir_all(folder).map_err(|cause| ImportError::disk(folder, cause))?;
    let _lock = lock(folder.join(".import.lock"))?;
    let words = words::words(&mut found)?;
    let model = Model::open(&mut found, settings.weight, folder)?;
    let part = Part(folder.join(".import.part"));
    let told = |cause| ImportError::disk(&part.0, cause);
    let file = File::create(&part.0).map_err(told)?;
    let written =
        write::write(&file, &model, &words, progress).map_err(|stopped| match stopped {
            Stopped::Source(fault) => fault.at(found.place()),
            Stopped::Disk(cause) => told(cause),
        })?;
    inspect(&part.0)?;
    let published = catalogue.of_sums(&written.sha1, &written.sha256);
    let (name, called, path) = match (published, &settings.name) {
        (Some((entry, kind)), _) => {
            (entry.name.clone(), Called::Published(kind), store.path_of(entry))
        }
        (None, Some(name)) => (name.clone(), Called::AsAsked, store.path_of_own(name)),
        (None, None) => {
            let name = name_of_source(found.path(), settings.weight);
            (name.clone(), Called::AsItsSource, store.path_of_own(&name))
        }
    };
    let of_catalogue = catalogue.get(&name).or_else(|| {
        catalogue.of_file(path.file_name().and_then(|it| it.to_str()).unwrap_or_default())
    });
    if let Some(entry) = of_catalogue.filter(|_| published.is_none()) {
        return Err(ImportError::CatalogueName(entry.name.clone()));
    }
    let was_here = path.exists() && sha256_of_file(&path).map_err(told)? == written.sha256;
    if path.exists() && !was_here && published.is_none() {
        return Err(ImportError::Taken(path));
    }
    if !was_here {
        file.sync_all().map_err(told)?;
        fs::rename(&part.0, &path).map_err(told)?;
        // Without this the name may be gone after a power cut, though the bytes are there.
        #[cfg(unix)]
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(told)?;
    }
    let (bytes, sha256, from_int8) = (written.bytes, written.sha256, model.arrays.quantised());
    Ok(Imported { name, called, path, bytes, sha256, format: found.format, from_int8, was_here })
}

/// After the folder or file, and the kind of weights where they are in blocks, as published files are called.
fn name_of_source(path: &Path, weight: Weight) -> String {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let of_file = path.is_file();
    let name = if of_file { path.file_stem() } else { path.file_name() };
    let name = name.map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    // A wheel's name goes on with its version and what it runs on.
    let name = if path.extension().is_some_and(|it| it == "whl") {
        name.split('-').next().unwrap_or_default()
    } else {
        &name
    };
    let name: String =
        name.chars().map(|it| if is_of_name(it) { it } else { '-' }).take(90).collect();
    let name = name.trim_start_matches(|it: char| !it.is_ascii_alphanumeric());
    let name = if name.is_empty() { "imported" } else { name };
    if weight == Weight::F16 { name.into() } else { format!("{name}-{}", name_of(weight)) }
}

fn name_of(weight: Weight) -> &'static str {
    match weight {
        Weight::Q8_0 => "q8_0",
        Weight::Q5_1 => "q5_1",
        _ => "f16",
    }
}

/// One import at a time: each writes `.import.part`. An empty file stays behind, as of a pull.
fn lock(path: PathBuf) -> Result<File, ImportError> {
    let told = |cause| ImportError::disk(&path, cause);
    let file = File::options().create(true).append(true).open(&path).map_err(told)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ImportError::Busy(path)),
        Err(TryLockError::Error(cause)) => Err(told(cause)),
    }
}

/// A file that is removed where it was not renamed.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // It is not there once it has its name; and the next import writes over it where it cannot be removed.
        drop(fs::remove_file(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_gives_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str, weight| name_of_source(&folder.path().join(name), weight);
        for (name, wanted) in [
            ("whisper-small-nl", "whisper-small-nl"),
            ("my model (2)", "my-model--2-"),
            (".cache", "cache"),
            ("…", "imported"),
        ] {
            fs::create_dir(folder.path().join(name)).unwrap();
            assert_eq!(of(name, Weight::F16), wanted);
            assert_eq!(of(name, Weight::Q5_1), format!("{wanted}-q5_1"));
        }
        for file in ["some_model-0.1.0-py3-none-any.whl", "some_model.zip"] {
            fs::write(folder.path().join(file), "").unwrap();
            assert_eq!(of(file, Weight::F16), "some_model");
        }
    }
}
