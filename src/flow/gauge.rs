//! What can be read of a running pipeline at any time, also after a crash: counts of every edge, the state of every stage.
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{
    level::Level,
    reading::{EdgeReading, PoolReading, StageReading, StageState},
};

/// Written by the stage and by its supervisor.
pub struct StageGauge {
    name: String,
    epoch: Instant,
    /// Nanoseconds from `epoch` to the beginning of the work in hand, plus one; 0 while there is none.
    busy_since: AtomicU64,
    /// Nanoseconds of work that is done.
    busy: AtomicU64,
    handled: AtomicU64,
    given_up: AtomicU64,
    restarts: AtomicU64,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    state: Mutex<(StageState, Option<String>)>,
    level: Level,
    /// The bits of the greatest peak so far; those of numbers that are not negative grow with the numbers.
    loudest: AtomicU32,
    waits_since: Mutex<Option<Instant>>,
    engines: OnceLock<Box<dyn Fn() -> PoolReading + Send + Sync>>,
}

impl StageGauge {
    pub fn new(name: &str) -> Arc<StageGauge> {
        let epoch = Instant::now();
        Arc::new(StageGauge {
            name: name.to_owned(),
            epoch,
            busy_since: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            handled: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            counts: Mutex::default(),
            state: Mutex::default(),
            level: Level::new(epoch),
            loudest: AtomicU32::new(0),
            waits_since: Mutex::default(),
            engines: OnceLock::new(),
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn read(&self) -> StageReading {
        let (state, why) = self.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        StageReading {
            name: self.name.clone(),
            state,
            why,
            handled: self.handled.load(Relaxed),
            given_up: self.given_up.load(Relaxed),
            restarts: self.restarts.load(Relaxed),
            counts: self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            busy_for: self.busy_for(),
            busy: Duration::from_nanos(self.busy.load(Relaxed)),
            peak: self.level.read(),
            waits: self.waits(),
            engines: self.engines.get().map(|read| read()),
        }
    }

    /// The engines that this stage lends from. Of stages that share them the first one shows them.
    pub fn shows_engines(&self, read: impl Fn() -> PoolReading + Send + Sync + 'static) {
        let _ = self.engines.set(Box::new(read));
    }

    pub fn set(&self, state: StageState, why: Option<String>) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = (state, why);
    }

    pub fn state(&self) -> StageState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    pub fn count_restart(&self) {
        self.restarts.fetch_add(1, Relaxed);
    }

    /// One more of what the stage counts by itself.
    pub fn count(&self, what: &'static str) {
        self.count_more(what, 1);
    }

    /// So many more; how many there are now.
    pub fn count_more(&self, what: &'static str, more: u64) -> u64 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(what).or_default();
        *count += more;
        *count
    }

    /// So many by now of what the stage counts by itself.
    pub fn counted(&self, what: &'static str, count: u64) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).insert(what, count);
    }

    /// A source of sound gave some, with this peak. It takes no lock.
    pub(super) fn heard(&self, peak: f32) {
        self.level.heard(peak);
        self.loudest.fetch_max(peak.max(0.0).to_bits(), Relaxed);
    }

    /// The greatest peak of all that a source of sound has given, as a share of full scale.
    pub fn loudest(&self) -> f32 {
        f32::from_bits(self.loudest.load(Relaxed))
    }

    /// What came in at this moment is the oldest that has not come out yet; `None`: all of it has.
    pub fn waits_since(&self, captured: Option<Instant>) {
        *self.waits_since.lock().unwrap_or_else(PoisonError::into_inner) = captured;
    }

    fn waits(&self) -> Option<Duration> {
        let since = *self.waits_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.map(|it| it.elapsed())
    }

    pub fn busy_for(&self) -> Option<Duration> {
        let since = self.busy_since.load(Relaxed).checked_sub(1)?;
        Some(self.epoch.elapsed().saturating_sub(Duration::from_nanos(since)))
    }

    pub(super) fn begin(&self) {
        self.busy_since.store(self.epoch.elapsed().as_nanos() as u64 + 1, Relaxed);
    }

    pub(super) fn settle(&self, given_up: bool) {
        let count = if given_up { &self.given_up } else { &self.handled };
        count.fetch_add(1, Relaxed);
        self.rest();
    }

    /// A run has ended, whatever it was at.
    pub fn rest(&self) {
        self.pause();
    }

    /// Whether it was at work.
    fn pause(&self) -> bool {
        let worked = self.busy_for();
        self.busy.fetch_add(worked.unwrap_or_default().as_nanos() as u64, Relaxed);
        self.busy_since.store(0, Relaxed);
        worked.is_some()
    }

    /// Not busy while the returned guard lives; the time is counted anew from its end.
    pub fn waiting(&self) -> impl Drop + '_ {
        let was_busy = self.pause();
        Waiting { gauge: self, was_busy }
    }
}

struct Waiting<'a> {
    gauge: &'a StageGauge,
    was_busy: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.was_busy {
            self.gauge.begin();
        }
    }
}

/// The counts of one edge, whatever it carries.
pub trait EdgeGauge: Send + Sync {
    fn read(&self) -> EdgeReading;
}

/// Everything that can be read of one pipeline, stages in the order of the plan.
#[derive(Clone, Default)]
pub struct Registry {
    stages: Vec<Arc<StageGauge>>,
    edges: Vec<Arc<dyn EdgeGauge>>,
}

impl Registry {
    pub fn add_stage(&mut self, gauge: Arc<StageGauge>) {
        self.stages.push(gauge);
    }

    pub fn add_edge(&mut self, gauge: Arc<dyn EdgeGauge>) {
        self.edges.push(gauge);
    }

    /// Without these stages, and without their edges.
    pub fn without(&self, names: &[&str]) -> Registry {
        let gone = |name: &str| names.contains(&name);
        let stages = self.stages.iter().filter(|it| !gone(it.name())).cloned().collect();
        let edges = self.edges.iter().filter(|it| {
            let edge = it.read();
            !gone(&edge.from) && !gone(&edge.to)
        });
        Registry { stages, edges: edges.cloned().collect() }
    }

    pub fn stages(&self) -> Vec<StageReading> {
        self.stages.iter().map(|it| it.read()).collect()
    }

    pub fn edges(&self) -> Vec<EdgeReading> {
        self.edges.iter().map(|it| it.read()).collect()
    }
}
