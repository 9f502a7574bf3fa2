//! What a node knows of its writer, and since when.
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::wire::{NodeState, StateEvent};

/// A writer sends something in every poll interval. After so many intervals without it counts as gone.
const SILENT_LOOKS: u32 = 5;

/// What a node knows of its writer.
pub(crate) struct Node {
    redis: String,
    /// The writer counts as gone after so long without a message from it.
    patience: Duration,
    heard: Mutex<Heard>,
}

pub(super) struct Heard {
    pub(super) state: StateEvent,
    pub(super) writer: Option<String>,
    /// When the last message of the writer itself came. What is stored in Redis is no sign of it.
    pub(super) at: Option<Instant>,
    pub(super) connected: bool,
}

impl Node {
    pub(super) fn new(redis: String, look: Duration) -> Node {
        let patience = look * SILENT_LOOKS;
        let state = StateEvent { lag_ms: None, paused: false, level_db: None, stages: Vec::new() };
        let heard = Heard { state, writer: None, at: None, connected: false };
        Node { redis, patience, heard: Mutex::new(heard) }
    }

    pub(super) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last state that the writer sent.
    pub(crate) fn state(&self) -> StateEvent {
        self.heard().state.clone()
    }

    pub(crate) fn told(&self) -> NodeState {
        let heard = self.heard();
        NodeState { writer: heard.writer.clone(), connected: heard.connected }
    }

    /// Whether live captions arrive; otherwise why not.
    pub(crate) fn ready(&self) -> Result<(), String> {
        let heard = self.heard();
        match (heard.connected, &heard.writer) {
            (false, _) => Err(format!("{} is away", self.redis)),
            (true, None) => Err("nothing was heard of a writer yet".to_owned()),
            (true, Some(_)) if heard.at.is_some_and(|at| at.elapsed() <= self.patience) => Ok(()),
            (true, Some(writer)) => Err(format!(
                "nothing was heard of {writer} for {} ms: see whether it still runs and reaches {}",
                self.patience.as_millis(),
                self.redis
            )),
        }
    }

    /// Why a node cannot be operated.
    pub(crate) fn refusal(&self) -> String {
        match &self.heard().writer {
            Some(writer) => {
                format!("this is a node and only delivers: ask {writer}, which has the pipeline")
            }
            None => "this is a node and only delivers, and knows of no server with a pipeline yet"
                .to_owned(),
        }
    }
}
