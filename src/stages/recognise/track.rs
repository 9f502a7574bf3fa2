//! The state of a recogniser that outlives its runs: segment numbers, committed words, and how far it got.
use tokio::time::Instant;

use crate::message::{
    Caption, Gap, Hop, MediaSpan, MediaTime, Milestone, Segments, Trace, TrackName, Why, Word,
};

/// Belongs to the pipeline, and is lent to each run of the recogniser.
#[derive(Debug)]
pub struct Track {
    pub(super) segments: Segments,
    /// The end of the audio that a run has consumed.
    pub(super) consumed_to: MediaTime,
    /// The end of the newest audio received, consumed or dropped.
    pub(super) received_to: MediaTime,
    /// While no segment is open, the end of the audio that has been endpointed.
    pub(super) decided_to: MediaTime,
}

impl Track {
    /// A source starts its timeline at zero. Audio missing from there on is a gap, too.
    pub fn new(name: TrackName) -> Track {
        let (segments, start) = (Segments::new(name), MediaTime::ZERO);
        Track { segments, consumed_to: start, received_to: start, decided_to: start }
    }

    /// What a new run sends first. The open segment ends with its committed words. The audio after them was lost with the run
    /// before and is a gap.
    pub(super) fn recover(&mut self, trace: Trace) -> Vec<Caption> {
        let open = self.segments.current();
        let lost_from = open.map_or(self.decided_to, |open| {
            open.committed().last().map_or(open.start(), |word| word.span.end())
        });
        let closed = self.segments.recover(trace);
        let is_final = matches!(closed, Some(Caption::Transcript(_)));
        // This gap replaces the segment's own one: it reaches to the end of the consumed audio.
        let mut captions: Vec<Caption> = closed.into_iter().filter(|_| is_final).collect();
        captions.extend(self.gap(lost_from, self.consumed_to, Why::Restart, trace));
        self.decided_to = self.consumed_to;
        captions
    }

    /// The words of the open segment that will not change.
    pub(super) fn committed(&mut self) -> Vec<Word> {
        self.segments.current().map(|it| it.committed().to_vec()).unwrap_or_default()
    }

    /// What is sent when no run will follow: the same as in [`Track::recover`], and a gap for the audio that was dropped.
    pub(super) fn on_terminate(&mut self, now: Instant) -> Vec<Caption> {
        let trace = Trace::starting(now);
        let mut captions = self.recover(trace);
        captions.extend(self.gap(self.consumed_to, self.received_to, Why::Overload, trace));
        captions
    }

    /// `None` if nothing is missing.
    pub(super) fn gap(
        &self,
        from: MediaTime,
        to: MediaTime,
        why: Why,
        trace: Trace,
    ) -> Option<Caption> {
        let track = self.segments.track().clone();
        let span = MediaSpan::between(from, to);
        (!span.length.is_zero()).then_some(Caption::Gap(Gap { track, span, why, trace }))
    }
}

/// The trace of a caption from the trace of its newest frame.
pub(super) fn recognised(frame: Trace, hop: Hop) -> Trace {
    frame.with(Milestone::Recognised, hop)
}
