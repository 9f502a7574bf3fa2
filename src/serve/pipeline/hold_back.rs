//! Captions that wait for a person: they reach readers after a fixed time, and an operator may change them before that.
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    logic::masking::masked,
    message::{Caption, Kind, Transcript, Translation},
    wire::{CaptionEvent, CaptionKind, TranslationEvent, corrected_words},
};

/// So many captions wait; with more, the oldest are let go early.
const MOST: usize = 4096;

/// The changes of so many segments are remembered: their translations may still come.
const MOST_CHANGED: usize = 500;

/// A segment of a track, in one language; `None` for the original. As the run numbers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HeldId {
    pub(crate) track: String,
    pub(crate) segment: u64,
    pub(crate) lang: Option<String>,
}

/// What an operator changes before anybody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// This word becomes asterisks, in all that is still to come of the segment.
    Mask(String),
    /// The final has this text.
    Text(String),
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotChanged {
    /// It does not wait any more, or never did.
    Gone,
    /// Readers have seen it in an earlier state of the segment.
    Seen,
    /// The segment goes on: its text is not whole yet.
    Open,
}

/// The changes of one segment, and who made the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    changes: Vec<Change>,
    pub(crate) by: String,
}

/// One that waits.
pub(crate) struct Waiting {
    due: Instant,
    /// When publishing it began, for its trace.
    pub(crate) begun: Instant,
    pub(crate) caption: Caption,
    /// It stands for a caption that could not be published.
    pub(crate) failed: bool,
}

/// What operators see of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) id: HeldId,
    pub(crate) lang: String,
    pub(crate) speaker: Option<String>,
    pub(crate) text: String,
    pub(crate) is_final: bool,
    pub(crate) left: Duration,
}

pub(crate) struct HoldBack {
    time: Duration,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    changed: BTreeMap<HeldId, Changes>,
    /// In the order in which they were changed.
    order: VecDeque<HeldId>,
    /// What readers see of each track and language: the segment, and its text.
    shown: BTreeMap<(String, Option<String>), (u64, String)>,
    ends: bool,
}

impl HoldBack {
    pub(crate) fn new(time: Duration) -> HoldBack {
        HoldBack { time, queue: Mutex::default() }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) const fn time(&self) -> Duration {
        self.time
    }

    pub(crate) fn push(&self, caption: Caption, failed: bool, begun: Instant, now: Instant) {
        self.queue().waiting.push_back(Waiting { due: now + self.time, begun, caption, failed });
    }

    /// Nothing follows what waits.
    pub(crate) fn end(&self) {
        self.queue().ends = true;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue().waiting.is_empty()
    }

