//! The place of one speaker: the session that has it, and the queue from which its source takes.
use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::{
    queue::{Heard, Queue},
    session::Session,
};
use crate::{
    flow::{Gate, StageGauge, StageState},
    message::Why,
};

/// One of the places of a `browser` stage.
pub struct SpeakerPlace {
    stage: Arc<str>,
    slot: usize,
    /// What readers see where a speaker has given no name.
    fallback: Arc<str>,
    /// Readers see that name.
    is_named: bool,
    most: Duration,
    state: Mutex<PlaceState>,
    bell: Notify,
    /// The pause of its source.
    gate: OnceLock<Gate>,
    /// The track with its captions.
    track: OnceLock<String>,
    /// Of the recogniser of that track.
    recogniser: OnceLock<Arc<StageGauge>>,
}

impl std::fmt::Debug for SpeakerPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpeakerPlace")
            .field("stage", &self.stage)
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct PlaceState {
    pub(super) queue: Queue,
    pub(super) session: Option<Session>,
    /// Where the sound ends so far, and why none follows.
    pub(super) end: (Duration, Why),
    /// The source has ended: nobody takes sound any more.
    pub(super) is_closed: bool,
}

impl SpeakerPlace {
    pub(super) fn new(
        stage: &str,
        slot: usize,
        fallback: &str,
        is_named: bool,
        most: Duration,
    ) -> SpeakerPlace {
        let state = PlaceState {
            queue: Queue::new(most),
            session: None,
            end: (Duration::ZERO, Why::Muted),
            is_closed: false,
        };
        SpeakerPlace {
            stage: stage.into(),
            slot,
            fallback: fallback.into(),
            is_named,
            most,
            state: Mutex::new(state),
            bell: Notify::new(),
            gate: OnceLock::new(),
            track: OnceLock::new(),
            recogniser: OnceLock::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, PlaceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stage(&self) -> &str {
        &self.stage
    }

    /// From 1.
    pub(crate) fn slot(&self) -> usize {
        self.slot
    }

    pub(super) fn fallback(&self) -> &str {
        &self.fallback
    }

    pub(super) fn most(&self) -> Duration {
        self.most
    }

    /// Called when there is something to take, or nothing will follow.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// The next that its source takes.
    pub async fn next(&self) -> Heard {
        loop {
            if let Some(heard) = self.lock().queue.take(Instant::now()) {
                return heard;
            }
            self.bell.notified().await;
        }
    }

    /// The name of who has it now, as readers see it.
    pub fn speaker(&self) -> Option<Arc<str>> {
        let state = self.lock();
        let name = state.session.as_ref().map_or(&self.fallback, |it| &it.name);
        (self.is_named || *name != self.fallback).then(|| name.clone())
    }

    /// Lets a speaker see that the pipeline is paused.
    pub fn set_gate(&self, gate: Gate) {
        // There is one source, which is added once.
        let _ = self.gate.set(gate);
    }

    pub fn set_track(&self, track: &str) {
        let _ = self.track.set(track.to_owned());
    }

    pub(crate) fn track(&self) -> Option<&str> {
        self.track.get().map(String::as_str)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.gate.get().is_some_and(Gate::is_paused)
    }

    /// How the recogniser of its track stands: a speaker is told that it waits for an engine.
    pub(super) fn set_recogniser(&self, gauge: Arc<StageGauge>) {
        let _ = self.recogniser.set(gauge);
    }

    pub(super) fn waits(&self) -> bool {
        self.recogniser.get().is_some_and(|it| it.state() == StageState::Waiting)
    }

    /// Its source takes nothing any more.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        if let Some(session) = state.session.take() {
            session.order(crate::wire::RefusalCode::Ended);
        }
    }
}
