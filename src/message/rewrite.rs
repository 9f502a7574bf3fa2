//! The same segment in other words, under the same promise: what was once committed is kept here, so it cannot change.
use super::{Kind, SegmentId, TrackName, Transcript, Word};

/// One segment as it is rewritten, revision by revision.
#[derive(Clone, Debug)]
pub struct Rewriting {
    track: TrackName,
    segment: SegmentId,
    /// How many words of the original the promised ones stand for.
    taken: usize,
    promised: Vec<Word>,
}

impl Rewriting {
    pub fn of(it: &Transcript) -> Rewriting {
        let (track, segment) = (it.track.clone(), it.segment);
        Rewriting { track, segment, taken: 0, promised: Vec::new() }
    }

    pub fn is_of(&self, it: &Transcript) -> bool {
        self.segment == it.segment && self.track == it.track
    }

    /// How many words of the original are settled: only those behind them may still be rewritten.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// A revision in other words: behind those promised before, `settled` is promised too and stands for `taken` more words
    /// of the original; `tail` may change. Of a final nothing may.
    pub fn revise(
        &mut self,
        it: Transcript,
        taken: usize,
        settled: Vec<Word>,
        tail: Vec<Word>,
    ) -> Transcript {
        self.taken += taken;
        self.promised.extend(settled);
        let words: Vec<Word> = self.promised.iter().cloned().chain(tail).collect();
        let committed = if it.kind == Kind::Final { words.len() } else { self.promised.len() };
        Transcript { words, committed, ..it }
    }
}