    /// When the next one is to be let go.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.queue().waiting.front().map(|it| it.due)
    }

    /// The next one whose time is over.
    pub(crate) fn next(&self, now: Instant) -> Option<Waiting> {
        let mut queue = self.queue();
        let is_due = queue.waiting.front().is_some_and(|it| it.due <= now);
        (is_due || queue.waiting.len() > MOST).then(|| queue.waiting.pop_front()).flatten()
    }

    /// Whether nothing waits any more, and nothing will follow. True once.
    pub(crate) fn has_ended(&self) -> bool {
        let mut queue = self.queue();
        queue.waiting.is_empty() && std::mem::take(&mut queue.ends)
    }

    pub(crate) fn changes(&self, id: &HeldId) -> Option<Changes> {
        self.queue().changed.get(id).cloned()
    }

    /// Remembers what readers see now.
    pub(crate) fn shows(&self, id: &HeldId, text: &str) {
        let whose = (id.track.clone(), id.lang.clone());
        self.queue().shown.insert(whose, (id.segment, text.to_owned()));
    }

    pub(crate) fn change(&self, id: HeldId, change: Change, by: String) -> Result<(), NotChanged> {
        let mut queue = self.queue();
        let mut held = queue.waiting.iter().filter(|it| id_of(&it.caption).as_ref() == Some(&id));
        let newest = held.next_back().ok_or(NotChanged::Gone)?;
        let whose = (id.track.clone(), id.lang.clone());
        let shown = queue.shown.get(&whose).filter(|it| it.0 == id.segment).map(|it| it.1.as_str());
        match &change {
            Change::Mask(word) => {
                if shown.is_some_and(|it| masked(it, word) != it) {
                    return Err(NotChanged::Seen);
                }
            }
            Change::Text(text) => {
                if !is_final(&newest.caption) {
                    return Err(NotChanged::Open);
                }
                // What readers have seen of it stays its beginning.
                if shown.is_some_and(|it| !text.starts_with(it.trim_end())) {
                    return Err(NotChanged::Seen);
                }
            }
        }
        if !queue.changed.contains_key(&id) {
            queue.order.push_back(id.clone());
        }
        let changes = queue.changed.entry(id).or_default();
        changes.changes.push(change);
        changes.by = by;
        while queue.order.len() > MOST_CHANGED {
            if let Some(oldest) = queue.order.pop_front() {
                queue.changed.remove(&oldest);
            }
        }
        Ok(())
    }

    /// The newest state of each segment that waits, in order, as it will be shown.
    pub(crate) fn held(&self, now: Instant) -> Vec<Held> {
        let queue = self.queue();
        let mut all: Vec<Held> = Vec::new();
        for it in &queue.waiting {
            let Some(id) = id_of(&it.caption) else { continue };
            let (lang, speaker, text) = match &it.caption {
                Caption::Transcript(it) => (it.language().to_string(), it.speaker(), it.text()),
                Caption::Translation(it) => {
                    (it.language.to_string(), it.of.speaker.as_ref(), it.text().to_owned())
                }
                Caption::Gap(_) => continue,
            };
            let is_final = is_final(&it.caption);
            let text = queue.changed.get(&id).map_or(text.clone(), |it| it.text(&text, is_final));
            let (speaker, left) =
                (speaker.map(ToString::to_string), it.due.saturating_duration_since(now));
            let held = Held { id, lang, speaker, text, is_final, left };
            match all.iter_mut().find(|it| it.id == held.id) {
                // Its first words come first.
                Some(known) => *known = Held { left: known.left, ..held },
                None => all.push(held),
            }
        }
        all
    }
}

impl Changes {
    fn text(&self, text: &str, is_final: bool) -> String {
        self.changes.iter().fold(text.to_owned(), |text, change| match change {
            Change::Mask(word) => masked(&text, word),
            Change::Text(text) if is_final => text.clone(),
            Change::Text(_) => text,
        })
    }

    pub(crate) fn caption(&self, it: &mut CaptionEvent) {
        let is_final = it.kind == CaptionKind::Final;
        let text = self.text(&it.text, is_final);
        if text == it.text {
            return;
        }
        it.words = corrected_words(it.words.as_deref(), &text);
        it.committed = it.committed.take().map(|it| self.text(&it, false));
        it.text = text;
        it.edited_by = Some(self.by.clone());
    }

    pub(crate) fn translation(&self, it: &mut TranslationEvent) {
        it.text = self.text(&it.text, it.kind == CaptionKind::Final);
        it.committed = it.committed.take().map(|it| self.text(&it, false));
    }
}

impl HeldId {
    pub(crate) fn of_transcript(it: &Transcript) -> HeldId {
        let (track, segment) = (it.track().to_string(), it.segment().number());
        HeldId { track, segment, lang: None }
    }

    pub(crate) fn of_translation(it: &Translation) -> HeldId {
        let (track, segment) = (it.of.track.to_string(), it.of.segment.number());
        HeldId { track, segment, lang: Some(it.language.to_string()) }
    }
}

fn id_of(caption: &Caption) -> Option<HeldId> {
    match caption {
        Caption::Transcript(it) => Some(HeldId::of_transcript(it)),
        Caption::Translation(it) => Some(HeldId::of_translation(it)),
        Caption::Gap(_) => None,
    }
}

fn is_final(caption: &Caption) -> bool {
    match caption {
        Caption::Transcript(it) => it.kind() == Kind::Final,
        Caption::Translation(it) => it.kind == Kind::Final,
        Caption::Gap(_) => true,
    }
}
