//! A partly downloaded model: `FILE.part`, its validator from the server, and the lock against other processes.
//!
//! Its writes are plain ones: some KiB into the page cache, and none can come late, after another pull has begun.
use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use super::PullError;
use crate::models::{Checksum, ModelEntry, Proof, Store};

/// The path of a partly downloaded model.
pub(super) fn path_of(store: &Store, entry: &ModelEntry) -> PathBuf {
    store.folder().join(format!("{}.part", entry.file))
}

/// The beginning of a file, hashed as far as it goes. Nobody else writes it while this lives.
pub(super) struct Part {
    entry: ModelEntry,
    path: PathBuf,
    tag: PathBuf,
    done: PathBuf,
    file: File,
    checksum: Checksum,
    /// The validator that the server gave for these bytes, for `If-Range`. Without it the download cannot be continued.
    validator: Option<String>,
    _lock: File,
}

impl Part {
    /// Opens the part that an earlier pull from `url` left, or begins a new one.
    pub(super) fn open(store: &Store, entry: &ModelEntry, url: &str) -> Result<Part, PullError> {
        fs::create_dir_all(store.folder())
            .map_err(|cause| PullError::disk(store.folder(), cause))?;
        let path = path_of(store, entry);
        let tag = store.folder().join(format!("{}.part.tag", entry.file));
        let lock = lock(store.folder().join(format!(".{}.lock", entry.file)), &entry.name)?;
        let told = |cause| PullError::disk(&path, cause);
        let mut file =
            File::options().read(true).append(true).create(true).open(&path).map_err(told)?;
        let validator = fs::read_to_string(&tag).ok().and_then(|text| {
            let (from, validator) = text.split_once('\n')?;
            (from == url).then(|| validator.to_string())
        });
        let mut checksum = Checksum::new(entry);
        if validator.is_some() {
            hash(&mut file, &mut checksum).map_err(told)?;
        } else {
            file.set_len(0).map_err(told)?;
        }
        let (entry, done) = (entry.clone(), store.path_of(entry));
        Ok(Part { entry, path, tag, done, file, checksum, validator, _lock: lock })
    }

    /// How many bytes are here.
    pub(super) fn bytes(&self) -> u64 {
        self.checksum.seen()
    }

    pub(super) fn validator(&self) -> Option<&str> {
        self.validator.as_deref().filter(|_| self.bytes() > 0)
    }

    /// Throws away what is here, for a file that the server calls `validator`.
    pub(super) fn begin(&mut self, url: &str, validator: Option<String>) -> Result<(), PullError> {
        self.file.set_len(0).map_err(|cause| PullError::disk(&self.path, cause))?;
        self.checksum = Checksum::new(&self.entry);
        let kept = match &validator {
            Some(validator) => fs::write(&self.tag, format!("{url}\n{validator}")),
            None => remove(&self.tag),
        };
        self.validator = validator;
        kept.map_err(|cause| PullError::disk(&self.tag, cause))
    }

    /// Leaves nothing behind, for a file that is here already.
    pub(super) fn give_up(self) -> Result<(), PullError> {
        let removed = remove(&self.path).and_then(|()| remove(&self.tag));
        removed.map_err(|cause| PullError::disk(self.path, cause))
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), PullError> {
        self.file.write_all(bytes).map_err(|cause| PullError::disk(&self.path, cause))?;
        self.checksum.update(bytes);
        Ok(())
    }

    /// Puts the file in its place if it is the published one, and else removes it.
    pub(super) fn finish(self, url: &str) -> Result<(PathBuf, Proof), PullError> {
        let told = |cause| PullError::disk(&self.path, cause);
        let proof = match self.checksum.finish() {
            Ok(proof) => proof,
            Err(mismatch) => {
                remove(&self.path).and_then(|()| remove(&self.tag)).map_err(told)?;
                let name = self.entry.name.clone();
                return Err(PullError::WrongChecksum { name, url: url.into(), mismatch });
            }
        };
        self.file.sync_all().map_err(told)?;
        fs::rename(&self.path, &self.done).map_err(told)?;
        remove(&self.tag).map_err(told)?;
        // Without this the name may be gone after a power cut, though the bytes are there.
        #[cfg(unix)]
        if let Some(folder) = self.done.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(told)?;
        }
        Ok((self.done, proof))
    }
}

/// An empty file stays behind: to remove it would let two processes hold two locks of one name.
fn lock(path: PathBuf, name: &str) -> Result<File, PullError> {
    let file = File::options().create(true).append(true).open(&path);
    let file = file.map_err(|cause| PullError::disk(&path, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(PullError::Busy { name: name.into(), lock: path }),
        Err(TryLockError::Error(cause)) => Err(PullError::disk(path, cause)),
    }
}

fn hash(file: &mut File, checksum: &mut Checksum) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => checksum.update(&buffer[..count]),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
