//! The journal of a broadcast: opened before its server is bound, and written by that.
use std::{path::Path, sync::Arc, time::Duration};

use futures::future::{BoxFuture, FutureExt};

use super::{archive::JournalArchive, assembly::Assembly};
use crate::{
    flow::StageGauge,
    journal::{Book, BookSettings, JournalError, Keep, RunFacts},
    serve::{ArchiveSettings, Journal, JournalSettings, WriteError},
    spec::{
        Plan,
        plan::{self, Planned},
    },
    wire::{Batch, Clock},
};

/// Viewers wait this long for an event to be kept, which usually takes less than a millisecond.
const PATIENCE: Duration = Duration::from_millis(250);

/// A start waits this long for the check of the whole file.
const CHECK_FOR: Duration = Duration::from_secs(1);

impl Assembly<'_> {
    /// The journal that listens to this broadcast, opened; `None` where there is none.
    pub(super) async fn journal(
        &mut self,
        broadcast: &plan::Broadcast,
        number: usize,
        plan: &Plan,
    ) -> Result<Option<JournalSettings>, String> {
        let Some((number, journal)) = journal_of(number, plan) else { return Ok(None) };
        let stage = &plan.stages()[number];
        let settings = BookSettings {
            path: journal.path.clone(),
            keep: Keep {
                age_ms: journal.keep.map(|it| it.as_millis() as u64),
                bytes: journal.size,
            },
            continue_within_ms: journal.continue_within.as_millis() as u64,
            history: broadcast.keep.count,
            check_for: CHECK_FOR,
            run: facts(plan, journal, self.file),
        };
        let (book, opened) = Book::open(settings).await.map_err(|it| it.to_string())?;
        let continued = opened.continued;
        if continued.next > 1 {
            let (entries, closed) = (continued.next - 1, continued.closed);
            tracing::info!(journal = %book.path().display(), entries, closed, "the event of the run before goes on");
        }
        let gauge = StageGauge::new(&stage.name);
        self.pipeline.beside(gauge.clone());
        if opened.set_aside.is_some() {
            gauge.count("set_aside");
        }
        Ok(Some(JournalSettings {
            journal: Arc::new(Keeping(book)),
            continued,
            gauge,
            batch: journal.batch,
            patience: PATIENCE,
            sounds: self.sounds.entry(number).or_default().clone(),
        }))
    }

    /// What that journal keeps, to be read.
    pub(super) fn archive(number: usize, plan: &Plan) -> Option<ArchiveSettings> {
        let (_, journal) = journal_of(number, plan)?;
        Some(ArchiveSettings(Arc::new(JournalArchive::new(journal.path.clone()))))
    }
}

/// The journal that listens to this broadcast, with its number.
fn journal_of(broadcast: usize, plan: &Plan) -> Option<(usize, &plan::Journal)> {
    plan.listeners(broadcast).find_map(|(taker, _)| match &plan.stages()[taker].work {
        Planned::Journal(it) => Some((taker, it)),
        _ => None,
    })
}

fn facts(plan: &Plan, journal: &plan::Journal, file: &Path) -> RunFacts {
    let models = plan.stages().iter().filter_map(|stage| match &stage.work {
        Planned::Whisper(it) => Some((stage.name.clone(), it.model.to_string().into())),
        _ => None,
    });
    let models: serde_json::Map<String, serde_json::Value> = models.collect();
    let absolute =
        |it: &Path| std::path::absolute(it).unwrap_or_else(|_| it.to_owned()).display().to_string();
    let record = plan.stages().iter().find_map(|stage| match &stage.work {
        Planned::Record(it) if journal.record.as_ref() == Some(&stage.name) => {
            Some(absolute(&it.path))
        }
        _ => None,
    });
    RunFacts {
        started_at: Clock::start().started_ms(),
        title: plan.page().and_then(|it| it.title.clone()).unwrap_or_default(),
        file: absolute(file),
        // A pipeline that stands in no file has none.
        pipeline: std::fs::read_to_string(file).unwrap_or_default(),
        models: serde_json::Value::Object(models).to_string(),
        record,
    }
}

/// A book as a server writes it.
pub struct Keeping(pub Book);

impl Journal for Keeping {
    fn write(&self, batch: Batch) -> BoxFuture<'_, Result<(), WriteError>> {
        async move { self.0.write(batch).await.map_err(told) }.boxed()
    }

    fn sync(&self) -> BoxFuture<'_, Result<(), WriteError>> {
        async move { self.0.sync().await.map_err(told) }.boxed()
    }

    fn prune(&self, now: u64) -> BoxFuture<'_, Result<(), WriteError>> {
        async move { self.0.prune(now).await.map(|_| ()).map_err(told) }.boxed()
    }

    fn stop(&self, now: u64) -> BoxFuture<'_, Result<(), WriteError>> {
        async move { self.0.stop(now).await.map_err(told) }.boxed()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn told(error: JournalError) -> WriteError {
    WriteError { may_pass: error.may_pass(), why: error.to_string() }
}
