//! The pipeline of a server: its state and its controls.
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use serde_json::value::RawValue;
use tokio::sync::watch;

use super::{
    diagnostics::Diagnostics,
    editors::Editors,
    event_page::{CurrentPage, EventPage},
    hold_back::HoldBack,
};
use crate::{
    flow::{Gate, Registry, StageState},
    serve::{
        bell::Bell,
        captions::log::{Log, encode},
    },
    wire::{Hello, PageInfo, StateEvent, TrackInfo, VERSION, level_db},
};

const NO_LAG: u64 = u64::MAX;

/// It exists from the start; the pipeline is [attached](Self::attach) later.
pub(crate) struct Pipeline {
    attached: watch::Sender<Option<Arc<Attached>>>,
    /// The state that viewers were sent last.
    told: watch::Sender<Option<Arc<RawValue>>>,
    /// How to pause and end it, if it runs in this process.
    gate: OnceLock<Gate>,
    /// What operators may change in its stages.
    editors: OnceLock<Editors>,
    /// Captions that wait for a person.
    pub(crate) hold_back: Option<HoldBack>,
    pub(crate) diagnostics: Diagnostics,
    /// What the pages say of the event; set before a pipeline is attached.
    pub(crate) page: CurrentPage,
    /// Of the newest transcript when it was published.
    lag_ms: AtomicU64,
    bell: Bell,
}

/// What is known of an attached pipeline.
pub(crate) struct Attached {
    registry: Registry,
    pub(crate) tracks: Vec<TrackInfo>,
    pub(crate) notice: Option<String>,
    pub(crate) page: Option<PageInfo>,
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
            page: self.page.clone(),
        }
    }
}

impl Pipeline {
    /// `hold_back`: how long captions wait for a person.
    pub(crate) fn new(
        bell: Bell,
        event: Option<EventPage>,
        hold_back: Option<Duration>,
    ) -> Pipeline {
        let page = CurrentPage::default();
        page.set(event);
        Pipeline {
            attached: watch::Sender::new(None),
            told: watch::Sender::new(None),
            gate: OnceLock::new(),
            editors: OnceLock::new(),
            hold_back: hold_back.map(HoldBack::new),
            diagnostics: Diagnostics::new(),
            page,
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
        let page = self.page.get().map(|it| it.info().clone());
        self.attached.send_replace(Some(Arc::new(Attached { registry, tracks, notice, page })));
        self.bell.ring();
    }

    /// The attached pipeline. The bell is rung when it is attached.
    pub(crate) fn attached(&self) -> Option<Arc<Attached>> {
        self.attached.borrow().clone()
    }

    pub(crate) fn registry(&self) -> Registry {
        self.attached.borrow().as_ref().map(|it| it.registry.clone()).unwrap_or_default()
    }

    /// Sets how it is paused and ended.
    pub(crate) fn operate(&self, gate: Gate) {
        // There is one pipeline, so a second control is ignored.
        let _ = self.gate.set(gate);
    }

    /// Sets what operators may change in its stages.
    pub(crate) fn edit(&self, editors: Editors) {
        let _ = self.editors.set(editors);
    }

    pub(crate) fn editors(&self) -> Editors {
        self.editors.get().cloned().unwrap_or_default()
    }

    pub(crate) fn bell(&self) -> Bell {
        self.bell.clone()
    }

    pub(crate) fn gate(&self) -> Option<&Gate> {
        self.gate.get()
    }

    pub(crate) fn set_lag(&self, ms: u64) {
        self.lag_ms.store(ms, Relaxed);
    }

    /// `lag_ms` is the live lag of `measures.md` at this moment, as the server sees it: how long the oldest speech has waited whose
    /// words have not been shown. Where no speech waits, it is the age of the newest sound of the newest transcript when that was
    /// published. It grows while a recogniser gives no words for speech.
    pub(crate) fn state(&self) -> StateEvent {
        let readings = self.registry().stages();
        let peak = readings.iter().filter_map(|it| it.peak).reduce(f32::max);
        let stages = readings.iter().map(|it| self.diagnostics.told(it)).collect();
        // What is recognised waits once more, for a person.
        let held = self.hold_back.as_ref().map(HoldBack::time).unwrap_or_default();
        let waits = readings.iter().filter_map(|it| it.waits).max().map(|it| it + held);
        let published = Some(self.lag_ms.load(Relaxed)).filter(|it| *it != NO_LAG);
        let lag_ms = waits.map(|it| it.as_millis() as u64).or(published);
        let paused = self.gate().is_some_and(Gate::is_paused);
        StateEvent { lag_ms, paused, level_db: peak.map(level_db), stages }
    }

    /// Receives each state that is sent to viewers, the newest one at once.
    pub(crate) fn states(&self) -> watch::Receiver<Option<Arc<RawValue>>> {
        self.told.subscribe()
    }

    pub(crate) fn tell(&self, state: &StateEvent) {
        self.told.send_replace(Some(encode(state).into()));
        self.bell.ring();
    }

    /// Whether its stages are working; otherwise why not.
    pub(crate) fn ready(&self) -> Result<(), String> {
        let Some(attached) = self.attached() else {
            return Err("no pipeline yet".to_owned());
        };
        // After a failed stage, either the others go on, or the pipeline ends soon.
        let well = |state| match state {
            StageState::Running
            | StageState::Waiting
            | StageState::Degraded
            | StageState::Failed => true,
            StageState::Starting | StageState::Restarting | StageState::Ended => false,
        };
        match attached.registry.stages().iter().find(|stage| !well(stage.state)) {
            Some(stage) => Err(format!("{} is {}", stage.name, stage.state.name())),
            None => Ok(()),
        }
    }
}
