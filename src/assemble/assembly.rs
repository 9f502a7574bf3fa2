//! What is being put together of a plan, and how a source, a stage or a sink is added to it.
use std::{collections::HashMap, path::Path, sync::Arc};

use futures::FutureExt;

#[cfg(feature = "whisper")]
use super::recogniser;
use super::{
    ThisMachine,
    wires::{Carried, Wires},
};
use crate::{
    flow::Setting,
    flow::{Fault, Gate, Source, Stage, StageGauge},
    host::{Pipeline, StageSettings},
    logic::budget::Budget,
    logic::replace::Rules,
    serve::{Retranslator, Server, Speakers},
    spec::plan,
    wire::{Clock, SoundFiles, TrackInfo},
};

/// The speakers of each broadcast, by its number in the plan.
pub(super) type OfServers = HashMap<usize, Arc<Speakers>>;

/// What is being put together, stage after stage.
pub(super) struct Assembly<'a> {
    #[cfg_attr(not(feature = "whisper"), expect(dead_code, reason = "recognisers ask it"))]
    pub(super) machine: &'a ThisMachine,
    /// The pipeline file.
    #[cfg_attr(not(feature = "journal"), expect(dead_code, reason = "journals keep it"))]
    pub(super) file: &'a Path,
    pub(super) wires: Wires,
    pub(super) pipeline: Pipeline,
    pub(super) clock: Clock,
    /// One a source, by its number in the plan.
    pub(super) gates: Vec<(usize, Gate)>,
    /// By the stage's number: whether its input comes whether or not it keeps up.
    pub(super) live: Vec<bool>,
    /// By the stage's name: what its track is spoken in.
    pub(super) languages: HashMap<String, String>,
    #[cfg(feature = "whisper")]
    pub(super) models: recogniser::Models,
    pub(super) servers: Vec<(usize, Server, Vec<TrackInfo>)>,
    pub(super) notices: Vec<(usize, String)>,
    /// Those who speak to each broadcast, by its number.
    pub(super) speakers: OfServers,
    /// What operators may change, by the number of the stage.
    pub(super) translators: Vec<(usize, Retranslator)>,
    pub(super) rules: Vec<(usize, Setting<Rules>)>,
    pub(super) vocabularies: Vec<(usize, Setting<String>)>,
    /// The sound of each journal, by its number: told by who records, written by who keeps it.
    pub(super) sounds: HashMap<usize, SoundFiles>,
}

impl<'a> Assembly<'a> {
    pub(super) fn new(
        machine: &'a ThisMachine,
        file: &'a Path,
        wires: Wires,
        live: Vec<bool>,
        speakers: OfServers,
    ) -> Assembly<'a> {
        Assembly {
            machine,
            file,
            pipeline: Pipeline::new(wires.registry()),
            wires,
            clock: Clock::start(),
            gates: Vec::new(),
            live,
            languages: HashMap::new(),
            #[cfg(feature = "whisper")]
            models: recogniser::Models::default(),
            servers: Vec::new(),
            notices: Vec::new(),
            speakers,
            translators: Vec::new(),
            rules: Vec::new(),
            vocabularies: Vec::new(),
            sounds: HashMap::new(),
        }
    }

    pub(super) fn source<S: Source<Out: Carried>>(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        source: S,
    ) -> Gate {
        let gauge = StageGauge::new(&stage.name);
        let gate = Gate::default();
        let mut outlet = self.wires.outlet(number, &gauge).gated(gate.clone());
        if let Some(speaker) = stage.work.speaker().cloned() {
            outlet = outlet.marking(move |it: &mut S::Out| it.say(&speaker));
        }
        self.gates.push((number, gate.clone()));
        self.pipeline.source(held_to(stage), gauge, source, outlet);
        gate
    }

    pub(super) fn between<S: Stage<In: Carried, Out: Carried>>(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        kept: S::Kept,
        mut make: impl FnMut() -> Result<S, Fault> + Send + 'static,
    ) {
        let gauge = StageGauge::new(&stage.name);
        let (inlet, outlet) = (self.wires.inlet(number), self.wires.outlet(number, &gauge));
        let make = move || std::future::ready(make()).boxed();
        self.pipeline.stage(held_to(stage), gauge, make, kept, inlet, outlet);
    }

    pub(super) fn sink<S: Stage<In: Carried>>(
        &mut self,
        number: usize,
        stage: &plan::Stage,
        kept: S::Kept,
        mut make: impl FnMut() -> Result<S, Fault> + Send + 'static,
    ) {
        let gauge = StageGauge::new(&stage.name);
        let inlet = self.wires.inlet(number);
        let make = move || std::future::ready(make()).boxed();
        self.pipeline.sink(held_to(stage), gauge, make, kept, inlet);
    }
}

pub(super) fn held_to(stage: &plan::Stage) -> StageSettings {
    let restart = stage.restart;
    let budget = Budget::new(restart.limit as usize, restart.within, restart.wait);
    StageSettings { budget, patience: stage.patience }
}
