//! Every edge of a plan, made before any stage, and handed to the stages at its two ends.
use std::{num::NonZeroUsize, sync::Arc};

use crate::{
    flow::{self, EdgeSettings, Inlet, Item, Outlet, Receiver, Registry, Sender, StageGauge, edge},
    message::{AudioFrame, Caption, Speaker, Speech},
    spec::{Plan, Port, plan},
};

/// The loose ends of the edges of one type, by the number of the stage in the plan.
struct Ends<T: Item> {
    senders: Vec<Vec<Sender<T>>>,
    receivers: Vec<Vec<Receiver<T>>>,
}

/// What a port's type must be able to do: find its own edges among the wires.
pub(super) trait Carried: Item {
    fn ends(wires: &mut Wires) -> &mut impl LooseEnds<Self>;
    /// Sets who speaks in it, where it is sound.
    fn say(&mut self, _speaker: &Speaker) {}
}

pub(super) trait LooseEnds<T: Item> {
    fn senders(&mut self, stage: usize) -> Vec<Sender<T>>;
    fn receivers(&mut self, stage: usize) -> Vec<Receiver<T>>;
}

pub(super) struct Wires {
    audio: Ends<AudioFrame>,
    speech: Ends<Speech>,
    captions: Ends<Caption>,
    registry: Registry,
}

impl Wires {
    pub(super) fn of(plan: &Plan) -> Wires {
        let count = plan.stages().len();
        let mut wires = Wires {
            audio: Ends::none(count),
            speech: Ends::none(count),
            captions: Ends::none(count),
            registry: Registry::default(),
        };
        for (taker, stage) in plan.stages().iter().enumerate() {
            for feed in &stage.feeds {
                let names = (plan.stages()[feed.giver].name.as_str(), stage.name.as_str());
                let settings = settings(feed);
                let registry = &mut wires.registry;
                match feed.carries {
                    Port::Audio => wires.audio.join(feed.giver, taker, names, settings, registry),
                    Port::Speech => wires.speech.join(feed.giver, taker, names, settings, registry),
                    // The server of the broadcast brings them to the journal itself.
                    Port::Events => (),
                    Port::Captions => {
                        wires.captions.join(feed.giver, taker, names, settings, registry)
                    }
                }
            }
        }
        wires
    }

    /// Listens to the captions of every stage that gives some, under `name`.
    pub(super) fn tap(
        &mut self,
        plan: &Plan,
        name: &str,
        settings: EdgeSettings,
    ) -> Inlet<Caption> {
        let mut receivers = Vec::new();
        for (giver, stage) in plan.stages().iter().enumerate() {
            if stage.gives() == Some(Port::Captions) {
                let (sender, receiver) = edge(&stage.name, name, settings);
                self.registry.add_edge(sender.gauge());
                self.captions.senders[giver].push(sender);
                receivers.push(receiver);
            }
        }
        Inlet::new(receivers)
    }

    /// Listens to every source of sound. It is no edge of the pipeline, and stands on no registry.
    pub(super) fn tap_sources(&mut self, plan: &Plan, settings: EdgeSettings) -> Inlet<AudioFrame> {
        let mut receivers = Vec::new();
        for (giver, stage) in plan.stages().iter().enumerate() {
            if stage.feeds.is_empty() && stage.gives() == Some(Port::Audio) {
                let (sender, receiver) = edge(&stage.name, "", settings);
                self.audio.senders[giver].push(sender);
                receivers.push(receiver);
            }
        }
        Inlet::new(receivers)
    }

    pub(super) fn outlet<T: Carried>(
        &mut self,
        stage: usize,
        gauge: &Arc<StageGauge>,
    ) -> Outlet<T> {
        Outlet::new(T::ends(self).senders(stage), gauge.clone())
    }

    pub(super) fn inlet<T: Carried>(&mut self, stage: usize) -> Inlet<T> {
        Inlet::new(T::ends(self).receivers(stage))
    }

    pub(super) fn registry(&self) -> Registry {
        self.registry.clone()
    }
}

impl Carried for AudioFrame {
    fn ends(wires: &mut Wires) -> &mut impl LooseEnds<AudioFrame> {
        &mut wires.audio
    }
    fn say(&mut self, speaker: &Speaker) {
        self.speaker = Some(speaker.clone());
    }
}
impl Carried for Speech {
    fn ends(wires: &mut Wires) -> &mut impl LooseEnds<Speech> {
        &mut wires.speech
    }
}
impl Carried for Caption {
    fn ends(wires: &mut Wires) -> &mut impl LooseEnds<Caption> {
        &mut wires.captions
    }
}

impl<T: Item> LooseEnds<T> for Ends<T> {
    fn senders(&mut self, stage: usize) -> Vec<Sender<T>> {
        std::mem::take(&mut self.senders[stage])
    }
    fn receivers(&mut self, stage: usize) -> Vec<Receiver<T>> {
        std::mem::take(&mut self.receivers[stage])
    }
}

impl<T: Item> Ends<T> {
    fn none(stages: usize) -> Ends<T> {
        Ends {
            senders: (0..stages).map(|_| Vec::new()).collect(),
            receivers: (0..stages).map(|_| Vec::new()).collect(),
        }
    }

    fn join(
        &mut self,
        giver: usize,
        taker: usize,
        (from, to): (&str, &str),
        settings: EdgeSettings,
        registry: &mut Registry,
    ) {
        let (sender, receiver) = edge(from, to, settings);
        registry.add_edge(sender.gauge());
        self.senders[giver].push(sender);
        self.receivers[taker].push(receiver);
    }
}

fn settings(feed: &plan::Feed) -> EdgeSettings {
    let room = match feed.room {
        // A plan has no queue of size 0; one item is the least an edge can hold.
        plan::Room::Items(size) => {
            flow::Room::Items(NonZeroUsize::new(size).unwrap_or(NonZeroUsize::MIN))
        }
        plan::Room::Span(holds) => flow::Room::Span(holds),
    };
    let when_full = match feed.when_full {
        plan::WhenFull::Wait => flow::WhenFull::Wait,
        plan::WhenFull::DropOldest => flow::WhenFull::DropOldest,
        plan::WhenFull::DropNewest => flow::WhenFull::DropNewest,
        plan::WhenFull::Coalesce => flow::WhenFull::Coalesce,
    };
    EdgeSettings { room, when_full }
}
