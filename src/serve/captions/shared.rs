//! The log, shared by its writers and readers.
use std::{
    ops::Deref,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Release},
        },
    },
};

use tokio::time::Instant;

use super::log::{Log, Run};
use crate::{message::Retention, serve::bell::Bell};

pub(crate) struct Captions {
    log: Mutex<Log>,
    /// The number of changes of the log. A reader that has seen as many need not lock it.
    said: AtomicU64,
    bell: Bell,
}

struct Reading<'a>(MutexGuard<'a, Log>);

impl Deref for Reading<'_> {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.0
    }
}

impl Captions {
    pub(crate) fn new(keep: Retention, run: Run, bell: Bell) -> Captions {
        Captions { log: Mutex::new(Log::new(keep, run)), said: AtomicU64::new(0), bell }
    }

    /// For reading only. Changes go by [`say`](Self::say), which wakes the readers.
    pub(crate) fn log(&self) -> impl Deref<Target = Log> + '_ {
        Reading(self.locked())
    }

    fn locked(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of changes so far.
    pub(crate) fn said(&self) -> u64 {
        self.said.load(Acquire)
    }

    /// Changes the log and wakes its readers.
    pub(crate) fn say<T>(&self, put: impl FnOnce(&mut Log) -> T) -> T {
        let done = put(&mut self.locked());
        self.said.fetch_add(1, Release);
        self.bell.ring();
        done
    }

    /// Returns once readers see all that is in the log: nothing of it waits for a journal.
    pub(crate) async fn all_shown(&self) {
        let mut bell = self.bell.listen();
        loop {
            bell.borrow_and_update();
            let is_shown = {
                let log = self.log();
                log.since(log.next()).next().is_none()
            };
            if is_shown || bell.changed().await.is_err() {
                return;
            }
        }
    }

    /// Removes what exceeds the retention, without waking readers.
    pub(crate) fn prune(&self, now: Instant) {
        self.locked().prune(now);
    }
}
