//! Whether a file is whole: a start waits a moment for the answer, and goes on without it where the file is large.
use std::{
    fs::File,
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, InterruptHandle};

use super::error::JournalError;

/// How often a thread that ends looks whether its check has heard so.
const LOOK: Duration = Duration::from_millis(5);

/// Whether the whole file was checked; `None`: it takes longer than one waits. An error where it is broken.
pub(super) fn check(
    connection: &Connection,
    patience: Option<Duration>,
) -> Result<Option<()>, JournalError> {
    let Some(patience) = patience else { return whole(connection).map(Some) };
    if patience.is_zero() {
        return Ok(None);
    }
    let interrupt = connection.get_interrupt_handle();
    let (done, is_done) = mpsc::sync_channel::<()>(1);
    let checked = thread::scope(|scope| {
        scope.spawn(move || {
            if is_done.recv_timeout(patience) == Err(mpsc::RecvTimeoutError::Timeout) {
                interrupt.interrupt();
            }
        });
        let checked = whole(connection);
        drop(done);
        checked
    });
    match checked {
        Err(JournalError::Sql(error))
            if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) =>
        {
            Ok(None)
        }
        checked => checked.map(Some),
    }
}

fn whole(connection: &Connection) -> Result<(), JournalError> {
    let intact: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if intact == "ok" {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(code, Some(intact)).into())
}

pub(super) fn is_broken(error: &JournalError) -> bool {
    use ErrorCode::{DatabaseCorrupt, NotADatabase};
    let JournalError::Sql(error) = error else { return false };
    error.sqlite_error_code().is_some_and(|it| matches!(it, DatabaseCorrupt | NotADatabase))
}

/// The check of a large file, on a thread and a connection of its own. Dropped, it ends.
pub(super) struct Background {
    interrupt: InterruptHandle,
    ends: Arc<AtomicBool>,
    /// Closed by the thread once it is done.
    ended: mpsc::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// A broken file is told in the log, and in its lock: the next start sets it aside.
    pub(super) fn begin(path: &Path, mut lock: File) -> Result<Background, JournalError> {
        let connection = Connection::open(path)?;
        let interrupt = connection.get_interrupt_handle();
        let ends = Arc::new(AtomicBool::new(false));
        let (path, stops) = (path.to_owned(), ends.clone());
        let (done, ended) = mpsc::sync_channel::<()>(1);
        let work = move || {
            let _done = done;
            match whole(&connection) {
                Ok(()) => tracing::info!(journal = %path.display(), "the journal is whole"),
                Err(error) if is_broken(&error) => {
                    tracing::error!(journal = %path.display(), %error, "the journal is broken: the next start sets it aside and begins a new one");
                    if let Err(error) = lock.write_all(error.to_string().as_bytes()) {
                        tracing::error!(%error, "this could not be noted beside the journal");
                    }
                }
                Err(_) if stops.load(Relaxed) => (),
                Err(error) => {
                    tracing::warn!(journal = %path.display(), %error, "the journal could not be checked");
                }
            }
        };
        let failed = |source| JournalError::File { path: "journal-check".into(), source };
        let thread =
            thread::Builder::new().name("journal-check".to_owned()).spawn(work).map_err(failed)?;
        Ok(Background { interrupt, ends, ended, thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.ends.store(true, Relaxed);
        let Some(thread) = self.thread.take() else { return };
        // An interrupt before the check has begun would be forgotten.
        self.interrupt.interrupt();
        while self.ended.recv_timeout(LOOK) == Err(mpsc::RecvTimeoutError::Timeout) {
            self.interrupt.interrupt();
        }
        let _ = thread.join();
    }
}
