//! The log that all viewers read: numbered events, bounded by count and age, and the newest partial of each open segment.
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use tokio::time::Instant;

pub(crate) use super::{
    cursor::{Cursor, Due},
    entry::*,
    origin::Run,
};
use super::{
    masks::{self, Masks},
    origin::Origin,
    said::Said,
};
use crate::{
    message::{Gap, Kind, Language, Retention, TrackName, Transcript, Translation, Why},
    wire::{
        CaptionEvent, Clock, Continued, CorrectionEvent, Event, GapEvent, LogState, MarkEvent,
        TranslationEvent,
    },
};

pub(crate) struct Log {
    run: Run,
    /// How often the run was replaced by another one, which happens only on a node of a cluster.
    turn: u64,
    keep: Retention,
    kept: VecDeque<Kept>,
    /// The number of the next event.
    next: u64,
    /// Events from this number on are shown to nobody yet: a journal has not kept them. `None`: nothing waits for a journal.
    held: Option<u64>,
    /// Where this run's timeline and its segments begin in an event that it continues.
    origin: Origin,
    /// By track, and by language for translations.
    open: BTreeMap<(TrackName, Option<Language>), Open>,
    masks: Masks,
    partials: u64,
    /// How often the screen was cleared, and the number of the event after the last time.
    clears: (u64, u64),
    /// The end of the newest event on the timeline, in seconds.
    newest: f64,
    ended: bool,
    /// The first and last second of the timeline of the events that are no longer kept.
    lost: Option<(f64, f64)>,
}

struct Kept {
    /// `None`: this node never received it, and skips its number.
    entry: Option<Arc<Entry>>,
    since: Instant,
    start: f64,
    end: f64,
}

/// The newest partial of an open segment.
struct Open {
    entry: Arc<Entry>,
    order: u64,
    segment: u64,
    start: f64,
}

impl Log {
    pub(crate) fn new(keep: Retention, run: Run) -> Log {
        Log {
            run,
            turn: 0,
            keep,
            kept: VecDeque::new(),
            next: 1,
            held: None,
            origin: Origin::default(),
            open: BTreeMap::new(),
            masks: Masks::default(),
            partials: 0,
            clears: (0, 0),
            newest: 0.0,
            ended: false,
            lost: None,
        }
    }

    /// Replaces the log by that of another run.
    pub(crate) fn turn_to(&mut self, other: Log) {
        *self = Log { turn: self.turn + 1, ..other };
    }

    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// Where the timeline of this run begins in the event that it continues, in seconds.
    pub(crate) fn offset(&self) -> f64 {
        self.origin.offset()
    }

    /// The number of the next event that readers will see.
    pub(crate) fn next(&self) -> u64 {
        self.held.map_or(self.next, |held| held.min(self.next))
    }

    pub(crate) fn state(&self) -> LogState {
        LogState { first: self.first(), next: self.next(), ended: self.ended }
    }

    /// A final gets the next number. A partial replaces the one before it, and is dropped if a later segment of its track has
    /// begun.
    pub(crate) fn transcript(&mut self, transcript: &Transcript, clock: &Clock, now: Instant) {
        let seq = self.number(transcript.kind());
        let event = Event::Caption(CaptionEvent::new(transcript, seq, clock, true));
        self.publish(event, now);
    }

    /// The same, for one language of the track.
    pub(crate) fn translation(&mut self, it: &Translation, clock: &Clock, now: Instant) {
        let seq = Some(self.number(it.kind));
        let event = Event::Translation(TranslationEvent::new(it, seq, clock));
        self.publish(event, now);
    }

    /// Adds an event as the run tells it, with its [number](Self::number).
    pub(super) fn publish(&mut self, event: Event, now: Instant) {
        if let Some(event) = self.masks.published(self.origin.moved(event)) {
            self.take(event, now);
        }
    }

    /// Adds an event that has its number already, from here or from another server. The number is the next one, or that of a partial.
    pub(crate) fn take(&mut self, event: Event, since: Instant) {
        match &event {
            Event::Caption(it) => {
                let said = Said::new(&it.track, None, it.segment, (it.start, it.end), it.kind);
                self.put(said, Entry::of(event), since);
            }
            Event::Translation(it) => {
                let (lang, span) = (Language::new(&it.lang), (it.start, it.end));
                let said = Said::new(&it.track, Some(lang), it.segment, span, it.kind);
                self.put(said, Entry::of(event), since);
            }
            Event::Gap(it) => self.put_gap(&it.clone(), since),
            Event::Mark(it) => {
                let start = it.start;
                self.append(Entry::of(event), start, start, since);
            }
            Event::Correction(it) => {
                self.mask(it);
                let (start, end) = (it.start, it.end);
                self.append(Entry::of(event), start, end, since);
            }
        }
    }

