//! What this machine has: the answers to the third phase of checking.
use std::{
    env, fs, io,
    net::TcpListener,
    path::{Path, PathBuf},
};

#[cfg(feature = "microphone")]
use super::settings;
use crate::{
    models::{Catalogue, CatalogueError, Found, Languages, ModelError, Store},
    spec::{
        Machine, ModelFacts, ModelTrouble, Trouble,
        plan::{ClusterPlace, Listen, Microphone, ModelChoice},
    },
};

/// The machine that the program runs on.
pub struct ThisMachine {
    catalogue: Catalogue,
}

impl ThisMachine {
    /// An error where `LIVECAP_CATALOGUE` names a catalogue that cannot be read.
    pub fn new() -> Result<ThisMachine, CatalogueError> {
        Ok(ThisMachine { catalogue: Catalogue::of_environment()? })
    }

    /// The model file that a plan names. Of several, the error of the first where none is there.
    pub fn find(&self, model: &ModelChoice) -> Result<Found, ModelError> {
        if let ModelChoice::FirstOf(all) = model
            && let [first, rest @ ..] = all.as_slice()
        {
            let first = self.find(first);
            return match first {
                Ok(found) => Ok(found),
                Err(error) => rest.iter().find_map(|it| self.find(it).ok()).ok_or(error),
            };
        }
        let asked = match model {
            ModelChoice::Named(name) => name.clone(),
            // The plan's paths were taken from the pipeline file's folder already.
            ModelChoice::File(path) => path.to_string_lossy().into_owned(),
            ModelChoice::FirstOf(_) => String::new(),
        };
        Store::of_environment()?.resolve(&self.catalogue, &asked, Path::new(""))
    }
}

#[cfg(feature = "whisper")]
impl ThisMachine {
    /// The models that are here; none where the folder cannot be read.
    pub(super) fn present(&self) -> Vec<Found> {
        let store = Store::of_environment().ok();
        store.and_then(|it| it.present(&self.catalogue).ok()).unwrap_or_default()
    }
}

impl Machine for ThisMachine {
    fn model(&self, model: &ModelChoice) -> Result<ModelFacts, ModelTrouble> {
        let found = self.find(model).map_err(|error| ModelTrouble::Absent(absent(&error)))?;
        let header = found.inspect().map_err(|error| {
            let mend = match &found.entry {
                Some(entry) if entry.url.is_some() => format!("livecap models pull {}", entry.name),
                _ => "put a whole ggml model of Whisper there".to_owned(),
            };
            ModelTrouble::Broken(Trouble { why: error.to_string(), mend: Some(mend) })
        })?;
        let english_only = match &found.entry {
            Some(entry) => entry.languages == Languages::English,
            None => !header.multilingual(),
        };
        let languages = if english_only { vec!["en".to_owned()] } else { Vec::new() };
        Ok(ModelFacts { longest: Some(found.decoding(&header).longest), languages })
    }

    #[cfg(feature = "microphone")]
    fn microphone(&self, microphone: &Microphone) -> Result<(), Trouble> {
        let settings = settings::microphone(microphone);
        let mend = Some("livecap devices".to_owned());
        let found = crate::stages::microphone::find(&settings.device, settings.channel);
        found.map(drop).map_err(|error| Trouble { why: error.to_string(), mend })
    }

    #[cfg(not(feature = "microphone"))]
    fn microphone(&self, _microphone: &Microphone) -> Result<(), Trouble> {
        let mend = Some("cargo install livecap --features microphone".to_owned());
        Err(Trouble { why: "this build is without the feature `microphone`".to_owned(), mend })
    }

    fn readable(&self, path: &Path) -> Result<(), Trouble> {
        let found = fs::metadata(path);
        let why = match found {
            Ok(found) if found.is_dir() => "it is a folder".to_owned(),
            // To open a pipe is to wait for whoever writes into it.
            Ok(found) if !found.is_file() => return Ok(()),
            Ok(_) => match fs::File::open(path) {
                Ok(_) => return Ok(()),
                Err(error) => error.to_string(),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                "there is no such file".to_owned()
            }
            Err(error) => error.to_string(),
        };
        Err(Trouble { why, mend: None })
    }

    fn logo(&self, path: &Path) -> Result<(), Trouble> {
        super::logo::read(path).map(drop)
    }

    fn writable(&self, path: &Path) -> Result<(), Trouble> {
        let folder =
            path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let shown = folder.display();
        let trouble = |why: String, mend: Option<String>| Err(Trouble { why, mend });
        if path.is_dir() {
            return trouble("it is a folder".to_owned(), None);
        }
        match tempfile::tempfile_in(folder) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                trouble(format!("there is no folder {shown}"), Some(format!("mkdir -p {shown}")))
            }
            Err(error) => trouble(format!("cannot write in {shown}: {error}"), None),
        }
    }

    fn free(&self, listen: &Listen) -> Result<(), Trouble> {
        match TcpListener::bind((listen.host.as_str(), listen.port)) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Trouble {
                why: "another program listens there".to_owned(),
                mend: Some(format!(
                    "LIVECAP_PORT={} livecap run …",
                    listen.port.wrapping_add(1).max(1024)
                )),
            }),
            Err(error) => Err(Trouble { why: error.to_string(), mend: None }),
        }
    }

    fn variable(&self, name: &str) -> bool {
        env::var_os(name).is_some_and(|it| !it.is_empty())
    }

    fn cluster(&self, place: &ClusterPlace) -> Result<(), Trouble> {
        let mend = Some("redis://127.0.0.1/?name=talk".to_owned());
        super::delivery::redis(place).map(drop).map_err(|why| Trouble { why, mend })
    }

    fn program(&self, program: &Path) -> Result<(), Trouble> {
        let there = if program.components().count() > 1 {
            program.is_file()
        } else {
            let paths = env::var_os("PATH").unwrap_or_default();
            env::split_paths(&paths).any(|folder: PathBuf| folder.join(program).is_file())
        };
        let why = if program.components().count() > 1 { "no such file" } else { "not on PATH" };
        if there { Ok(()) } else { Err(Trouble { why: why.to_owned(), mend: None }) }
    }
}

fn absent(error: &ModelError) -> Trouble {
    let mend = match error {
        ModelError::Missing { name, .. } => Some(format!("livecap models pull {name}")),
        ModelError::Unknown { nearest: Some(nearest), .. } => {
            Some(format!("model = \"{nearest}\""))
        }
        ModelError::Unknown { .. } => Some("livecap models list".to_owned()),
        ModelError::NoFile(_) | ModelError::NotBuiltIn(_) | ModelError::NoFolder => None,
    };
    // The complaint's title names the model, its help the mend: what is left is the place.
    let why = match error {
        ModelError::Missing { path, .. } => format!("there is no {}", path.display()),
        ModelError::NoFile(_) => "there is no such file".to_owned(),
        ModelError::Unknown { .. } => "it stands in no catalogue".to_owned(),
        ModelError::NotBuiltIn(_) | ModelError::NoFolder => error.to_string(),
    };
    Trouble { why, mend }
}
