//! What was masked after readers had seen it: no late reader sees it, and no translation of it is published.
use std::collections::VecDeque;

use super::entry::Entry;
use crate::wire::{CaptionKind, CorrectionEvent, Event};

/// Translations of so many masked originals may still come.
const MOST: usize = 500;

/// Why there is no translation of it.
const WHY: &str = "its original was masked";

/// The segments whose originals were masked: what is translated now may have the words that nobody is to read.
#[derive(Default)]
pub(super) struct Masks(VecDeque<(String, u64)>);

impl Masks {
    pub(super) fn note(&mut self, it: &CorrectionEvent) {
        if it.of.is_some() {
            return;
        }
        self.0.retain(|known| !is(known, &it.track, it.segment));
        if it.masked {
            self.0.push_back((it.track.clone(), it.segment));
        }
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// A new event as it may be published; `None`: not at all.
    pub(super) fn published(&self, event: Event) -> Option<Event> {
        let Event::Translation(mut it) = event else { return Some(event) };
        if !self.0.iter().any(|known| is(known, &it.track, it.segment)) {
            return Some(Event::Translation(it));
        }
        it.text.clear();
        it.untranslated = Some(WHY.to_owned());
        (it.kind == CaptionKind::Final).then_some(Event::Translation(it))
    }
}

fn is((track, segment): &(String, u64), of: &str, number: u64) -> bool {
    track == of && *segment == number
}

/// What late readers get in the place of `entry`; `None`: itself.
pub(super) fn hidden(entry: &Entry, by: &CorrectionEvent) -> Option<Entry> {
    let is_theirs = entry.segment == Some(by.segment)
        && entry.track.as_ref().is_some_and(|it| it.as_str() == by.track);
    if !by.masked || !is_theirs {
        return None;
    }
    let event = serde_json::from_str(&entry.json()).ok()?;
    by.hides(event).map(Entry::of)
}
