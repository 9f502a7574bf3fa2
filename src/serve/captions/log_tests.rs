//! The log with any order of events, cursors and limits.
use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;
use serde_json::Value;
use tokio::time::Instant;

use super::log::*;
use crate::{
    message::{
        Gap, Kind, Language, MediaSpan, MediaTime, Original, Retention, Segments, Trace, TrackName,
        Translated, Translation, Why, Word,
    },
    wire::Clock,
};

fn words(text: &str) -> Vec<Word> {
    let word = |it| Word { text: format!(" {it}"), span: MediaSpan::default() };
    text.split_whitespace().map(word).collect()
}

fn at(ms: u64) -> MediaTime {
    MediaTime::new(Duration::from_millis(ms))
}

/// A log, and the segments of a recogniser for each track.
struct Bench {
    log: Log,
    clock: Clock,
    now: Instant,
    tracks: BTreeMap<&'static str, Segments>,
    last: Option<Original>,
}

impl Bench {
    fn new(count: usize, age: u64) -> Bench {
        let keep = Retention { count, age: Duration::from_millis(age) };
        let (clock, now) = (Clock::start(), Instant::now());
        Bench {
            log: Log::new(keep, Run::default()),
            clock,
            now,
            tracks: BTreeMap::new(),
            last: None,
        }
    }

    fn partial(&mut self, track: &'static str) {
        let (trace, segments) = (Trace::starting(self.now), self.segments(track));
        if segments.current().is_none() {
            segments.open(at(0), Language::new("en"));
        }
        let partial = segments.current().unwrap().revise(words("so"), words("far"), at(500), trace);
        self.last = Some((&partial).into());
        self.log.transcript(&partial, &self.clock, self.now);
    }

    fn close(&mut self, track: &'static str) {
        let trace = Trace::starting(self.now);
        let segments = self.segments(track);
        if segments.current().is_none() {
            segments.open(at(0), Language::new("en"));
        }
        let whole = segments.close(words("done"), at(900), trace).unwrap();
        self.log.transcript(&whole, &self.clock, self.now);
    }

    /// Of the segment that the track began last.
    fn translate(&mut self, track: &'static str, kind: Kind) {
        let of = self.last.clone().expect("something was said");
        assert_eq!(of.track.as_str(), track);
        let (language, text) = (Language::new("nl"), Translated::Text("zo".to_owned()));
        let (took, trace) = (Default::default(), Trace::starting(self.now));
        let it = Translation { of, language, kind, text, took, trace };
        self.log.translation(&it, &self.clock, self.now);
    }

    fn gap(&mut self, track: &'static str, why: Why) {
        let trace = Trace::starting(self.now);
        let span = MediaSpan::between(at(0), at(700));
        self.log.gap(&Gap { track: TrackName::new(track), span, why, trace }, self.now);
    }

    fn segments(&mut self, track: &'static str) -> &mut Segments {
        self.tracks.entry(track).or_insert_with(|| Segments::new(TrackName::new(track)))
    }

    /// Everything that is due, as `kind seq`.
    fn read(&self, cursor: &mut Cursor) -> Vec<String> {
        let mut seen = Vec::new();
        while let Some((due, after)) = self.log.due(*cursor) {
            *cursor = after;
            seen.push(shown(&due));
        }
        seen
    }
}

fn shown(due: &Due) -> String {
    let number = |json: &str| serde_json::from_str::<Value>(json).unwrap()["seq"].clone();
    match due {
        Due::Event(entry) => match &entry.event {
            Encoded::Caption(it) if it.kind == Kind::Partial => {
                format!("partial {}", number(it.without_words.get()))
            }
            Encoded::Caption(it) => format!("final {}", number(it.without_words.get())),
            Encoded::Translation(it) if it.kind == Kind::Partial => {
                format!("partial {}", number(it.event.get()))
            }
            Encoded::Translation(it) => format!("{} {}", it.lang, number(it.event.get())),
            Encoded::Gap(it) => format!("gap {}", number(it.get())),
            Encoded::Mark(it) => format!("mark {}", number(it.get())),
            Encoded::Correction(it) => format!("correction {}", number(it.with_words.get())),
        },
        Due::History(_) => "history".to_owned(),
        Due::Clear => "clear".to_owned(),
        Due::Anew => "anew".to_owned(),
        Due::End => "end".to_owned(),
    }
}

