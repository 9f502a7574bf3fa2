//! A checked plan becomes a pipeline that can be started: one match over what is planned.
mod machine;
mod wires;

use std::{num::NonZeroUsize, sync::Arc};

use futures::FutureExt;

pub use machine::ThisMachine;
use wires::Wires;

use crate::{
    flow::{Board, EdgeSettings, Fault, Inlet, Room, Source, Stage, StageGauge, WhenFull},
    host::{HostSettings, Pipeline, StageSettings},
    logic::budget::Budget,
    message::{Caption, Language, TrackName},
    spec::{
        Plan,
        plan::{self, Place, Planned},
    },
    stages::{
        lines::{LineSheet, ReadLines, WriteLines},
        recording::{Pace, Recording, RecordingSettings},
        resample::Resample,
        wire::Clock,
    },
};

/// A pipeline with all that has to stand before it starts.
pub struct Assembled {
    pub pipeline: Pipeline,
    pub settings: HostSettings,
    /// Every caption of the pipeline, for whoever looks on. Slow reading loses the oldest and slows nobody.
    pub captions: Option<Inlet<Caption>>,
}

/// Why a plan that was seen to fit could not be put together: the machine has changed since, or cannot do it after all.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    #[error("{file}:{line}: `{stage}` cannot be set up: {cause}")]
    Stage { file: String, line: usize, stage: String, cause: String },
}

/// How many captions may wait for whoever looks on.
const LOOKED_ON: usize = 1024;

/// Puts the plan's stages together. `looked_on`: whether somebody takes [`Assembled::captions`].
pub async fn assemble(
    plan: &Plan,
    machine: &ThisMachine,
    looked_on: bool,
) -> Result<Assembled, AssembleError> {
    let mut wires = Wires::of(plan);
    let room = Room::Items(NonZeroUsize::MIN.saturating_add(LOOKED_ON - 1));
    let tap = EdgeSettings { room, when_full: WhenFull::DropOldest };
    let captions = looked_on.then(|| wires.tap(plan, "terminal", tap));
    let pipeline = Pipeline::new(wires.board());
    let mut assembly = Assembly { machine, wires, pipeline, clock: Clock::start() };
    for (number, stage) in plan.stages().iter().enumerate() {
        assembly.add(number, stage).await.map_err(|cause| AssembleError::Stage {
            file: plan.name().to_owned(),
            line: stage.line,
            stage: stage.title(),
            cause,
        })?;
    }
    let settings = HostSettings { grace: plan.grace(), ..HostSettings::default() };
    Ok(Assembled { pipeline: assembly.pipeline, settings, captions })
}

struct Assembly<'a> {
    machine: &'a ThisMachine,
    wires: Wires,
    pipeline: Pipeline,
    clock: Clock,
}
