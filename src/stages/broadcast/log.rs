//! The one log that every viewer reads: numbered events, bounded by count and age, and the newest partial of what is open.
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::{
    message::{Gap, Kind, Language, TrackName, Transcript, Translation, Why},
    stages::wire::{
        CaptionEvent, Clock, GapEvent, LogState, MarkEvent, PlainTranslation, TranslationEvent,
    },
};

/// How much of what was said is kept for those who come late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Numbered events.
    pub count: usize,
    pub age: Duration,
}

/// An event, encoded once for everybody.
#[derive(Debug)]
pub(super) enum Encoded {
    Caption(EncodedCaption),
    Translation(EncodedTranslation),
    Gap(Box<RawValue>),
    Mark(Box<RawValue>),
}

#[derive(Debug)]
pub(super) struct EncodedCaption {
    pub(super) kind: Kind,
    pub(super) without_words: Box<RawValue>,
    pub(super) with_words: Box<RawValue>,
    /// The text as a JSON string, for plain clients.
    pub(super) text: Box<RawValue>,
}

#[derive(Debug)]
pub(super) struct EncodedTranslation {
    pub(super) kind: Kind,
    pub(super) lang: Language,
    pub(super) event: Box<RawValue>,
    /// For plain clients; `None` where they are told nothing: of a partial, and of one that was given up.
    pub(super) plain: Option<Box<RawValue>>,
}

#[derive(Debug)]
pub(super) struct Entry {
    /// Whose it is; marks are everybody's.
    pub(super) track: Option<TrackName>,
    pub(super) event: Encoded,
}

/// What a viewer is to be sent next.
#[derive(Clone, Debug)]
pub(super) enum Due {
    Event(Arc<Entry>),
    /// What comes next for this viewer is no longer kept.
    History(GapEvent),
    /// What is shown is to be taken off the screen.
    Clear,
    End,
}

/// How far one viewer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The number of the next event it is to get.
    pub(super) next: u64,
    /// The newest partial it has seen, in the order in which they came.
    partials: u64,
    /// The newest clearing it has seen.
    clears: u64,
    ended: bool,
}

pub(super) struct Log {
    keep: Keep,
    kept: VecDeque<Kept>,
    /// The number that the next event will get.
    next: u64,
    /// By the track, and by the language of a translation.
    open: BTreeMap<(TrackName, Option<Language>), Open>,
    partials: u64,
    /// How often the screen was cleared, and before which number the last time.
    clears: (u64, u64),
    /// The newest moment of the timeline that anything was said of, in seconds.
    newest: f64,
    ended: bool,
    /// Between which seconds of the timeline lies what is no longer kept.
    lost: Option<(f64, f64)>,
}

struct Kept {
    entry: Arc<Entry>,
    since: Instant,
    start: f64,
    end: f64,
}

/// The newest partial of a segment that is still being spoken.
struct Open {
    entry: Arc<Entry>,
    order: u64,
    segment: u64,
    start: f64,
}

/// Whose text it is, and where it stands.
struct Said {
    whose: (TrackName, Option<Language>),
    segment: u64,
    /// Seconds on the audio timeline.
    span: (f64, f64),
    kind: Kind,
}

impl Log {
    pub(super) fn new(keep: Keep) -> Log {
        Log {
            keep,
            kept: VecDeque::new(),
            next: 1,
            open: BTreeMap::new(),
            partials: 0,
            clears: (0, 0),
            newest: 0.0,
            ended: false,
            lost: None,
        }
    }

    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn state(&self) -> LogState {
        LogState { first: self.first(), next: self.next, ended: self.ended }
    }

    /// A final gets the next number; a partial takes the place of the one before it, and is left out where its segment is
    /// already behind a later one.
    pub(super) fn transcript(&mut self, transcript: &Transcript, clock: &Clock, now: Instant) {
        let kind = transcript.kind();
        let event = CaptionEvent::new(transcript, self.number(kind), clock, true);
        let said = Said {
            whose: (transcript.track().clone(), None),
            segment: event.segment,
            span: (event.start, event.end),
            kind,
        };
        self.put(said, Encoded::caption(event, kind), now);
    }

    /// The same, for one language of the track.
    pub(super) fn translation(&mut self, it: &Translation, clock: &Clock, now: Instant) {
        let event = TranslationEvent::new(it, Some(self.number(it.kind)), clock);
        let said = Said {
            whose: (it.of.track.clone(), Some(it.language.clone())),
            segment: event.segment,
            span: (event.start, event.end),
            kind: it.kind,
        };
        self.put(said, Encoded::translation(&event, it), now);
    }