#[test]
fn a_partial_is_seen_until_its_final_comes() {
    let mut it = Bench::new(100, 60_000);
    let (mut early, mut slow) = (it.log.newest(), it.log.newest());
    it.partial("english");
    it.partial("english");
    assert_eq!(it.read(&mut early), ["partial 0"]);
    it.partial("english");
    it.partial("dutch");
    assert_eq!(it.read(&mut early), ["partial 0", "partial 0"]);
    it.close("english");
    assert_eq!(it.read(&mut early), ["final 1"]);
    assert_eq!(it.read(&mut slow), ["final 1", "partial 0"]);
    it.gap("dutch", Why::Overload);
    assert_eq!(it.read(&mut it.log.newest()), ["partial 0"]);
    it.gap("dutch", Why::Restart);
    assert_eq!(it.read(&mut it.log.newest()), Vec::<String>::new());
    it.log.end();
    assert_eq!(it.read(&mut slow), ["gap 2", "gap 3", "end"]);
    assert_eq!(it.read(&mut it.log.from(0)), ["final 1", "gap 2", "gap 3", "end"]);
}

#[test]
fn each_language_of_a_track_has_its_own_partial_until_its_own_final() {
    let mut it = Bench::new(100, 60_000);
    it.partial("english");
    it.translate("english", Kind::Partial);
    assert_eq!(it.read(&mut it.log.from(0)), ["partial 0", "partial 0"]);
    it.close("english");
    assert_eq!(it.read(&mut it.log.from(0)), ["final 1", "partial 0"]);
    it.translate("english", Kind::Final);
    assert_eq!(it.read(&mut it.log.from(0)), ["final 1", "nl 2"]);
    it.translate("english", Kind::Partial);
    it.gap("english", Why::Restart);
    assert_eq!(it.read(&mut it.log.from(0)), ["final 1", "nl 2", "gap 3"]);
}

#[test]
fn a_fault_takes_away_what_was_shown_of_the_words_it_cost() {
    let mut it = Bench::new(100, 60_000);
    it.partial("english");
    it.gap("english", Why::Fault);
    assert_eq!(it.read(&mut it.log.from(0)), ["gap 1"]);
}

#[test]
fn what_is_too_old_or_too_much_is_let_go() {
    let mut it = Bench::new(3, 1000);
    (0..5).for_each(|_| it.close("english"));
    assert_eq!(it.read(&mut it.log.from(1)), ["history", "final 3", "final 4", "final 5"]);
    assert_eq!(it.read(&mut it.log.from(0)), ["final 3", "final 4", "final 5"]);
    assert_eq!(it.read(&mut it.log.from(99)), Vec::<String>::new());
    it.now += Duration::from_millis(900);
    it.close("english");
    it.now += Duration::from_millis(200);
    it.log.prune(it.now);
    assert_eq!(it.read(&mut it.log.from(0)), ["final 6"]);
    assert_eq!((it.log.state().first, it.log.state().next), (6, 7));
}

#[test]
fn marks_are_numbered_and_a_clearing_stands_where_it_was_made() {
    let mut it = Bench::new(100, 60_000);
    let mut slow = it.log.newest();
    it.close("english");
    it.log.clear();
    let mut late = it.log.newest();
    assert_eq!(it.log.mark("here".into(), it.now), 2);
    it.close("english");
    assert_eq!(it.read(&mut slow), ["final 1", "clear", "mark 2", "final 3"]);
    // Nothing on its screen is removed.
    assert_eq!(it.read(&mut late), ["mark 2", "final 3"]);
    // Of several clearings one is sent.
    it.log.clear();
    it.log.clear();
    assert_eq!(it.read(&mut slow), ["clear"]);
    assert_eq!(it.log.kept(2, 9).count(), 2);
    assert_eq!(it.log.kept(1, 3).count(), 2);
    assert_eq!(it.log.kept(99, u64::MAX).count(), 0);
}

