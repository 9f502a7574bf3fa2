//! Where a pipeline puts its captions.
use std::sync::Arc;

use tokio::{sync::broadcast, time::Instant};

use super::attached::Pipeline;
use crate::{
    message::{Caption, Gap, Hop, Milestone, Translation, Why},
    serve::captions::{log::Log, shared::Captions},
    wire::Clock,
};

/// How many captions may wait for whoever measures; more lose the oldest.
const MEASURED: usize = 4096;

/// Writes into the log of one server.
#[derive(Clone)]
pub struct Publisher {
    captions: Arc<Captions>,
    pipeline: Arc<Pipeline>,
    clock: Clock,
    /// What was put in the log, with its whole trace, for whoever measures.
    published: broadcast::Sender<Caption>,
}

impl Publisher {
    pub(crate) fn new(captions: Arc<Captions>, pipeline: Arc<Pipeline>, clock: Clock) -> Publisher {
        Publisher { captions, pipeline, clock, published: broadcast::Sender::new(MEASURED) }
    }

    pub(crate) fn published(&self) -> broadcast::Receiver<Caption> {
        self.published.subscribe()
    }

    /// Puts it in the log, where every viewer finds it. `begun`: when that began, for its trace.
    pub fn publish(&self, caption: &Caption, begun: Instant) {
        let now = Instant::now();
        let trace = caption.trace().with(Milestone::Published, Hop { begun, done: now });
        if self.published.receiver_count() > 0 {
            // Nobody may be left to take it by now.
            let _ = self.published.send(caption.clone().traced(trace));
        }
        self.pipeline.diagnostics.record(caption, trace, now);
        match caption {
            Caption::Transcript(it) => {
                let lag = trace.age(Milestone::Published).unwrap_or_default();
                self.pipeline.set_lag(lag.as_millis() as u64);
                let it = it.clone().traced(trace);
                self.captions.say(|log| log.transcript(&it, &self.clock, now));
            }
            Caption::Translation(it) => {
                let it = Translation { trace, ..it.clone() };
                self.captions.say(|log| log.translation(&it, &self.clock, now));
            }
            Caption::Gap(it) => self.captions.say(|log| log.gap(it, now)),
        }
    }

    /// Says in its place that a caption could not be published.
    pub fn fail(&self, caption: &Caption) {
        let (track, span, trace) = (caption.track().clone(), caption.span(), *caption.trace());
        let gap = Gap { track, span, why: Why::Fault, trace };
        self.captions.say(|log| log.gap(&gap, Instant::now()));
    }

    /// Nothing more will come.
    pub fn end(&self) {
        self.captions.say(Log::end);
    }
}