    /// Nobody who comes later gets what a correction masks.
    fn mask(&mut self, it: &CorrectionEvent) {
        self.masks.note(it);
        if !it.masked {
            return;
        }
        for kept in self.kept.iter_mut().filter_map(|it| it.entry.as_mut()) {
            if let Some(entry) = masks::hidden(kept, it) {
                *kept = Arc::new(entry);
            }
        }
        let is_theirs = |track: &TrackName| it.of.is_none() && track.as_str() == it.track;
        self.open.retain(|(track, _), open| !(is_theirs(track) && open.segment == it.segment));
    }

    /// The number for the next event of this kind.
    pub(super) fn number(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Partial => self.next - 1,
            Kind::Final => self.next,
        }
    }

    fn put(&mut self, said: Said, entry: Entry, now: Instant) {
        let Said { whose, segment, span: (start, end), kind } = said;
        let behind = |open: &Open| match kind {
            Kind::Partial => open.segment > segment,
            // A final ends its own segment too.
            Kind::Final => open.segment <= segment,
        };
        let is_behind = self.open.get(&whose).is_some_and(behind);
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

    pub(crate) fn gap(&mut self, gap: &Gap, now: Instant) {
        self.publish(Event::Gap(GapEvent::new(gap, self.next)), now);
    }

    fn put_gap(&mut self, gap: &GapEvent, now: Instant) {
        let (start, end, whose) = (gap.start, gap.end, gap.track.as_deref().unwrap_or_default());
        // The segment will have no final, so its partial is removed.
        let (restart, fault) = (gap.why == Why::Restart.name(), gap.why == Why::Fault.name());
        let stale = |open: &Open| restart || (fault && (start..end).contains(&open.start));
        self.open.retain(|(track, _), open| track.as_str() != whose || !stale(open));
        self.append(Entry::of(Event::Gap(gap.clone())), start, end, now);
    }

    /// Adds a mark at the newest moment of the timeline. Returns its number.
    pub(crate) fn mark(&mut self, text: String, now: Instant) -> u64 {
        let seq = self.next;
        self.take(Event::Mark(MarkEvent { seq, text, start: self.newest }), now);
        seq
    }

    /// Clears the screen.
    pub(crate) fn clear(&mut self) {
        self.clears = (self.clears.0 + 1, self.next);
    }

    /// How often the screen was cleared, and the number of the event after the last time.
    pub(crate) fn clears(&self) -> (u64, u64) {
        self.clears
    }

    /// The count of another server. A lower one changes nothing.
    pub(crate) fn set_clears(&mut self, clears: (u64, u64)) {
        self.clears = self.clears.max(clears);
    }

    /// Continues with number `next`, at `start` seconds where that is known. The events before it are lost.
    pub(crate) fn skip_to(&mut self, next: u64, start: Option<f64>, now: Instant) {
        let end = start.unwrap_or(self.newest);
        let start = self.newest.min(end);
        // The kept events stay, unless the lost ones alone exceed the limit.
        if next.saturating_sub(self.next) >= self.keep.count as u64 {
            while let Some(gone) = self.kept.pop_front() {
                self.lose(gone.start, gone.end);
            }
        }
        if self.kept.is_empty() {
            self.lose(start, end);
        } else {
            let hole = || Kept { entry: None, since: now, start, end };
            self.kept.extend((self.next..next).map(|_| hole()));
        }
        self.next = next;
        self.prune(now);
    }

    /// The numbered events from number `from` on, with their numbers and the time when each was added.
    pub(crate) fn since(&self, from: u64) -> impl Iterator<Item = (u64, &Arc<Entry>, Instant)> {
        let first = self.first();
        let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        let numbered = (first..).zip(&self.kept).skip(skip);
        numbered.filter_map(|(seq, kept)| Some((seq, kept.entry.as_ref()?, kept.since)))
    }

    /// The same, of those that readers see.
    pub(crate) fn shown(&self, from: u64) -> impl Iterator<Item = (u64, &Arc<Entry>, Instant)> {
        let next = self.next();
        self.since(from).take_while(move |(seq, ..)| *seq < next)
    }

    /// The open partials after order `place`, with their orders, sorted.
    pub(crate) fn partials(&self, place: u64) -> Vec<(u64, Arc<Entry>)> {
        let unseen = self.open.values().filter(|open| open.order > place);
        let mut unseen: Vec<_> = unseen.map(|open| (open.order, open.entry.clone())).collect();
        unseen.sort_by_key(|(order, _)| *order);
        unseen
    }

    /// The kept events with numbers from `from` to before `to`.
    pub(crate) fn kept(&self, from: u64, to: u64) -> impl Iterator<Item = &Arc<Entry>> {
        self.shown(from).take_while(move |(seq, ..)| *seq < to).map(|(_, entry, _)| entry)
    }

    /// Continues the event of an earlier run.
    pub(crate) fn resume(&mut self, continued: &Continued, clock: &Clock) {
        let first = continued.next - continued.entries.len() as u64;
        if first > 1 {
            self.skip_to(first, None, clock.instant(continued.started_at));
        }
        for (event, at) in &continued.entries {
            self.take(event.clone(), clock.instant(*at));
        }
        self.clears = continued.clears;
        self.origin = Origin::of(continued);
    }

    /// From now on readers see events up to number `to` only, without that one: the others are not kept yet.
    pub(crate) fn hold(&mut self, to: u64) {
        self.held = Some(to);
    }

    /// Readers see everything: nothing waits for a journal.
    pub(crate) fn release(&mut self) {
        self.held = None;
    }

    /// No more events will follow.
    pub(crate) fn end(&mut self) {
        self.open.clear();
        self.ended = true;
    }

    /// Removes what exceeds the retention.
    pub(crate) fn prune(&mut self, now: Instant) {
        let age = self.keep.age;
        let too_old = |it: &Kept| now.saturating_duration_since(it.since) > age;
        // The first kept event is never a lost one.
        let goes = |it: &Kept| it.entry.is_none() || too_old(it);
        while self.kept.len() > self.keep.count || self.kept.front().is_some_and(goes) {
            let Some(gone) = self.kept.pop_front() else { break };
            self.lose(gone.start, gone.end);
        }
    }

    fn lose(&mut self, from: f64, to: f64) {
        let (start, end) = self.lost.unwrap_or((from, to));
        self.lost = Some((start.min(from), end.max(to)));
    }

    /// A cursor at the end of the log.
    pub(crate) fn newest(&self) -> Cursor {
        let (turn, clears) = (self.turn, self.clears.0);
        Cursor { turn, next: self.next(), partials: 0, clears, ended: false }
    }

    /// A cursor at number `from`; 0 is the first kept event.
    pub(crate) fn from(&self, from: u64) -> Cursor {
        let next = if from == 0 { self.first() } else { from.min(self.next()) };
        Cursor { next, ..self.newest() }
    }

    /// A cursor for a client that has received all before number `next`, here or from another server. It may be ahead of this log.
    pub(crate) fn at(&self, next: u64) -> Cursor {
        Cursor { next: next.max(1), ..self.newest() }
    }

    /// What to send next to a viewer at `cursor`, and its cursor after that. `None`: it has received everything.
    pub(crate) fn due(&self, cursor: Cursor) -> Option<(Due, Cursor)> {
        if cursor.turn != self.turn {
            return Some((Due::Anew, self.from(0)));
        }
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
        if (self.next()..self.next).contains(&cursor.next) {
            // What follows waits for it, too.
            return None;
        }
        let place = (cursor.next - first) as usize;
        if let Some(kept) = self.kept.get(place) {
            if let Some(entry) = &kept.entry {
                let after = Cursor { next: cursor.next + 1, ..cursor };
                return Some((Due::Event(entry.clone()), after));
            }
            let holes = self.kept.range(place..).take_while(|it| it.entry.is_none()).count() as u64;
            let gap = GapEvent::history(kept.start, kept.end);
            return Some((Due::History(gap), Cursor { next: cursor.next + holes, ..cursor }));
        }
        // A viewer ahead of this log has received the finals of the segments that are open here.
        let unseen = |open: &&Open| cursor.next <= self.next && open.order > cursor.partials;
        let unseen = self.open.values().filter(unseen);
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
        self.kept.push_back(Kept { entry: Some(Arc::new(entry)), since: now, start, end });
        self.next += 1;
        self.prune(now);
    }
}
