//! A journal that is written: its thread, and what is committed at once.
use std::path::{Path, PathBuf};

use super::{
    error::JournalError,
    settings::{BookSettings, Opened},
    store::Store,
};
use crate::{
    flow::{Engine, EngineError, Fault},
    wire::Batch,
};

/// The writer of a journal.
pub struct Book {
    engine: Engine<Store>,
    path: PathBuf,
}

impl Book {
    /// Opens the file, or makes it; begins a run in it.
    pub async fn open(settings: BookSettings) -> Result<(Book, Opened), JournalError> {
        let path = settings.path.clone();
        let failed = |error| match error {
            EngineError::Make(error) => error,
            EngineError::Fault(fault) => JournalError::File {
                path: path.clone(),
                source: std::io::Error::other(fault.to_string()),
            },
        };
        let (told, opened) = tokio::sync::oneshot::channel();
        let engine = Engine::start("journal", move || {
            let (store, opened) = Store::open(&settings)?;
            // Whoever asked waits for it.
            let _ = told.send(opened);
            Ok(store)
        });
        let engine = engine.await.map_err(failed)?;
        let opened = opened.await.map_err(|_| {
            failed(EngineError::Fault(Fault::Panicked("the journal's thread is gone".to_owned())))
        })?;
        Ok((Book { engine, path: path.clone() }, opened))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns once it is committed. A process that is killed after that loses nothing of it; a machine that loses its power may
    /// lose what was not [synced](Self::sync).
    pub async fn write(&self, batch: Batch) -> Result<(), JournalError> {
        self.call(move |store| store.write(&batch)).await
    }

    /// Brings everything that was committed to the disk itself, and moves it from the log of SQLite into the file.
    pub async fn sync(&self) -> Result<(), JournalError> {
        self.call(Store::sync).await
    }

    /// Removes what exceeds the retention. Returns the number of removed events.
    pub async fn prune(&self, now: u64) -> Result<usize, JournalError> {
        self.call(move |store| store.prune(now)).await
    }

    /// The run stops as it was asked to: what is open was written.
    pub async fn stop(&self, now: u64) -> Result<(), JournalError> {
        self.call(move |store| store.stop(now)).await
    }

    /// Closes the file, and returns once another may open it.
    pub async fn close(self) {
        self.engine.end().await;
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let gone = |fault: Fault| JournalError::File {
            path: self.path.clone(),
            source: std::io::Error::other(fault.to_string()),
        };
        self.engine.call(work).await.map_err(gone)?
    }
}
