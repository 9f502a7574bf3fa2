//! A checked plan becomes a pipeline that can be started: one match over what is planned.
mod assembly;
mod delivery;
mod graph;
mod machine;
#[cfg(feature = "whisper")]
mod offline;
#[cfg(feature = "whisper")]
mod recogniser;
mod text;
mod translator;
#[cfg(feature = "whisper")]
mod trial;
mod wires;

use std::{num::NonZeroUsize, path::Path};

use assembly::Assembly;
pub use machine::ThisMachine;
#[cfg(feature = "whisper")]
pub use offline::{Offline, Recognised};
pub use translator::{translate_all, translate_settings, translator};
#[cfg(feature = "whisper")]
pub use trial::trial;
use wires::Wires;

use crate::{
    flow::{EdgeSettings, Gate, Inlet, Room, WhenFull},
    host::{HostSettings, Pipeline},
    message::{AudioFrame, Caption},
    spec::{Plan, plan},
    stages::{
        broadcast::Server,
        wire::{Graph, TrackInfo},
    },
};

/// A pipeline with all that has to stand before it starts.
pub struct Assembled {
    pub pipeline: Pipeline,
    pub settings: HostSettings,
    /// They answer already, and greet viewers once they are [told](Assembled::attach) of the pipeline.
    pub servers: Vec<Server>,
    tracks: Vec<Vec<TrackInfo>>,
    /// The plan, for operators.
    graph: Graph,
    /// Where it is paused, and where somebody asks for its end.
    pub gate: Gate,
    /// What viewers should know of the models.
    notice: Option<String>,
    /// Every caption of the pipeline, for whoever looks on. Slow reading loses the oldest and slows nobody.
    pub captions: Option<Inlet<Caption>>,
    /// The sound of every source, for whoever measures. Slow reading loses the oldest and slows nobody.
    pub sound: Option<Inlet<AudioFrame>>,
}

/// What is taken of a pipeline beside what its stages take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookedOn {
    /// Whether somebody takes [`Assembled::captions`].
    pub captions: bool,
    /// Whether somebody takes [`Assembled::sound`].
    pub sound: bool,
}

impl Assembled {
    /// Tells the servers of the pipeline behind them. To be called once every stage was added.
    pub fn attach(&self) {
        for (server, tracks) in self.servers.iter().zip(&self.tracks) {
            server.attach(self.pipeline.board().clone(), tracks.clone(), self.notice.clone());
            server.operate(self.gate.clone());
            server.draw(self.graph.clone());
        }
    }
}

/// Why a plan that was seen to fit could not be put together: the machine has changed since, or cannot do it after all.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    #[error("{file}:{line}: `{stage}` cannot be set up: {cause}")]
    Stage { file: String, line: usize, stage: String, cause: String },
}

/// How many captions, or frames of sound, may wait for whoever looks on.
const LOOKED_ON: usize = 1024;

/// Puts the plan's stages together. `file` is where the plan was read, for errors; `looked_on`: whether somebody takes
/// [`Assembled::captions`].
pub async fn assemble(
    plan: &Plan,
    file: &Path,
    machine: &ThisMachine,
    looked_on: LookedOn,
) -> Result<Assembled, AssembleError> {
    let mut wires = Wires::of(plan);
    let room = Room::Items(NonZeroUsize::MIN.saturating_add(LOOKED_ON - 1));
    let tap = EdgeSettings { room, when_full: WhenFull::DropOldest };
    let captions = looked_on.captions.then(|| wires.tap(plan, "terminal", tap));
    let sound = looked_on.sound.then(|| wires.tap_sources(plan, tap));
    let mut assembly = Assembly::new(machine, wires, live(plan));
    for (number, stage) in plan.stages().iter().enumerate() {
        assembly.add(number, stage, plan).await.map_err(|cause| AssembleError::Stage {
            file: file.display().to_string(),
            line: stage.line,
            stage: stage.title(),
            cause,
        })?;
    }
    let settings = HostSettings { grace: plan.grace(), ..HostSettings::default() };
    let (servers, tracks) = assembly.servers.into_iter().unzip();
    Ok(Assembled {
        pipeline: assembly.pipeline,
        settings,
        servers,
        tracks,
        graph: graph::graph(plan),
        gate: assembly.gate,
        notice: assembly.notice,
        captions,
        sound,
    })
}

/// Sound that is given up somewhere upstream comes at its own pace; where every edge waits, so does the source.
fn live(plan: &Plan) -> Vec<bool> {
    let mut live: Vec<bool> = Vec::new();
    for stage in plan.stages() {
        let drops = |feed: &plan::Feed| {
            matches!(feed.when_full, plan::WhenFull::DropOldest | plan::WhenFull::DropNewest)
        };
        let comes = |feed: &plan::Feed| drops(feed) || live[feed.giver];
        live.push(stage.feeds.iter().any(comes));
    }
    live
}
