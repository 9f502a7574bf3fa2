//! The folder where models lie, and finding what a pipeline file names.
use std::{
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{
    Catalogue, Checksum, Decoding, Header, InspectError, ModelEntry, Proof, VerifyError,
    checksum::{sha256_of, sha256_of_file},
    inspect, inspect_bytes, is_name, verify,
};

#[cfg(feature = "whisper")]
static DEMO: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/demo.bin"));

/// A folder of model files.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A model that is there. Whether it is whole is not yet known: ask [`Found::inspect`], [`Found::verify`].
#[derive(Clone, Debug)]
pub struct Found {
    /// The catalogue's name for it, or else the file's.
    pub name: String,
    pub weights: Weights,
    /// What the catalogue knows of it; a path finds its entry by the file's name.
    pub entry: Option<ModelEntry>,
}

/// Where a model's bytes are.
#[derive(Clone, Debug)]
pub enum Weights {
    /// In the program itself.
    BuiltIn(&'static [u8]),
    File(PathBuf),
}

/// A model that cannot be had, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("no model is called `{asked}`{}; `livecap models list` shows all", maybe(nearest.as_deref()))]
    Unknown { asked: String, nearest: Option<String> },
    #[error(
        "the model `{name}` is not here: there is no {}; get it with `livecap models pull {name}`, or put {url} there",
        path.display()
    )]
    Missing { name: String, path: PathBuf, url: String },
    #[error("there is no model file {}", .0.display())]
    NoFile(PathBuf),
    #[error(
        "the model `{0}` is part of builds with the feature `whisper`, and this one is without it"
    )]
    NotBuiltIn(String),
    #[error("no folder for models: set LIVECAP_MODELS to one")]
    NoFolder,
}

impl Store {
    pub fn new(folder: impl Into<PathBuf>) -> Store {
        Store { folder: folder.into() }
    }

    /// `LIVECAP_MODELS`, or else `livecap/models` in the user's folder for data.
    pub fn of_environment() -> Result<Store, ModelError> {
        Store::of(|name| std::env::var_os(name), cfg!(target_os = "macos"))
    }

