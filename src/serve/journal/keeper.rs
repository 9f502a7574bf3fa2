//! Brings the log into the journal, and lets viewers see what is kept.
use std::{sync::Arc, time::Duration};

use serde_json::value::RawValue;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{JournalSettings, WriteError};
use crate::{
    flow::StageState,
    logic::backoff::Backoff,
    serve::{bell::Bell, captions::shared::Captions},
    wire::{Batch, Clock, SoundFile},
};

/// The most entries of one batch.
const MOST: usize = 512;

/// How often what is kept is brought to the disk itself.
const SYNC: Duration = Duration::from_secs(1);

/// How often the retention is applied.
const PRUNE: Duration = Duration::from_secs(600);

/// The pauses after failed writes: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What the keeper needs of its server.
pub(crate) struct Site {
    pub(crate) captions: Arc<Captions>,
    pub(crate) bell: Bell,
    pub(crate) clock: Clock,
    /// The states that viewers are sent.
    pub(crate) states: watch::Receiver<Option<Arc<RawValue>>>,
    /// The server ends: the rest is written, and no more.
    pub(crate) ending: CancellationToken,
    /// The program stops though sound may follow when it is started again: the event goes on then.
    pub(crate) returning: CancellationToken,
}

pub(crate) struct Keeper {
    site: Site,
    settings: JournalSettings,
    /// The number of the newest entry that is kept.
    kept: u64,
    /// The order of the newest partial that was written, and when that was.
    partials: u64,
    written: Instant,
    /// The segments that were open in the last batch.
    open: Vec<String>,
    /// How many files of sound were written.
    sounds: usize,
    ended: bool,
    /// Viewers see events only once they are kept.
    holds: bool,
    backoff: Backoff,
}

/// A batch, and where the log stands after it.
struct Due {
    batch: Batch,
    last: u64,
    partials: u64,
    /// There is more.
    more: bool,
    ended: bool,
}

impl Keeper {
    pub(crate) fn new(site: Site, settings: JournalSettings) -> Keeper {
        let kept = settings.continued.next - 1;
        site.captions.say(|log| log.hold(kept + 1));
        let written = Instant::now();
        let backoff = Backoff::new(PAUSES.0, PAUSES.1);
        Keeper {
            site,
            settings,
            kept,
            partials: 0,
            written,
            open: Vec::new(),
            sounds: 0,
            ended: false,
            holds: true,
            backoff,
        }
    }

    /// Ends with the server, or where the journal cannot be written any more; then viewers see everything.
    pub(crate) async fn keep(mut self) {
        let gauge = self.settings.gauge.clone();
        gauge.set(StageState::Running, None);
        let kept = self.keep_all().await;
        self.site.captions.say(|log| log.release());
        match kept {
            Ok(()) => gauge.set(StageState::Ended, None),
            Err(error) => {
                tracing::error!(%error, "the journal cannot be written any more: what is said from now on is not kept");
                gauge.set(StageState::Failed, Some(error.why));
            }
        }
    }

    async fn keep_all(&mut self) -> Result<(), WriteError> {
        let journal = self.settings.journal.clone();
        let (mut bell, mut synced, mut pruned) = (self.site.bell.listen(), Instant::now(), None);
        let mut sounds = self.settings.sounds.listen();
        loop {
            bell.borrow_and_update();
            sounds.borrow_and_update();
            let ending = self.site.ending.is_cancelled();
            while let Some(due) = self.due(ending) {
                let more = due.more;
                if !self.write(due, ending).await? && ending {
                    // It was tried once more. What is lost was counted.
                    return Ok(());
                }
                if !more {
                    break;
                }
            }
            let now = self.site.clock.now_ms();
            if ending {
                // What was committed stays so where this fails.
                let _ = journal.stop(now).await;
                return Ok(());
            }
            if pruned.is_none_or(|at: Instant| at.elapsed() >= PRUNE) {
                pruned = Some(Instant::now());
                self.told("prune", journal.prune(now).await);
            }
            if synced.elapsed() >= SYNC && self.written > synced {
                synced = Instant::now();
                self.told("sync", journal.sync().await);
            }
            // Partials wait for their time, and what is kept for its sync.
            let open_at = self.has_open_news().then(|| self.written + self.settings.batch);
            let sync_at = (self.written > synced).then(|| synced + SYNC);
            let next = open_at.into_iter().chain(sync_at).min();
            tokio::select! {
                _ = bell.changed() => (),
                _ = sounds.changed() => (),
                () = self.site.ending.cancelled() => (),
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => (),
            }
        }
    }

    fn told(&self, what: &'static str, done: Result<(), WriteError>) {
        if let Err(error) = done {
            self.settings.gauge.count("failures");
            tracing::warn!(%error, "the journal: {what} failed");
        }
    }

