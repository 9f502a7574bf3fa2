//! A journal of the log: every event is kept before anybody sees it, and a restart continues with what was kept.
mod keeper;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use futures::future::BoxFuture;

pub(super) use self::keeper::{Keeper, Site};
use crate::{
    flow::StageGauge,
    wire::{Batch, Continued, SoundFiles},
};

/// Where events are kept.
pub trait Journal: Send + Sync + 'static {
    /// Returns once it is kept, or not at all.
    fn write(&self, batch: Batch) -> BoxFuture<'_, Result<(), WriteError>>;
    /// Brings what was kept to the disk itself.
    fn sync(&self) -> BoxFuture<'_, Result<(), WriteError>>;
    /// Removes what is too old or too much at this Unix time in ms.
    fn prune(&self, now: u64) -> BoxFuture<'_, Result<(), WriteError>>;
    /// The run stops at this Unix time in ms, as it was asked to.
    fn stop(&self, now: u64) -> BoxFuture<'_, Result<(), WriteError>>;
}

/// Why something was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct WriteError {
    pub why: String,
    /// The same may succeed later.
    pub may_pass: bool,
}

/// The journal of one server, and what it gave back when it was opened.
#[derive(Clone)]
pub struct JournalSettings {
    pub journal: Arc<dyn Journal>,
    pub continued: Continued,
    /// How its stage stands.
    pub gauge: Arc<StageGauge>,
    /// Open segments are written so often. A crash loses at most the words that were committed within.
    pub batch: Duration,
    /// Viewers wait this long for an event to be kept; then they see it all the same.
    pub patience: Duration,
    /// Files of sound that belong to the words, on the timeline of this run.
    pub sounds: SoundFiles,
}

impl fmt::Debug for JournalSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalSettings").field("batch", &self.batch).finish_non_exhaustive()
    }
}
