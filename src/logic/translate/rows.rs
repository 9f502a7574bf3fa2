//! From answers back to segments: each gets its share of what was asked for at once, and its final once all of it is there.
use tokio::time::Instant;

use super::{clause_splitter::Piece, queue::Settled, sentence_buffer::Work, text::divide};
use crate::{
    languages,
    message::{Hop, Kind, Language, Milestone, Original, Took, Translated, Translation},
};

/// Takes answers in the order of their texts, and gives translations in the order of the segments.
#[derive(Debug)]
pub(super) struct Rows {
    to: Language,
    /// The segment whose final is still to come.
    open: Option<Row>,
}

#[derive(Debug)]
struct Row {
    of: Original,
    text: String,
    broken: Option<String>,
}

impl Rows {
    pub(super) fn new(to: Language) -> Rows {
        Rows { to, open: None }
    }

    /// What can be given now, and the segments of which a clause could not be translated.
    pub(super) fn settle(
        &mut self,
        settled: Settled<Work>,
        now: Instant,
    ) -> (Vec<Translation>, Vec<Original>) {
        let Settled { payload: work, outcome, asked, answered, cached: _ } = settled;
        let shares: Vec<usize> = work.pieces.iter().map(|it| it.text.chars().count()).collect();
        let parts = match outcome {
            Ok(text) => divide(&text, &shares).into_iter().map(Ok).collect(),
            Err(why) => vec![Err(why); shares.len()],
        };
        let (mut given, mut broken) = (Vec::new(), Vec::new());
        for (piece, part) in work.pieces.into_iter().zip(parts) {
            if part.is_err() && !piece.last {
                broken.push(piece.of.clone());
            }
            let times = (asked, answered, now);
            given.extend(self.add(piece, part, times));
        }
        (given, broken)
    }

    fn add(
        &mut self,
        piece: Piece,
        part: Result<String, String>,
        (asked, answered, now): (Instant, Instant, Instant),
    ) -> Option<Translation> {
        let goes_on = |row: &Row| {
            !piece.whole && row.of.segment == piece.of.segment && row.of.track == piece.of.track
        };
        let before = self.open.take().filter(goes_on);
        let (text, broken) = before.map(|row| (row.text, row.broken)).unwrap_or_default();
        let mut row = Row { of: piece.of, text, broken };
        match part {
            Ok(part) if part.is_empty() => (),
            Ok(part) => {
                if !row.text.is_empty() {
                    row.text.push(' ');
                }
                row.text.push_str(&part);
            }
            Err(why) => row.broken = Some(why),
        }
        let (kind, text) = match (piece.last, &row.broken) {
            (true, Some(why)) => (Kind::Final, Translated::Not(why.clone())),
            (true, None) => (Kind::Final, Translated::Text(row.text.clone())),
            (false, None) => (Kind::Partial, Translated::Text(row.text.clone())),
            (false, Some(_)) => {
                self.open = Some(row);
                return None;
            }
        };
        // What came after the answer was asked for, as the rest of a sentence, has waited for nothing.
        let begun = asked.max(piece.arrived);
        let took = Took {
            queue: begun - piece.arrived,
            request: answered.saturating_duration_since(begun),
            order: now.saturating_duration_since(answered.max(begun)),
        };
        let trace = piece.trace.with(Milestone::Translated, Hop { begun, done: now });
        let language = self.to.clone();
        let translation = Translation { of: row.of.clone(), language, kind, text, took, trace };
        self.open = (!piece.last).then_some(row);
        Some(translation)
    }
}

/// Whether the text is its own translation: it is in that language already, or has no letters.
pub(super) fn as_it_is(work: &Work, to: &Language) -> bool {
    let is_same = |it: &Language| languages::is_within(it.as_str(), to.as_str());
    let same = work.pieces.iter().all(|it| is_same(&it.of.language));
    same || !work.text.chars().any(char::is_alphabetic)
}
