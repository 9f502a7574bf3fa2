//! Which text of a segment is translated: the whole final, or clause after clause as soon as it is committed, then the rest.
use tokio::time::Instant;

use super::text::whole_clauses;
use crate::message::{Kind, Original, SegmentId, Trace, TrackName, Transcript, Word};

/// A stretch of one segment that is translated once.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) of: Original,
    pub(super) trace: Trace,
    pub(super) text: String,
    /// The segment ends with it.
    pub(super) last: bool,
    /// It is all of the segment: what was translated of it before does not count.
    pub(super) whole: bool,
    pub(super) arrived: Instant,
}

/// Cuts the segments of one track. A clause is translated once and appended to: so a translation that was shown stays.
#[derive(Debug, Default)]
pub(super) struct ClauseSplitter {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    track: TrackName,
    segment: SegmentId,
    /// How many words were cut.
    taken: usize,
    /// A clause of it could not be translated: the final is translated anew.
    broken: bool,
}

impl Open {
    fn is(&self, track: &TrackName, segment: SegmentId) -> bool {
        self.segment == segment && self.track == *track
    }
}

impl ClauseSplitter {
    /// What is to be translated now; of a partial only where `clauses` says so.
    pub(super) fn cut(&mut self, it: &Transcript, clauses: bool, now: Instant) -> Option<Piece> {
        let open = match self.open.take().filter(|open| open.is(it.track(), it.segment())) {
            Some(open) => open,
            None => {
                Open { track: it.track().clone(), segment: it.segment(), taken: 0, broken: false }
            }
        };
        let piece = |from: usize, to: usize, last, whole| Piece {
            of: it.into(),
            trace: *it.trace(),
            text: joined(it.words().get(from..to).unwrap_or_default()),
            last,
            whole,
            arrived: now,
        };
        if it.kind() == Kind::Final {
            let from = if open.broken { 0 } else { open.taken };
            return Some(piece(from, it.words().len(), true, from == 0));
        }
        let new = it.committed().get(open.taken..).unwrap_or_default();
        let count = match clauses && !open.broken {
            true => whole_clauses(new.iter().map(|word| word.text.as_str())),
            false => 0,
        };
        let end = open.taken + count;
        let cut = (count > 0).then(|| piece(open.taken, end, false, open.taken == 0));
        self.open = Some(Open { taken: end, ..open });
        cut
    }

    /// A clause of the segment could not be translated.
    pub(super) fn broken(&mut self, of: &Original) {
        if let Some(open) = self.open.as_mut().filter(|open| open.is(&of.track, of.segment)) {
            open.broken = true;
        }
    }
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<String>().trim().to_owned()
}