#[test]
fn who_is_ahead_of_the_log_sees_no_partial_before_it_is_there() {
    let mut it = Bench::new(100, 60_000);
    it.partial("english");
    let mut ahead = it.log.at(2);
    assert_eq!(it.read(&mut ahead), Vec::<String>::new());
    it.close("english");
    it.partial("english");
    assert_eq!(it.read(&mut ahead), ["partial 1"]);
}

#[test]
fn a_number_that_never_came_costs_nothing_that_did() {
    let mut it = Bench::new(5, 1000);
    it.log.skip_to(3, None, it.now);
    it.close("english");
    it.log.skip_to(6, Some(4.0), it.now);
    assert_eq!(it.read(&mut it.log.from(3)), ["final 3", "history"]);
    it.close("english");
    assert_eq!(it.read(&mut it.log.from(1)), ["history", "final 3", "history", "final 6"]);
    assert_eq!(it.read(&mut it.log.from(5)), ["history", "final 6"]);
    assert_eq!((it.log.kept(0, 6).count(), it.log.kept(0, 7).count()), (1, 2));
    it.close("english");
    it.close("english");
    // The oldest event is removed, with the lost ones after it.
    assert_eq!(it.read(&mut it.log.from(0)), ["final 6", "final 7", "final 8"]);
    assert_eq!((it.log.state().first, it.log.state().next), (6, 9));
    // More events are lost than the log may keep.
    it.log.skip_to(u64::MAX, None, it.now);
    assert_eq!(it.read(&mut it.log.from(6)), ["history"]);
    assert_eq!(it.log.state().first, u64::MAX);
}

proptest! {
    /// Whatever is added, and whenever viewers read: each receives numbers that rise by one, except after a history gap; none
    /// twice, none out of order, and finally the newest.
    #[test]
    fn every_cursor_sees_every_number_once_or_is_told(
        steps in prop::collection::vec((0u8..8, 0u64..400), 1..80),
        count in 1usize..12,
        from in 0u64..20,
    ) {
        let mut it = Bench::new(count, 1000);
        let mut viewers = vec![(it.log.newest(), 0)];
        let mut appended = 0;
        let check = |it: &Bench, cursor: &mut Cursor, last: &mut u64| {
            let mut told = *last == 0;
            for line in it.read(cursor) {
                let (what, number) = line.split_once(' ').unwrap_or((&line, "0"));
                let number: u64 = number.parse().unwrap();
                match what {
                    "history" => told = true,
                    "clear" => (),
                    // A partial carries the number of the last event, and never comes before it.
                    "partial" => assert!(number < it.log.next()),
                    _ => {
                        assert!(number == *last + 1 || (told && number > *last), "{number} after {last}");
                        (*last, told) = (number, false);
                    }
                }
            }
            assert_eq!(cursor.next, it.log.next());
        };
        for (what, ms) in steps {
            it.now += Duration::from_millis(ms);
            match what {
                0 | 1 => it.partial("english"),
                2 => it.partial("dutch"),
                3 => { it.close("english"); appended += 1 }
                4 => { it.close("dutch"); appended += 1 }
                5 => { it.gap("english", Why::Restart); appended += 1 }
                6 => { let at = (ms as usize) % viewers.len(); let (cursor, last) = &mut viewers[at]; check(&it, cursor, last) }
                _ => viewers.push((it.log.from(from), 0)),
            }
            prop_assert_eq!(it.log.next(), appended + 1);
            prop_assert!(it.log.state().next - it.log.state().first <= count as u64);
        }
        for (cursor, last) in &mut viewers {
            check(&it, cursor, last);
        }
    }
}
