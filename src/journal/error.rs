//! Why a journal cannot be opened or written.
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error(
        "the journal {} is of version {found}, and this livecap reads up to {known}: use the livecap that wrote it, or name another file",
        path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{} is an SQLite file, but no journal of livecap: name another file", path.display())]
    Foreign { path: PathBuf },
    #[error("{} is open in another livecap: a journal has one writer, so name another file", path.display())]
    Taken { path: PathBuf },
    #[error("there is no journal {}: `livecap run` writes it where a pipeline file has a [journal] stage", path.display())]
    Missing { path: PathBuf },
    #[error("the journal {}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the journal: {0}")]
    Sql(#[from] rusqlite::Error),
}

impl JournalError {
    /// Whether the same write may succeed later: a full disk, one that is read-only for now, or a lock of another program.
    pub fn may_pass(&self) -> bool {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure,
        };
        let JournalError::Sql(error) = self else { return false };
        let passing =
            [CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure];
        error.sqlite_error_code().is_some_and(|code| passing.contains(&code))
    }
}