    fn of(variable: impl Fn(&str) -> Option<OsString>, macos: bool) -> Result<Store, ModelError> {
        let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(folder) = set("LIVECAP_MODELS") {
            return Ok(Store::new(folder));
        }
        let home = || set("HOME").ok_or(ModelError::NoFolder);
        let data = match set("XDG_DATA_HOME").filter(|folder| folder.is_absolute()) {
            Some(folder) => folder,
            None if macos => home()?.join("Library/Application Support"),
            None => home()?.join(".local/share"),
        };
        Ok(Store::new(data.join("livecap/models")))
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn path_of(&self, entry: &ModelEntry) -> PathBuf {
        self.folder.join(&entry.file)
    }

    /// Where a model lies that the catalogue lacks and that was imported under this name.
    pub fn path_of_own(&self, name: &str) -> PathBuf {
        self.folder.join(format!("ggml-{name}.bin"))
    }

    /// The model files in the folder, by name; a folder that is not there has none.
    pub fn files(&self) -> io::Result<Vec<PathBuf>> {
        let read = || -> io::Result<Vec<PathBuf>> {
            let mut found = Vec::new();
            for file in fs::read_dir(&self.folder)? {
                let path = file?.path();
                if path.is_file() && path.extension().is_some_and(|it| it == "bin") {
                    found.push(path);
                }
            }
            found.sort();
            Ok(found)
        };
        match read() {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            result => result,
        }
    }

    /// The models that are here: those in the program, then those in the folder, each by the name that [`resolve`](Self::resolve)
    /// finds it by.
    pub fn present(&self, catalogue: &Catalogue) -> io::Result<Vec<Found>> {
        let built_in = catalogue.entries().iter().filter(|it| it.built_in);
        let mut present: Vec<Found> = built_in.filter_map(|it| self.named(it).ok()).collect();
        for path in self.files()? {
            let found = of_file(catalogue, path.clone());
            let own = found.name.strip_prefix("ggml-").and_then(|it| it.strip_suffix(".bin"));
            let name = match (&found.entry, own) {
                (None, Some(own)) if is_name(own) => own.to_owned(),
                (None, _) => path.display().to_string(),
                (Some(entry), _) => entry.name.clone(),
            };
            present.push(Found { name, ..found });
        }
        Ok(present)
    }

    /// Finds `asked`, a name of the catalogue, of an imported model, or a path; a relative path starts at `beside`, the pipeline file's folder.
    pub fn resolve(
        &self,
        catalogue: &Catalogue,
        asked: &str,
        beside: &Path,
    ) -> Result<Found, ModelError> {
        if let Some(entry) = catalogue.get(asked) {
            return self.named(entry);
        }
        let path = beside.join(asked);
        if path.is_file() {
            return Ok(of_file(catalogue, path));
        }
        if is_name(asked) && self.path_of_own(asked).is_file() {
            let weights = Weights::File(self.path_of_own(asked));
            return Ok(Found { name: asked.into(), weights, entry: None });
        }
        if asked.contains(['/', '\\']) || asked.ends_with(".bin") {
            return Err(ModelError::NoFile(path));
        }
        Err(ModelError::Unknown {
            asked: asked.into(),
            nearest: catalogue.nearest(asked).map(String::from),
        })
    }

    fn named(&self, entry: &ModelEntry) -> Result<Found, ModelError> {
        let found =
            |weights| Found { name: entry.name.clone(), weights, entry: Some(entry.clone()) };
        #[cfg(feature = "whisper")]
        if entry.built_in && entry.name == "demo" {
            return Ok(found(Weights::BuiltIn(DEMO)));
        }
        let path = self.path_of(entry);
        match &entry.url {
            _ if path.is_file() => Ok(found(Weights::File(path))),
            Some(url) => {
                Err(ModelError::Missing { name: entry.name.clone(), path, url: url.clone() })
            }
            None => Err(ModelError::NotBuiltIn(entry.name.clone())),
        }
    }
}

impl Found {
    /// Whether it can be loaded at all. Milliseconds; call it before whisper.cpp sees the model.
    pub fn inspect(&self) -> Result<Header, InspectError> {
        match &self.weights {
            Weights::BuiltIn(bytes) => inspect_bytes(&self.weights.to_string(), bytes),
            Weights::File(path) => inspect(path),
        }
    }

    /// Whether it is the published file; reads all of it. `None` where nothing is known to compare it with.
    pub fn verify(&self) -> Option<Result<Proof, VerifyError>> {
        let entry = self.entry.as_ref()?;
        Some(match &self.weights {
            Weights::File(path) => verify(path, entry),
            Weights::BuiltIn(bytes) => {
                let mut checksum = Checksum::new(entry);
                checksum.update(bytes);
                checksum.finish().map_err(|mismatch| VerifyError::Damaged {
                    path: self.weights.to_string().into(),
                    mismatch,
                })
            }
        })
    }

    /// The SHA-256 of all of it, for a report.
    pub fn sha256(&self) -> io::Result<String> {
        match &self.weights {
            Weights::BuiltIn(bytes) => Ok(sha256_of(bytes)),
            Weights::File(path) => sha256_of_file(path),
        }
    }

    /// How it is decoded, by its header and by what the catalogue says otherwise.
    pub fn decoding(&self, header: &Header) -> Decoding {
        let change = self.entry.as_ref().map(|entry| entry.decoding).unwrap_or_default();
        change.apply(Decoding::of(header))
    }

    /// What a viewer must be told of it, as in "demo model: a small fixed vocabulary".
    pub fn caution(&self) -> Option<String> {
        let words = self.entry.as_ref()?.vocabulary.as_ref()?;
        Some(format!("{} model: {words}", self.name))
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Weights::BuiltIn(_) => out.write_str("the built-in model"),
            Weights::File(path) => write!(out, "{}", path.display()),
        }
    }
}

/// The model in this file, by the file's name.
fn of_file(catalogue: &Catalogue, path: PathBuf) -> Found {
    let file = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let entry = catalogue.of_file(&file).cloned();
    let name = entry.as_ref().map_or(file, |entry| entry.name.clone());
    Found { name, weights: Weights::File(path), entry }
}