    /// What the next event of this kind carries.
    fn number(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Partial => self.next - 1,
            Kind::Final => self.next,
        }
    }

    fn put(&mut self, said: Said, event: Encoded, now: Instant) {
        let Said { whose, segment, span: (start, end), kind } = said;
        let behind = |open: &Open| match kind {
            Kind::Partial => open.segment > segment,
            // A final ends its own segment too.
            Kind::Final => open.segment <= segment,
        };
        let is_behind = self.open.get(&whose).is_some_and(behind);
        let entry = Entry { track: Some(whose.0.clone()), event };
        match kind {
            Kind::Partial if is_behind => (),
            Kind::Partial => {
                self.newest = self.newest.max(end);
                self.partials += 1;
                let (entry, order) = (Arc::new(entry), self.partials);
                self.open.insert(whose, Open { entry, order, segment, start });
            }
            Kind::Final => {
                if is_behind {
                    self.open.remove(&whose);
                }
                self.append(entry, start, end, now);
            }
        }
    }

    pub(super) fn gap(&mut self, gap: &Gap, now: Instant) {
        let event = GapEvent::new(gap, self.next);
        let (start, end) = (event.start, event.end);
        // Its text will not come: what was shown of it is stale.
        let stale = |open: &Open| match gap.why {
            Why::Restart => true,
            Why::Fault => (start..end).contains(&open.start),
            Why::Overload | Why::Device | Why::Paused => false,
        };
        self.open.retain(|(track, _), open| *track != gap.track || !stale(open));
        let entry = Entry { track: Some(gap.track.clone()), event: Encoded::Gap(encode(&event)) };
        self.append(entry, start, end, now);
    }

    /// Marks the newest moment of the timeline. Its number.
    pub(super) fn mark(&mut self, text: String, now: Instant) -> u64 {
        let event = MarkEvent { seq: self.next, text, start: self.newest };
        let entry = Entry { track: None, event: Encoded::Mark(encode(&event)) };
        self.append(entry, event.start, event.start, now);
        event.seq
    }

    /// What is shown now is to be taken off the screen.
    pub(super) fn clear(&mut self) {
        self.clears = (self.clears.0 + 1, self.next);
    }

    /// The numbered events that are kept, from number `from` on.
    pub(super) fn kept(&self, from: u64) -> impl Iterator<Item = &Arc<Entry>> {
        let skip = from.saturating_sub(self.first());
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        self.kept.iter().skip(skip).map(|kept| &kept.entry)
    }

    /// Nothing more will come.
    pub(super) fn end(&mut self) {
        self.open.clear();
        self.ended = true;
    }

    /// Lets go of what is older than it may be.
    pub(super) fn prune(&mut self, now: Instant) {
        let age = self.keep.age;
        let too_old = |it: &Kept| now.saturating_duration_since(it.since) > age;
        while self.kept.len() > self.keep.count || self.kept.front().is_some_and(too_old) {
            let Some(gone) = self.kept.pop_front() else { break };
            let (start, end) = self.lost.unwrap_or((gone.start, gone.end));
            self.lost = Some((start.min(gone.start), end.max(gone.end)));
        }
    }

    /// For a viewer who wants what follows now.
    pub(super) fn newest(&self) -> Cursor {
        Cursor { next: self.next, partials: 0, clears: self.clears.0, ended: false }
    }

    /// For a viewer who wants all from number `from` on; 0 is all that is kept.
    pub(super) fn from(&self, from: u64) -> Cursor {
        let next = if from == 0 { self.first() } else { from.min(self.next) };
        Cursor { next, ..self.newest() }
    }

    /// What a viewer at `cursor` is to be sent next, and where it is after that. `None`: it has all there is.
    pub(super) fn due(&self, cursor: Cursor) -> Option<(Due, Cursor)> {
        let first = self.first();
        if cursor.next < first {
            let (start, end) = self.lost.unwrap_or_default();
            let gap = GapEvent::history(start, end);
            return Some((Due::History(gap), Cursor { next: first, ..cursor }));
        }
        let (clears, clear_at) = self.clears;
        if cursor.clears < clears && clear_at <= cursor.next {
            return Some((Due::Clear, Cursor { clears, ..cursor }));
        }
        if let Some(kept) = self.kept.get((cursor.next - first) as usize) {
            let after = Cursor { next: cursor.next + 1, ..cursor };
            return Some((Due::Event(kept.entry.clone()), after));
        }
        let unseen = self.open.values().filter(|open| open.order > cursor.partials);
        if let Some(open) = unseen.min_by_key(|open| open.order) {
            let after = Cursor { partials: open.order, ..cursor };
            return Some((Due::Event(open.entry.clone()), after));
        }
        (self.ended && !cursor.ended).then_some((Due::End, Cursor { ended: true, ..cursor }))
    }

    fn first(&self) -> u64 {
        self.next - self.kept.len() as u64
    }

    fn append(&mut self, entry: Entry, start: f64, end: f64, now: Instant) {
        self.newest = self.newest.max(end);
        self.kept.push_back(Kept { entry: Arc::new(entry), since: now, start, end });
        self.next += 1;
        self.prune(now);
    }
}

impl Encoded {
    fn caption(mut event: CaptionEvent, kind: Kind) -> Encoded {
        let with_words = encode(&event);
        event.words = None;
        let without_words = encode(&event);
        Encoded::Caption(EncodedCaption {
            kind,
            without_words,
            with_words,
            text: encode(&event.text),
        })
    }

    fn translation(event: &TranslationEvent, it: &Translation) -> Encoded {
        let (lang, text) = (event.lang.clone(), event.text.clone());
        let plain = it.kind == Kind::Final && event.untranslated.is_none();
        Encoded::Translation(EncodedTranslation {
            kind: it.kind,
            lang: it.language.clone(),
            event: encode(event),
            plain: plain.then(|| encode(&PlainTranslation { lang, text })),
        })
    }
}

/// Our own shapes always encode: their keys are strings and their numbers finite.
pub(super) fn encode(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("a wire event is plain JSON")
}
