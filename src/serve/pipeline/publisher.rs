//! Writes the captions of a pipeline into the log.
use std::{future::pending, sync::Arc};

use tokio::{
    sync::broadcast,
    time::{Instant, sleep_until},
};

use super::{
    attached::Pipeline,
    hold_back::{HeldId, HoldBack},
    retranslation::Retranslating,
};
use crate::{
    message::{Caption, Gap, Hop, Kind, Milestone, Transcript, Translation, Why},
    serve::captions::{corrections::newest_finals, log::Log, shared::Captions},
    wire::{Clock, Event},
};

/// Captions that may wait for `livecap bench`; with more, the oldest are lost.
const MEASURED: usize = 4096;

/// Why a translation is not shown.
const CHANGED: &str = "its original was changed before anybody saw it";

/// The final that was just added is among so many of all tracks.
const NEWEST: usize = 40;

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

    /// Adds a caption to the log, at once or after the time for which captions are held back. `begun`: when publishing began, for its
    /// trace.
    pub fn publish(&self, caption: &Caption, begun: Instant) {
        match &self.pipeline.hold_back {
            Some(held) => held.push(caption.clone(), false, begun, Instant::now()),
            None => self.show(caption, begun),
        }
    }

    fn show(&self, caption: &Caption, begun: Instant) {
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
                self.transcript(&it.clone().traced(trace), now);
            }
            Caption::Translation(it) => {
                self.translation(&Translation { trace, ..it.clone() }, now);
            }
            Caption::Gap(it) => self.captions.say(|log| log.gap(it, now)),
        }
    }

    fn transcript(&self, it: &Transcript, now: Instant) {
        let Some(held) = &self.pipeline.hold_back else {
            return self.captions.say(|log| log.transcript(it, &self.clock, now));
        };
        let id = HeldId::of_transcript(it);
        let changes = held.changes(&id);
        let mut shown = String::new();
        self.captions.say(|log| {
            log.edited_transcript(it, &self.clock, now, |event| {
                if let Some(changes) = &changes {
                    changes.caption(event);
                }
                shown = event.committed.clone().unwrap_or_else(|| event.text.clone());
            });
        });
        held.shows(&id, &shown);
        if changes.is_some() && it.kind() == Kind::Final {
            self.translate_again(it.track().as_str());
        }
    }

    /// A translation of a text that nobody saw is not shown either: it is asked for again.
    fn translation(&self, it: &Translation, now: Instant) {
        let Some(held) = &self.pipeline.hold_back else {
            return self.captions.say(|log| log.translation(it, &self.clock, now));
        };
        let id = HeldId::of_translation(it);
        let original = held.changes(&HeldId { lang: None, ..id.clone() });
        let own = held.changes(&id);
        if original.is_some() && own.is_none() && it.kind == Kind::Partial {
            return;
        }
        let mut shown = String::new();
        self.captions.say(|log| {
            log.edited_translation(it, &self.clock, now, |event| {
                match (&own, &original) {
                    (Some(own), _) => own.translation(event),
                    (None, Some(_)) => {
                        event.text.clear();
                        event.untranslated = Some(CHANGED.to_owned());
                    }
                    (None, None) => (),
                }
                shown = event.committed.clone().unwrap_or_else(|| event.text.clone());
            });
        });
        held.shows(&id, &shown);
    }

    /// The final that was just added to this track: it is not what the translators have.
    fn translate_again(&self, track: &str) {
        let newest = newest_finals(&self.captions.log(), NEWEST);
        let Some(done) = newest.into_iter().rfind(|it| it.track == track && it.of.is_none()) else {
            return;
        };
        let (captions, bell, clock) = (self.captions.clone(), self.pipeline.bell(), self.clock);
        let retranslating = Retranslating { captions, bell, clock };
        for (of, translator) in self.pipeline.editors().translators {
            if of == track {
                retranslating.ask(&translator, &done);
            }
        }
    }

    /// Returns when a caption that was held back is due; never where none is.
    pub async fn due(&self) {
        match self.pipeline.hold_back.as_ref().and_then(HoldBack::due) {
            Some(due) => sleep_until(due).await,
            None => pending().await,
        }
    }

    /// Shows what was held back long enough.
    pub fn let_go(&self) {
        self.let_go_at(Instant::now());
    }

    /// Shows everything that was held back.
    pub(crate) fn let_all_go(&self) {
        if let Some(held) = &self.pipeline.hold_back {
            self.let_go_at(Instant::now() + held.time());
        }
    }

    fn let_go_at(&self, now: Instant) {
        let Some(held) = &self.pipeline.hold_back else { return };
        while let Some(it) = held.next(now) {
            match it.failed {
                false => self.show(&it.caption, it.begun),
                true => self.gap_for(&it.caption),
            }
        }
        if held.has_ended() {
            self.captions.say(Log::end);
        }
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        self.pipeline.hold_back.as_ref().is_some_and(|it| !it.is_empty())
    }

    /// Adds a gap in the place of a caption that could not be published.
    pub fn fail(&self, caption: &Caption) {
        match &self.pipeline.hold_back {
            Some(held) => {
                let now = Instant::now();
                held.push(caption.clone(), true, now, now);
            }
            None => self.gap_for(caption),
        }
    }

    fn gap_for(&self, caption: &Caption) {
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
        match &self.pipeline.hold_back {
            Some(held) => {
                held.end();
                self.let_go();
            }
            None => self.captions.say(Log::end),
        }
    }
}
