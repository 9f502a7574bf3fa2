//! A checked plan becomes a pipeline that can be started: one match over what is planned.
#[cfg(feature = "journal")]
mod archive;
mod assembly;
mod delivery;
mod editors;
#[cfg(feature = "whisper")]
mod files;
mod graph;
#[cfg(feature = "journal")]
mod journal;
mod kinds;
mod logo;
mod machine;
#[cfg(feature = "whisper")]
mod offline;
mod ownership;
#[cfg(feature = "whisper")]
mod pools;
#[cfg(feature = "whisper")]
mod recogniser;
mod settings;
mod speakers;
mod text;
mod translator;
#[cfg(feature = "whisper")]
mod trial;
mod wires;

use std::{num::NonZeroUsize, path::Path};

use assembly::Assembly;
#[cfg(feature = "journal")]
pub use journal::Keeping;
pub use machine::ThisMachine;
#[cfg(feature = "whisper")]
pub use offline::{Offline, Recognised};
pub use translator::{translate_all, translate_settings, translator};
#[cfg(feature = "whisper")]
pub use trial::{quick_trial, trial};
use wires::Wires;

use crate::{
    flow::{EdgeSettings, Gate, Inlet, Room, WhenFull},
    host::{HostSettings, Pipeline},
    message::{AudioFrame, Caption},
    serve::Server,
    spec::{Plan, plan},
    wire::{Graph, TrackInfo},
};

/// A pipeline with all that has to stand before it starts.
pub struct Assembled {
    pub pipeline: Pipeline,
    pub settings: HostSettings,
    /// They answer already, and greet viewers once they are [told](Assembled::attach) of the pipeline.
    pub servers: Vec<Server>,
    /// What belongs to each of those.
    pub parts: Vec<Part>,
    /// Every caption of the pipeline, for whoever looks on. Slow reading loses the oldest and slows nobody.
    pub captions: Option<Inlet<Caption>>,
    /// The sound of every source, for whoever measures. Slow reading loses the oldest and slows nobody.
    pub sound: Option<Inlet<AudioFrame>>,
}

/// What of a pipeline belongs to one of its broadcasts.
pub struct Part {
    tracks: Vec<TrackInfo>,
    /// The plan, for operators.
    graph: Graph,
    /// What viewers should know of the models.
    notice: Option<String>,
    /// The names of its sources. Another broadcast may have some of them too.
    pub sources: Vec<String>,
    /// Where those are paused, and where somebody asks for their end.
    pub gate: Gate,
    /// The names of stages that are others'.
    foreign: Vec<String>,
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
        for (server, part) in self.servers.iter().zip(&self.parts) {
            let foreign: Vec<&str> = part.foreign.iter().map(String::as_str).collect();
            let registry = self.pipeline.registry().without(&foreign);
            server.attach(registry, part.tracks.clone(), part.notice.clone());
            server.operate(part.gate.clone());
            server.draw(part.graph.clone());
        }
    }
}

impl Part {
    fn of(number: usize, tracks: Vec<TrackInfo>, plan: &Plan, assembly: &Assembly<'_>) -> Part {
        let belongs = ownership::belongs(plan, number);
        let gates = assembly.gates.iter().filter(|(number, _)| belongs[*number]);
        let mut notices = assembly.notices.iter().rev();
        let notice = notices.find(|(number, _)| belongs[*number]);
        let names = |wanted: &dyn Fn(usize) -> bool| -> Vec<String> {
            let stages = plan.stages().iter().enumerate().filter(|(number, _)| wanted(*number));
            stages.map(|(_, stage)| stage.name.clone()).collect()
        };
        Part {
            tracks,
            graph: graph::graph(plan, &belongs),
            notice: notice.map(|(_, notice)| notice.clone()),
            sources: names(&|it| belongs[it] && plan.stages()[it].feeds.is_empty()),
            gate: Gate::over(gates.map(|(_, gate)| gate)),
            foreign: names(&|it| !belongs[it]),
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
    let cannot = |number: usize, cause| {
        let stage = &plan.stages()[number];
        let (file, line) = (file.display().to_string(), stage.line);
        AssembleError::Stage { file, line, stage: stage.title(), cause }
    };
    let speakers = speakers::of(plan).map_err(|(number, cause)| cannot(number, cause))?;
    let mut assembly = Assembly::new(machine, file, wires, live(plan), speakers);
    for (number, stage) in plan.stages().iter().enumerate() {
        assembly.add(number, stage, plan).await.map_err(|cause| cannot(number, cause))?;
    }
    let settings = HostSettings { grace: plan.grace(), ..HostSettings::default() };
    let served = std::mem::take(&mut assembly.servers);
    let (servers, parts) = served
        .into_iter()
        .map(|(number, server, tracks)| (server, Part::of(number, tracks, plan, &assembly)))
        .unzip();
    Ok(Assembled { pipeline: assembly.pipeline, settings, servers, parts, captions, sound })
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
