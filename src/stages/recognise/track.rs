//! What outlasts the lives of a recogniser: its numbers, the words it has promised, and how far it had come.
use tokio::time::Instant;

use crate::message::{
    Caption, Gap, Hop, MediaSpan, MediaTime, Milestone, Segments, Trace, TrackName, Why,
};

/// Lives with the edges of a recogniser and is handed to each of its lives.
#[derive(Debug)]
pub struct Track {
    pub(super) segments: Segments,
    /// The end of the sound that a life has taken.
    pub(super) heard_to: MediaTime,
    /// The end of the newest sound that came, taken or given up.
    pub(super) came_to: MediaTime,
    /// While no segment is open: up to here it is decided what was said.
    pub(super) decided_to: MediaTime,
}

impl Track {
    /// A source begins its timeline at zero; sound that is missing from there on is a gap as well.
    pub fn new(name: TrackName) -> Track {
        let (segments, start) = (Segments::new(name), MediaTime::ZERO);
        Track { segments, heard_to: start, came_to: start, decided_to: start }
    }

    /// What a new life says first: the open segment ends with its committed words, and the sound behind them, which
    /// went down with the life before, is a gap.
    pub(super) fn recover(&mut self, trace: Trace) -> Vec<Caption> {
        let open = self.segments.current();
        let lost_from = open.map_or(self.decided_to, |open| {
            open.committed().last().map_or(open.start(), |word| word.span.end())
        });
        let closed = self.segments.recover(trace);
        let is_final = matches!(closed, Some(Caption::Transcript(_)));
        // In place of the gap that the segment itself would give: this one reaches to the end of what was taken.
        let mut captions: Vec<Caption> = closed.into_iter().filter(|_| is_final).collect();
        captions.extend(self.gap(lost_from, self.heard_to, Why::Restart, trace));
        self.decided_to = self.heard_to;
        captions
    }

    /// What is owed where no run will follow: as when a run ended, and a gap for what came and was given up.
    pub(super) fn on_terminate(&mut self, now: Instant) -> Vec<Caption> {
        let trace = Trace::starting(now);
        let mut captions = self.recover(trace);
        captions.extend(self.gap(self.heard_to, self.came_to, Why::Overload, trace));
        captions
    }

    /// `None` where nothing is missing.
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

/// The trace of what a recogniser made of a frame.
pub(super) fn recognised(frame: Trace, hop: Hop) -> Trace {
    frame.with(Milestone::Recognised, hop)
}
