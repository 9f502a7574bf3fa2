//! The archive: what is read of a journal while it is written, and who may hear which sound for how long.
mod tickets;

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;

pub(crate) use self::tickets::Tickets;
use super::Kept;
use crate::wire::{EventSummary, Found, KeptEvent, Passages, PassagesAsked, Search};

/// Where earlier events are read. Everything comes in pages: none of it reads more than it gives.
pub trait Archive: Send + Sync + 'static {
    /// `limit` events before `before` (an id), the newest first.
    fn events(
        &self,
        before: Option<i64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<EventSummary>, ArchiveError>>;
    fn event(&self, id: i64) -> BoxFuture<'_, Result<Option<KeptEvent>, ArchiveError>>;
    fn passages(
        &self,
        event: i64,
        asked: PassagesAsked,
    ) -> BoxFuture<'_, Result<Passages, ArchiveError>>;
    fn search(&self, asked: Search) -> BoxFuture<'_, Result<Found, ArchiveError>>;
    /// All of an event, for a download.
    fn kept(&self, id: i64) -> BoxFuture<'_, Result<Option<Kept>, ArchiveError>>;
}

/// Why nothing could be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal could not be read: {0}")]
pub struct ArchiveError(pub String);

/// The archive of one server.
#[derive(Clone)]
pub struct ArchiveSettings(pub Arc<dyn Archive>);

impl fmt::Debug for ArchiveSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ArchiveSettings(…)")
    }
}
