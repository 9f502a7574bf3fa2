//! The pipeline behind a server, as far as viewers and operators see it.
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use serde_json::value::RawValue;
use tokio::sync::watch;

use super::diagnostics::Diagnostics;
use crate::{
    flow::{Gate, Registry, StageState},
    serve::{
        bell::Bell,
        captions::log::{Log, encode},
    },
    wire::{Hello, StateEvent, TrackInfo, VERSION, level_db},
};

const NO_LAG: u64 = u64::MAX;

/// There from the start; what it is of is [attached](Self::attach) later.
pub(crate) struct Pipeline {
    attached: watch::Sender<Option<Arc<Attached>>>,
    /// As viewers were told of it last.
    told: watch::Sender<Option<Arc<RawValue>>>,
    /// How it is paused and ended, where it runs here.
    gate: OnceLock<Gate>,
    pub(crate) diagnostics: Diagnostics,
    /// Of the newest transcript when it was published.
    lag_ms: AtomicU64,
    bell: Bell,
}

/// What is broadcast.
pub(crate) struct Attached {
    registry: Registry,
    pub(crate) tracks: Vec<TrackInfo>,
    pub(crate) notice: Option<String>,
}

impl Attached {
    pub(crate) fn hello(&self, log: &Log) -> Hello {
        Hello {
            v: VERSION,
            stream: log.run().stream.clone(),
            started_at: log.run().started_at,
            tracks: self.tracks.clone(),
            next: log.next(),
            notice: self.notice.clone(),
        }
    }
}

impl Pipeline {
    pub(crate) fn new(bell: Bell) -> Pipeline {
        Pipeline {
            attached: watch::Sender::new(None),
            told: watch::Sender::new(None),
            gate: OnceLock::new(),
            diagnostics: Diagnostics::new(),
            lag_ms: AtomicU64::new(NO_LAG),
            bell,
        }
    }

    pub(crate) fn attach(
        &self,
        registry: Registry,
        tracks: Vec<TrackInfo>,
        notice: Option<String>,
    ) {
        self.attached.send_replace(Some(Arc::new(Attached { registry, tracks, notice })));
        self.bell.ring();
    }

    /// Once there is one. The bell is rung when it comes.
    pub(crate) fn attached(&self) -> Option<Arc<Attached>> {
        self.attached.borrow().clone()
    }

    pub(crate) fn registry(&self) -> Registry {
        self.attached.borrow().as_ref().map(|it| it.registry.clone()).unwrap_or_default()
    }

    /// From now on it can be paused and ended.
    pub(crate) fn operate(&self, gate: Gate) {
        // Another one would be of another pipeline, and there is one.
        let _ = self.gate.set(gate);
    }

    pub(crate) fn gate(&self) -> Option<&Gate> {
        self.gate.get()
    }

    pub(crate) fn set_lag(&self, ms: u64) {
        self.lag_ms.store(ms, Relaxed);
    }

    /// `lag_ms` is what `measures.md` calls the live lag, as far as the server can see it, at this moment: how long the oldest
    /// speech has waited whose words have not been shown. Where nothing waits, it is the age of the newest sound behind the newest
    /// transcript at the moment that was put in the log. It grows while a recogniser is silent about what is said.
    pub(crate) fn state(&self) -> StateEvent {
        let readings = self.registry().stages();
        let peak = readings.iter().filter_map(|it| it.peak).reduce(f32::max);
        let stages = readings.iter().map(|it| self.diagnostics.told(it)).collect();
        let waits = readings.iter().filter_map(|it| it.waits).max();
        let published = Some(self.lag_ms.load(Relaxed)).filter(|it| *it != NO_LAG);
        let lag_ms = waits.map(|it| it.as_millis() as u64).or(published);
        let paused = self.gate().is_some_and(Gate::is_paused);
        StateEvent { lag_ms, paused, level_db: peak.map(level_db), stages }
    }

    /// Each state that viewers are told, from now on; the newest one at once.
    pub(crate) fn states(&self) -> watch::Receiver<Option<Arc<RawValue>>> {
        self.told.subscribe()
    }

    pub(crate) fn tell(&self, state: &StateEvent) {
        self.told.send_replace(Some(encode(state).into()));
        self.bell.ring();
    }

    /// Whether its stages are at work; if not, why.
    pub(crate) fn ready(&self) -> Result<(), String> {
        let Some(attached) = self.attached() else {
            return Err("no pipeline yet".to_owned());
        };
        // Without a stage that failed the others go on, or the pipeline ends in a moment.
        let well = |state| {
            matches!(state, StageState::Running | StageState::Degraded | StageState::Failed)
        };
        match attached.registry.stages().iter().find(|stage| !well(stage.state)) {
            Some(stage) => Err(format!("{} is {}", stage.name, stage.state.name())),
            None => Ok(()),
        }
    }
}