fn maybe(nearest: Option<&str>) -> String {
    nearest.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_of(set: &[(&str, &str)], macos: bool) -> Result<PathBuf, ModelError> {
        let find = |name: &str| set.iter().find(|it| it.0 == name).map(|it| OsString::from(it.1));
        Store::of(find, macos).map(|store| store.folder)
    }

    #[test]
    fn the_folder_comes_from_the_environment() {
        let all = [("LIVECAP_MODELS", "/m"), ("XDG_DATA_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(folder_of(&all, false).unwrap(), Path::new("/m"));
        assert_eq!(folder_of(&all[1..], false).unwrap(), Path::new("/x/livecap/models"));
        assert_eq!(
            folder_of(&all[2..], false).unwrap(),
            Path::new("/h/.local/share/livecap/models")
        );
        assert_eq!(
            folder_of(&all[2..], true).unwrap(),
            Path::new("/h/Library/Application Support/livecap/models")
        );
        assert!(folder_of(&[], false).unwrap_err().to_string().contains("set LIVECAP_MODELS"));
    }

    #[test]
    fn a_name_is_found_in_the_folder_and_its_lack_says_what_to_type() {
        let (folder, catalogue) = (tempfile::tempdir().unwrap(), Catalogue::shipped());
        let store = Store::new(folder.path());
        let told = store.resolve(&catalogue, "base.en", Path::new(".")).unwrap_err().to_string();
        assert!(told.contains("`livecap models pull base.en`"), "{told}");
        assert!(
            told.contains("https://huggingface.co/") && told.contains("ggml-base.en.bin"),
            "{told}"
        );
        fs::write(folder.path().join("ggml-base.en.bin"), b"x").unwrap();
        let found = store.resolve(&catalogue, "base.en", Path::new(".")).unwrap();
        assert!(
            matches!(&found.weights, Weights::File(path) if path.ends_with("ggml-base.en.bin"))
        );
        assert!(found.inspect().is_err() && found.verify().unwrap().is_err());
        assert_eq!(found.caution(), None);
    }

    #[test]
    fn an_unknown_name_is_answered_with_a_likely_one() {
        let store = Store::new("/nowhere");
        let told = store
            .resolve(&Catalogue::shipped(), "base.em", Path::new("."))
            .unwrap_err()
            .to_string();
        assert_eq!(
            told,
            "no model is called `base.em`; did you mean `base.en`?; `livecap models list` shows all"
        );
    }

    #[test]
    fn a_path_starts_at_the_pipeline_file_and_keeps_its_entrys_limits() {
        let (store, catalogue) = (Store::new("/nowhere"), Catalogue::shipped());
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
        let found = store.resolve(&catalogue, "../models/demo.bin", &beside).unwrap();
        assert_eq!(found.caution().as_deref(), Some("demo model: a small fixed vocabulary"));
        assert_eq!(found.decoding(&found.inspect().unwrap()).longest.as_secs(), 10);
        assert!(found.inspect().is_ok() && found.verify().unwrap().is_ok());
        let told = store.resolve(&catalogue, "../models/none.bin", &beside).unwrap_err();
        assert!(matches!(told, ModelError::NoFile(path) if path.ends_with("models/none.bin")));
    }

    #[cfg(feature = "whisper")]
    #[test]
    fn the_demo_is_built_in_and_whole() {
        let catalogue = Catalogue::shipped();
        let demo = Store::new("/nowhere").resolve(&catalogue, "demo", Path::new(".")).unwrap();
        assert!(matches!(demo.weights, Weights::BuiltIn(_)));
        assert_eq!(demo.inspect().unwrap().mels, 80);
        assert_eq!(Some(demo.sha256().unwrap()), catalogue.get("demo").unwrap().sums.sha256);
    }

    #[cfg(not(feature = "whisper"))]
    #[test]
    fn a_build_without_a_recogniser_says_that_it_has_no_demo() {
        let told = Store::new("/nowhere")
            .resolve(&Catalogue::shipped(), "demo", Path::new("."))
            .unwrap_err();
        assert!(told.to_string().contains("feature `whisper`"), "{told}");
    }
}