    fn has_open_news(&self) -> bool {
        self.site.captions.log().partials(self.partials).last().is_some()
    }

    /// What is to be written now; `None`: nothing is.
    fn due(&mut self, ending: bool) -> Option<Due> {
        let notes = self.notes();
        let log = self.site.captions.log();
        let clock = &self.site.clock;
        let entries: Vec<(u64, u64, String)> = log
            .since(self.kept + 1)
            .take(MOST)
            .map(|(seq, entry, since)| (seq, clock.unix_ms(since), entry.json()))
            .collect();
        let last = entries.last().map_or(self.kept, |(seq, ..)| *seq);
        let more = entries.len() == MOST;
        let all = log.partials(0);
        let partials = all.last().map_or(self.partials, |(order, _)| *order);
        let is_time = self.written.elapsed() >= self.settings.batch || ending;
        let changed = partials != self.partials && is_time;
        // With each entry, too: one that ended its segment must not stand beside its partial.
        let open: Vec<String> = all.iter().map(|(_, entry)| entry.json()).collect();
        let open = (changed || (!entries.is_empty() && open != self.open)).then_some(open);
        let ended = log.state().ended && !more;
        let clears = log.clears();
        drop(log);
        let batch = Batch {
            now: clock.now_ms(),
            entries,
            open,
            notes,
            sounds: self.sounds(),
            clears,
            ended: ended && !self.ended && !self.site.returning.is_cancelled(),
        };
        let partials = if batch.open.is_some() { partials } else { self.partials };
        (!batch.is_empty()).then_some(Due { batch, last, partials, more, ended })
    }

    /// The state of the pipeline, where it was told anew.
    fn notes(&mut self) -> Vec<(&'static str, String)> {
        if !self.site.states.has_changed().unwrap_or(false) {
            return Vec::new();
        }
        let state = self.site.states.borrow_and_update().clone();
        state.map(|it| ("state", it.get().to_owned())).into_iter().collect()
    }

    /// Files of sound that were begun, on the event's timeline.
    fn sounds(&self) -> Vec<SoundFile> {
        let offset = self.settings.continued.offset;
        let moved = |it: SoundFile| SoundFile { start: it.start + offset, ..it };
        self.settings.sounds.since(self.sounds).into_iter().map(moved).collect()
    }

    /// Writes it, again and again where that may help. Returns whether it is kept.
    async fn write(&mut self, due: Due, ending: bool) -> Result<bool, WriteError> {
        let journal = self.settings.journal.clone();
        loop {
            let mut writing = journal.write(due.batch.clone());
            let done = match timeout(self.settings.patience, &mut writing).await {
                Ok(done) => done,
                Err(_late) => {
                    self.release("late");
                    writing.await
                }
            };
            let gauge = self.settings.gauge.clone();
            match done {
                Ok(()) => {
                    gauge.count_more("kept", due.batch.entries.len() as u64);
                    self.note(due);
                    return Ok(true);
                }
                Err(error) if error.may_pass => {
                    gauge.count("failures");
                    gauge.set(StageState::Degraded, Some(error.why.clone()));
                    self.release("unkept");
                    if ending {
                        let lost = due.batch.entries.len();
                        tracing::error!(%error, lost, "the journal could not be written before the end");
                        gauge.count_more("lost", lost as u64);
                        return Ok(false);
                    }
                    tracing::warn!(%error, "the journal could not be written: it is tried again, and viewers see captions meanwhile");
                    tokio::select! {
                        () = sleep(self.backoff.wait()) => (),
                        () = self.site.ending.cancelled() => return Ok(false),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Viewers need not wait for the journal now.
    fn release(&mut self, why: &'static str) {
        if std::mem::take(&mut self.holds) {
            self.settings.gauge.count(why);
            self.site.captions.say(|log| log.release());
        }
    }

    fn note(&mut self, due: Due) {
        let first = due.batch.entries.first().map_or(self.kept + 1, |(seq, ..)| *seq);
        let lost = first - self.kept - 1;
        if lost > 0 {
            self.settings.gauge.count_more("lost", lost);
            tracing::error!(
                lost,
                "events had left the history before the journal could be written"
            );
        }
        (self.kept, self.partials, self.written) = (due.last, due.partials, Instant::now());
        self.ended |= due.ended;
        self.sounds += due.batch.sounds.len();
        if let Some(open) = due.batch.open {
            self.open = open;
        }
        let is_new = !due.batch.entries.is_empty();
        let all = !due.more;
        if self.holds && is_new || !self.holds && all {
            self.holds = true;
            self.backoff.begin_anew();
            self.settings.gauge.set(StageState::Running, None);
            let next = self.kept + 1;
            self.site.captions.say(|log| log.hold(next));
        }
    }
}
