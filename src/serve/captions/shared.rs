//! The log of what was said, shared by those who write to it and those who read it.
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
    /// How often something was put in the log: who has seen as much has no need to look.
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

    /// To be read only: what is said goes by [`say`](Self::say), or nobody would look for it.
    pub(crate) fn log(&self) -> impl Deref<Target = Log> + '_ {
        Reading(self.locked())
    }

    fn locked(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Grows with everything that is put in the log.
    pub(crate) fn said(&self) -> u64 {
        self.said.load(Acquire)
    }

    /// Puts something in the log, where every viewer finds it.
    pub(crate) fn say<T>(&self, put: impl FnOnce(&mut Log) -> T) -> T {
        let done = put(&mut self.locked());
        self.said.fetch_add(1, Release);
        self.bell.ring();
        done
    }

    /// Lets go of what is older than it may be. Nothing new comes by it.
    pub(crate) fn prune(&self, now: Instant) {
        self.locked().prune(now);
    }
}
