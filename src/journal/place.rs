//! The file of a journal among others: one writer, and what becomes of a broken one.
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use super::error::JournalError;

/// A lock beside the file, which the system lifts when the process ends, however it does.
pub(super) fn lock(path: &Path) -> Result<File, JournalError> {
    let failed = |source| JournalError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let beside = with_ending(path, ".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&beside)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::Taken { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Whether a check that ended after the start of its run has left a note in the lock.
pub(super) fn is_suspect(path: &Path, lock: &File) -> Result<bool, JournalError> {
    let failed = |source| JournalError::File { path: path.to_owned(), source };
    Ok(lock.metadata().map_err(failed)?.len() > 0)
}

/// Renames a broken file with its log. Returns the new name.
pub(super) fn move_aside(path: &Path, now: u64) -> Result<PathBuf, JournalError> {
    let aside = with_ending(path, &format!(".broken-{now}"));
    let failed = |source| JournalError::File { path: path.to_owned(), source };
    std::fs::rename(path, &aside).map_err(failed)?;
    for ending in ["-wal", "-shm"] {
        // They may not be there.
        let _ = std::fs::rename(with_ending(path, ending), with_ending(&aside, ending));
    }
    Ok(aside)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
