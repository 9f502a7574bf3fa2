//! The archive of a broadcast: its journal, read by a few connections on threads that may block.
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::{BoxFuture, FutureExt};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    journal::{JournalError, Reader},
    serve::{Archive, ArchiveError, Kept},
    wire::{EventSummary, Found, KeptEvent, Passages, PassagesAsked, Search},
};

/// Connections at once: searches wait for one another beyond that.
const READERS: usize = 4;

pub(super) struct JournalArchive {
    path: PathBuf,
    /// Those that nobody uses now.
    free: Arc<Mutex<Vec<Reader>>>,
    room: Arc<Semaphore>,
}

impl JournalArchive {
    pub(super) fn new(path: PathBuf) -> JournalArchive {
        let room = Arc::new(Semaphore::new(READERS));
        JournalArchive { path, free: Arc::default(), room }
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, JournalError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, ArchiveError>> {
        let told = |error: JournalError| ArchiveError(error.to_string());
        async move {
            let place = self.room.clone().acquire_owned().await;
            let (path, free) = (self.path.clone(), self.free.clone());
            let read = spawn_blocking(move || {
                // Kept until the work is done, even if the client has gone.
                let _place = place;
                let idle = free.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let reader = idle.map_or_else(|| Reader::open(&path), Ok).map_err(told)?;
                let done = work(&reader).map_err(told)?;
                free.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
                Ok(done)
            });
            read.await.map_err(|error| ArchiveError(error.to_string()))?
        }
        .boxed()
    }
}

impl Archive for JournalArchive {
    fn events(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<EventSummary>, ArchiveError>> {
        self.read(move |it| it.events(before, limit))
    }

    fn event(&self, id: i64) -> BoxFuture<'_, Result<Option<KeptEvent>, ArchiveError>> {
        self.read(move |it| {
            let Some(summary) = it.event(&id.to_string())? else { return Ok(None) };
            Ok(Some(KeptEvent { summary, sounds: it.sounds(id)? }))
        })
    }

    fn passages(
        &self,
        event: i64,
        asked: PassagesAsked,
    ) -> BoxFuture<'_, Result<Passages, ArchiveError>> {
        self.read(move |it| it.passages(event, &asked))
    }

    fn search(&self, asked: Search) -> BoxFuture<'_, Result<Found, ArchiveError>> {
        self.read(move |it| it.search(&asked))
    }

    fn kept(&self, id: i64) -> BoxFuture<'_, Result<Option<Kept>, ArchiveError>> {
        self.read(move |it| {
            let Some(event) = it.event(&id.to_string())? else { return Ok(None) };
            let rows = it.entries(id, 0, usize::MAX)?;
            Ok(Some(Kept {
                stream: event.stream,
                started_at: event.started_at,
                title: Some(event.title).filter(|it| !it.is_empty()),
                events: rows.into_iter().map(|it| it.event).collect(),
            }))
        })
    }
}
