//! Writes the captions of a pipeline into the log.
use std::sync::Arc;

use tokio::{sync::broadcast, time::Instant};

use super::attached::Pipeline;
use crate::{
    message::{Caption, Gap, Hop, Milestone, Translation, Why},
    serve::captions::{log::Log, shared::Captions},
    wire::{Clock, Event},
};

/// Captions that may wait for `livecap bench`; with more, the oldest are lost.
const MEASURED: usize = 4096;

/// Writes into the log of one server.
#[derive(Clone)]
pub struct Publisher {
    captions: Arc<Captions>,
    pipeline: Arc<Pipeline>,
    clock: Clock,
    /// Published captions with their whole traces, for `livecap bench`.
    published: broadcast::Sender<Caption>,
}

impl Publisher {
    pub(crate) fn new(captions: Arc<Captions>, pipeline: Arc<Pipeline>, clock: Clock) -> Publisher {
        Publisher { captions, pipeline, clock, published: broadcast::Sender::new(MEASURED) }
    }

    pub(crate) fn published(&self) -> broadcast::Receiver<Caption> {
        self.published.subscribe()
    }

    /// Adds a caption to the log. `begun`: when publishing began, for its trace.
    pub fn publish(&self, caption: &Caption, begun: Instant) {
        let now = Instant::now();
        let trace = caption.trace().with(Milestone::Published, Hop { begun, done: now });
        if self.published.receiver_count() > 0 {
            // There may be no receiver.
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

    /// Adds a gap in the place of a caption that could not be published.
    pub fn fail(&self, caption: &Caption) {
        let (track, span, trace) = (caption.track().clone(), caption.span(), *caption.trace());
        let gap = Gap { track, span, why: Why::Fault, trace };
        self.captions.say(|log| log.gap(&gap, Instant::now()));
    }

    /// Adds an event of an earlier run with the number that it had. Numbers that are left out become a gap of the history.
    pub fn again(&self, seq: u64, event: Event, now: Instant) {
        self.captions.say(|log| {
            if seq > log.next() {
                log.skip_to(seq, Some(event.start()), now);
            }
            log.take(event, now);
        });
    }

    /// No more captions will follow.
    pub fn end(&self) {
        self.captions.say(Log::end);
    }
}
