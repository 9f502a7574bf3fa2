//! The one log that every viewer reads: numbered events, bounded by count and age, and the newest partial of what is open.
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use tokio::time::Instant;

pub(crate) use super::entry::*;
use crate::{
    message::{Gap, Kind, Language, Retention, TrackName, Transcript, Translation, Why},
    wire::{
        CaptionEvent, CaptionKind, Clock, Event, GapEvent, LogState, MarkEvent, TranslationEvent,
    },
};

/// Which run of a pipeline a log is of, so that a client knows whether its numbers still mean anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) stream: String,
    /// Unix time in ms.
    pub(crate) started_at: u64,
}

/// What a viewer is to be sent next.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    Event(Arc<Entry>),
    /// What comes next for this viewer is no longer kept.
    History(GapEvent),
    /// What is shown is to be taken off the screen.
    Clear,
    End,
    /// The log is of another run by now: what was shown is to be dropped.
    Anew,
}

/// How far one viewer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Which of the server's runs the other fields are of.
    turn: u64,
    /// The number of the next event it is to get.
    pub(crate) next: u64,
    /// The newest partial it has seen, in the order in which they came.
    partials: u64,
    /// The newest clearing it has seen.
    clears: u64,
    ended: bool,
}

pub(crate) struct Log {
    run: Run,
    /// How often another run has taken the place of the one before it: on a node of a cluster only.
    turn: u64,
    keep: Retention,
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
    /// `None`: it never came here, and its number is passed over.
    entry: Option<Arc<Entry>>,
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
    pub(crate) fn new(keep: Retention, run: Run) -> Log {
        Log {
            run,
            turn: 0,
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

    /// Forgets all there is for what another run has given.
    pub(crate) fn turn_to(&mut self, other: Log) {
        *self = Log { turn: self.turn + 1, ..other };
    }

    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn state(&self) -> LogState {
        LogState { first: self.first(), next: self.next, ended: self.ended }
    }

    /// A final gets the next number; a partial takes the place of the one before it, and is left out where its segment is
    /// already behind a later one.
    pub(crate) fn transcript(&mut self, transcript: &Transcript, clock: &Clock, now: Instant) {
        let seq = self.number(transcript.kind());
        self.take(Event::Caption(CaptionEvent::new(transcript, seq, clock, true)), now);
    }

    /// The same, for one language of the track.
    pub(crate) fn translation(&mut self, it: &Translation, clock: &Clock, now: Instant) {
        let seq = Some(self.number(it.kind));
        self.take(Event::Translation(TranslationEvent::new(it, seq, clock)), now);
    }

    /// What has its number already: here, or from another machine. The number is the next one, or a partial's.
    pub(crate) fn take(&mut self, event: Event, since: Instant) {
        match event {
            Event::Caption(it) => {
                let said = Said::new(&it.track, None, it.segment, (it.start, it.end), it.kind);
                self.put(said, Encoded::caption(it), since);
            }
            Event::Translation(it) => {
                let (lang, span) = (Language::new(&it.lang), (it.start, it.end));
                let said = Said::new(&it.track, Some(lang), it.segment, span, it.kind);
                self.put(said, Encoded::translation(&it), since);
            }
            Event::Gap(it) => self.put_gap(&it, since),
            Event::Mark(it) => {
                let entry = Entry { track: None, event: Encoded::Mark(encode(&it)) };
                self.append(entry, it.start, it.start, since);
            }
        }
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

    pub(crate) fn gap(&mut self, gap: &Gap, now: Instant) {
        self.put_gap(&GapEvent::new(gap, self.next), now);
    }

    fn put_gap(&mut self, gap: &GapEvent, now: Instant) {
        let (start, end, whose) = (gap.start, gap.end, gap.track.as_deref().unwrap_or_default());
        // Its text will not come: what was shown of it is stale.
        let (restart, fault) = (gap.why == Why::Restart.name(), gap.why == Why::Fault.name());
        let stale = |open: &Open| restart || (fault && (start..end).contains(&open.start));
        self.open.retain(|(track, _), open| track.as_str() != whose || !stale(open));
        let track = gap.track.as_deref().map(TrackName::new);
        let entry = Entry { track, event: Encoded::Gap(encode(gap)) };
        self.append(entry, start, end, now);
    }

    /// Marks the newest moment of the timeline. Its number.
    pub(crate) fn mark(&mut self, text: String, now: Instant) -> u64 {
        let seq = self.next;
        self.take(Event::Mark(MarkEvent { seq, text, start: self.newest }), now);
        seq
    }

    /// What is shown now is to be taken off the screen.
    pub(crate) fn clear(&mut self) {
        self.clears = (self.clears.0 + 1, self.next);
    }

    /// How often the screen was cleared, and before which number the last time.
    pub(crate) fn clears(&self) -> (u64, u64) {
        self.clears
    }

    /// As they were counted elsewhere. What is told late changes nothing.
    pub(crate) fn set_clears(&mut self, clears: (u64, u64)) {
        self.clears = self.clears.max(clears);
    }

    /// The next event has number `next`, and is said at `start` seconds where that is known: what is between is lost.
    pub(crate) fn skip_to(&mut self, next: u64, start: Option<f64>, now: Instant) {
        let end = start.unwrap_or(self.newest);
        let start = self.newest.min(end);
        // What is kept stays, unless there is no room for it behind so many.
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

    /// The numbered events from number `from` on, with their numbers and the moment each came.
    pub(crate) fn since(&self, from: u64) -> impl Iterator<Item = (u64, &Arc<Entry>, Instant)> {
        let first = self.first();
        let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        let numbered = (first..).zip(&self.kept).skip(skip);
        numbered.filter_map(|(seq, kept)| Some((seq, kept.entry.as_ref()?, kept.since)))
    }

    /// The newest partials that came after the one at `place`, with theirs, in their order.
    pub(crate) fn partials(&self, place: u64) -> Vec<(u64, Arc<Entry>)> {
        let unseen = self.open.values().filter(|open| open.order > place);
        let mut unseen: Vec<_> = unseen.map(|open| (open.order, open.entry.clone())).collect();
        unseen.sort_by_key(|(order, _)| *order);
        unseen
    }

    /// The numbered events that are kept, from number `from` to before `to`.
    pub(crate) fn kept(&self, from: u64, to: u64) -> impl Iterator<Item = &Arc<Entry>> {
        self.since(from).take_while(move |(seq, ..)| *seq < to).map(|(_, entry, _)| entry)
    }

    /// Nothing more will come.
    pub(crate) fn end(&mut self) {
        self.open.clear();
        self.ended = true;
    }

    /// Lets go of what is older than it may be.
    pub(crate) fn prune(&mut self, now: Instant) {
        let age = self.keep.age;
        let too_old = |it: &Kept| now.saturating_duration_since(it.since) > age;
        // What it begins with is there.
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

    /// For a viewer who wants what follows now.
    pub(crate) fn newest(&self) -> Cursor {
        let (turn, clears) = (self.turn, self.clears.0);
        Cursor { turn, next: self.next, partials: 0, clears, ended: false }
    }

    /// For a viewer who wants all from number `from` on; 0 is all that is kept.
    pub(crate) fn from(&self, from: u64) -> Cursor {
        let next = if from == 0 { self.first() } else { from.min(self.next) };
        Cursor { next, ..self.newest() }
    }

    /// For one who has had all before number `next` of this run, here or elsewhere: it may be ahead of this log.
    pub(crate) fn at(&self, next: u64) -> Cursor {
        Cursor { next: next.max(1), ..self.newest() }
    }

    /// What a viewer at `cursor` is to be sent next, and where it is after that. `None`: it has all there is.
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
        // Who is ahead of this log has had the finals of what is open here.
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

impl Said {
    fn new(
        track: &str,
        lang: Option<Language>,
        segment: u64,
        span: (f64, f64),
        kind: CaptionKind,
    ) -> Said {
        Said { whose: (TrackName::new(track), lang), segment, span, kind: kind_of(kind) }
    }
}
