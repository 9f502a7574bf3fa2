//! What was measured of the models here, kept beside them so that the next start need not measure.
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use crate::models::{Found, Weights};

/// The file in the folder of the models.
const FILE: &str = "speeds.json";

/// The measured costs of partials on this machine.
#[derive(Debug)]
pub struct Speeds {
    path: PathBuf,
    kept: Kept,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// Speeds of another machine, or of another version, say nothing.
    machine: String,
    /// By the names of the files.
    models: BTreeMap<String, Speed>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Speed {
    /// Bytes, and seconds of Unix time: another file of the same name is measured anew.
    size: u64,
    modified: u64,
    /// Of a decode of 3 s of speech.
    partial_ms: u64,
}

impl Speeds {
    /// Those in this folder. What cannot be read, or is of another machine, counts as none.
    pub fn read(folder: &Path) -> Speeds {
        Speeds::of(folder, machine())
    }

    fn of(folder: &Path, machine: String) -> Speeds {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let kept = serde_json::from_str(&text).ok().filter(|it: &Kept| it.machine == machine);
        let kept = kept.unwrap_or(Kept { machine, models: BTreeMap::new() });
        Speeds { path, kept }
    }

    /// The cost of a partial, if this very file was measured.
    pub fn partial(&self, found: &Found) -> Option<Duration> {
        let (name, size, modified) = identity(found)?;
        let speed = self.kept.models.get(&name)?;
        let same = (speed.size, speed.modified) == (size, modified);
        same.then(|| Duration::from_millis(speed.partial_ms))
    }

    pub fn add(&mut self, found: &Found, partial: Duration) {
        if let Some((name, size, modified)) = identity(found) {
            let partial_ms = partial.as_millis() as u64;
            self.kept.models.insert(name, Speed { size, modified, partial_ms });
        }
    }

    /// In one step, so that another program never reads half of it. A folder that cannot be written costs a measurement at the
    /// next start, no more.
    pub fn write(&self) {
        let write = || -> std::io::Result<()> {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, &self.kept)?;
            file.write_all(b"\n")?;
            file.persist(&self.path)?;
            Ok(())
        };
        if let Err(error) = write() {
            tracing::debug!(%error, path = %self.path.display(), "the speeds of models are not kept");
        }
    }
}

/// Name, bytes and time of a model's file; `None` of the one in the program.
fn identity(found: &Found) -> Option<(String, u64, u64)> {
    let Weights::File(path) = &found.weights else { return None };
    let data = fs::metadata(path).ok()?;
    let since = data.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some((path.file_name()?.to_string_lossy().into_owned(), data.len(), since.as_secs()))
}

/// What a speed depends on beside the model.
fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = cpuinfo.lines().find_map(|it| it.strip_prefix("model name"));
    let cpu = named.unwrap_or(std::env::consts::ARCH).trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let build = if cfg!(debug_assertions) { ", not optimised" } else { "" };
    format!("{cpu}, {cores} cores, livecap {}{build}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &Path, bytes: &[u8]) -> Found {
        let path = folder.join("ggml-mine.bin");
        fs::write(&path, bytes).unwrap();
        Found { name: "mine".to_owned(), weights: Weights::File(path), entry: None }
    }

    #[test]
    fn a_speed_is_kept_for_this_file_on_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        let mine = found(folder.path(), b"weights");
        let ms = Duration::from_millis;
        let mut speeds = Speeds::read(folder.path());
        assert_eq!(speeds.partial(&mine), None);
        speeds.add(&mine, ms(123));
        speeds.write();
        assert_eq!(Speeds::read(folder.path()).partial(&mine), Some(ms(123)));
        assert_eq!(Speeds::of(folder.path(), "another".to_owned()).partial(&mine), None);
        let other = found(folder.path(), b"other weights");
        assert_eq!(Speeds::read(folder.path()).partial(&other), None);
    }

    #[test]
    fn what_is_no_such_file_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{\"machine\":").unwrap();
        let mine = found(folder.path(), b"weights");
        assert_eq!(Speeds::read(folder.path()).partial(&mine), None);
        let absent = Speeds::read(&folder.path().join("absent"));
        absent.write();
        assert_eq!(absent.partial(&mine), None);
    }
}
