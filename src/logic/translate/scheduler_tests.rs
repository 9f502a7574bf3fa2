//! One language's scheduler under all that can happen to it, in a time of its own.
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::message::{
    BreakerSettings, Caption, Gap, Kind, Language, MediaSpan, MediaTime, Segments, Trace,
    TrackName, Transcript, Translated, Translation, Why, Word,
};

const MS: Duration = Duration::from_millis(1);

/// A scheduler, the recogniser before it, and a clock.
struct Bench {
    scheduler: Scheduler,
    segments: Segments,
    now: Instant,
    asked: Vec<u64>,
    given: Vec<Translation>,
    /// The segments that have ended.
    finals: Vec<u64>,
}

fn settings() -> SchedulerSettings {
    let breaker = BreakerSettings { failures: 3, wait: 100 * MS, longest: 400 * MS };
    let queue = QueueSettings {
        in_flight: 2,
        backlog: 6,
        deadline: 1000 * MS,
        patient: false,
        retries: 3,
        wait: 50 * MS,
        breaker,
        cache: 10,
    };
    SchedulerSettings { join: 300 * MS, queue, ..SchedulerSettings::new(Language::new("nl")) }
}

fn words(text: &str) -> Vec<Word> {
    let word = |it| Word { text: format!(" {it}"), span: MediaSpan::default() };
    text.split_whitespace().map(word).collect()
}

impl Bench {
    fn new(settings: SchedulerSettings) -> Bench {
        let segments = Segments::new(TrackName::new("english"));
        let (asked, given) = (Vec::new(), Vec::new());
        let (scheduler, now, finals) = (Scheduler::new(settings), Instant::now(), Vec::new());
        Bench { scheduler, segments, now, asked, given, finals }
    }

    fn work(&mut self) {
        for order in self.scheduler.orders(self.now) {
            match order {
                Order::Ask(id) => self.asked.push(id),
                Order::CallOff(id) => self.asked.retain(|it| *it != id),
            }
        }
        while let Some(next) = self.scheduler.next() {
            self.given.push(next.clone());
            self.scheduler.sent();
        }
    }

    fn take(&mut self, it: Transcript) {
        if it.kind() == Kind::Final {
            self.finals.push(it.segment().number());
        }
        self.scheduler.take(&Caption::Transcript(it), self.now);
        self.work();
    }

    fn open(&mut self) -> &mut Segments {
        if self.segments.current().is_none() {
            self.segments.open(MediaTime::ZERO, Language::new("en"));
        }
        &mut self.segments
    }

    /// A final with `text` behind what was committed.
    fn says(&mut self, text: &str) {
        let trace = Trace::starting(self.now);
        let it = self.open().close(words(text), MediaTime::ZERO, trace);
        if let Some(it) = it {
            self.take(it);
        }
    }

    /// A partial that commits `text`.
    fn commits(&mut self, text: &str) {
        let trace = Trace::starting(self.now);
        let open = self.open().current().unwrap();
        let it = open.revise(words(text), words("and"), MediaTime::ZERO, trace);
        self.take(it);
    }

    fn later(&mut self, ms: u32) {
        self.now += ms * MS;
        self.work();
    }

    /// The texts that are being asked for.
    fn asks(&self) -> Vec<String> {
        self.asked.iter().map(|id| self.scheduler.ask(*id).unwrap().text).collect()
    }

    /// Answers the request for `text` with its capitals.
    fn answers(&mut self, text: &str) {
        self.settle(text, Ok(text.to_uppercase()));
    }

    fn fails(&mut self, text: &str, again: Again) {
        self.settle(text, Err(Failure { why: "it is broken".to_owned(), again }));
    }

    fn settle(&mut self, text: &str, answer: Result<String, Failure>) {
        let is_it = |id: &u64| self.scheduler.ask(*id).is_some_and(|it| it.text == text);
        let at = self.asked.iter().position(is_it);
        let at = at.unwrap_or_else(|| panic!("`{text}` is not asked for, but {:?}", self.asks()));
        let id = self.asked.remove(at);
        self.scheduler.answer(id, answer, self.now);
        self.work();
    }

    /// What was given since the last look: the segment, and its text or why there is none.
    fn seen(&mut self) -> Vec<String> {
        let shown = |it: Translation| match (it.kind, it.text) {
            (Kind::Partial, Translated::Text(text)) => {
                format!("{}~ {text}", it.of.segment.number())
            }
            (Kind::Final, Translated::Text(text)) => format!("{}: {text}", it.of.segment.number()),
            (_, Translated::Not(why)) => format!("{}! {why}", it.of.segment.number()),
        };
        std::mem::take(&mut self.given).into_iter().map(shown).collect()
    }
}

#[path = "scheduler_wait_tests.rs"]
mod waits;

#[test]
fn answers_are_given_in_the_order_of_the_segments_with_where_their_time_went() {
    let mut it = Bench::new(settings());
    it.says("One.");
    it.says("Two.");
    it.says("Three.");
    assert_eq!(it.asks(), ["One.", "Two."], "two in flight");
    it.later(100);
    it.answers("Two.");
    assert_eq!(it.seen(), Vec::<String>::new());
    it.later(30);
    it.answers("Three.");
    it.later(20);
    it.answers("One.");
    let took: Vec<_> = it
        .given
        .iter()
        .map(|it| [it.took.queue, it.took.request, it.took.order].map(|it| it.as_millis()))
        .collect();
    assert_eq!(took, [[0, 150, 0], [0, 100, 50], [100, 30, 20]]);
    assert_eq!(it.seen(), ["0: ONE.", "1: TWO.", "2: THREE."]);
    assert!(!it.scheduler.owes());
    assert_eq!(it.scheduler.wake(it.now), None);
}

#[test]
fn what_failed_is_asked_again_with_doubling_waits_then_given_up_in_its_place() {
    let mut it = Bench::new(settings());
    it.says("One.");
    it.says("Two.");
    it.answers("Two.");
    for wait in [50, 100] {
        it.fails("One.", Again::Soon);
        assert_eq!(it.scheduler.wake(it.now), Some(it.now + wait * MS));
        it.later(wait - 1);
        assert_eq!(it.asks(), Vec::<String>::new());
        it.later(1);
        assert_eq!(it.asks(), ["One."]);
    }
    it.fails("One.", Again::Never);
    assert_eq!(it.seen(), ["0! it is broken", "1: TWO."]);
    let counts = it.scheduler.counts();
    assert_eq!(
        (counts.translated, counts.untranslated, counts.asked, counts.retried),
        (1, 1, 4, 2)
    );
}

#[test]
fn a_text_whose_time_is_over_is_given_up_and_called_off() {
    let mut it = Bench::new(settings());
    it.says("One.");
    it.later(999);
    assert_eq!(it.asks(), ["One."]);
    it.later(1);
    assert_eq!(it.asked, Vec::<u64>::new());
    assert_eq!(it.seen(), ["0! no answer in time"]);
}

#[test]
fn a_service_that_says_when_is_left_alone_until_then() {
    let mut it = Bench::new(settings());
    it.says("One.");
    it.fails("One.", Again::After(700 * MS));
    assert_eq!(it.scheduler.trouble(it.now), Some("it is broken"));
    it.says("Two.");
    it.later(699);
    assert_eq!(it.asks(), Vec::<String>::new());
    it.later(1);
    assert_eq!(it.asks(), ["One.", "Two."]);
    it.answers("One.");
    assert_eq!(it.scheduler.trouble(it.now), None);
}

#[test]
fn a_service_that_is_gone_is_probed_and_what_waited_is_asked_when_it_is_back() {
    let mut it = Bench::new(settings());
    it.says("One.");
    it.says("Two.");
    it.says("Three.");
    it.fails("One.", Again::Soon);
    it.fails("Two.", Again::Soon);
    it.fails("Three.", Again::Soon);
    assert_eq!(it.scheduler.trouble(it.now), Some("it is broken"));
    it.later(99);
    assert_eq!(it.asks(), Vec::<String>::new());
    it.later(1);
    assert_eq!(it.asks(), ["One."], "a probe");
    it.later(10);
    assert_eq!(it.asks(), ["One."], "one at a time");
    it.answers("One.");
    assert_eq!(it.scheduler.trouble(it.now), None);
    assert_eq!(it.asks(), ["Two.", "Three."]);
    it.answers("Three.");
    it.answers("Two.");
    assert_eq!(it.seen(), ["0: ONE.", "1: TWO.", "2: THREE."]);
}

#[test]
fn more_than_may_wait_costs_the_oldest_and_says_so() {
    let mut it = Bench::new(settings());
    for n in 0..8 {
        it.says(&format!("Number {n}."));
    }
    assert_eq!(
        it.seen(),
        ["0! the translator does not keep up", "1! the translator does not keep up"]
    );
    assert_eq!(it.asks(), ["Number 2.", "Number 3."]);
    assert!(!it.scheduler.has_room());
}

#[test]
fn what_is_said_again_or_needs_no_translation_is_not_asked_for() {
    let mut it = Bench::new(settings());
    it.says("Thank you.");
    it.answers("Thank you.");
    it.says("Thank you.");
    it.says("42.");
    it.open().current().unwrap().set_language(Language::new("nl"));
    it.says("Dank je.");
    assert_eq!(it.asks(), Vec::<String>::new());
    assert_eq!(it.seen(), ["0: THANK YOU.", "1: THANK YOU.", "2: 42.", "3: Dank je."]);
    assert_eq!(it.scheduler.counts().cached, 1);
}

#[test]
fn half_a_sentence_waits_for_the_rest_and_each_segment_gets_its_share() {
    let mut it = Bench::new(settings());
    it.says("I think");
    assert_eq!(it.asks(), ["I think"], "no sentence has ended yet: perhaps none ever will");
    it.answers("I think");
    it.says("Good morning.");
    it.answers("Good morning.");
    it.seen();
    it.says("We should go to");
    assert_eq!(it.asks(), Vec::<String>::new());
    it.later(200);
    it.says("the station now.");
    assert_eq!(it.asks(), ["We should go to the station now."]);
    it.answers("We should go to the station now.");
    assert_eq!(it.seen(), ["2: WE SHOULD GO TO", "3: THE STATION NOW."]);
    it.says("But if");
    it.later(299);
    assert_eq!(it.asks(), Vec::<String>::new());
    it.later(1);
    assert_eq!(it.asks(), ["But if"], "it has waited long enough");
    it.says("we");
    let gap = Gap {
        track: TrackName::new("english"),
        span: MediaSpan::default(),
        why: Why::Device,
        trace: Trace::starting(it.now),
    };
    it.scheduler.take(&Caption::Gap(gap), it.now);
    it.work();
    assert_eq!(it.asks(), ["But if", "we"], "nothing follows a gap");
}

#[test]
fn clauses_are_translated_once_and_appended_to() {
    let mut it = Bench::new(SchedulerSettings { clauses: true, ..settings() });
    it.commits("When we get to the station,");
    assert_eq!(it.asks(), ["When we get to the station,"]);
    it.commits("we will");
    it.answers("When we get to the station,");
    it.says("see.");
    assert_eq!(it.asks(), ["we will see."]);
    it.answers("we will see.");
    assert_eq!(
        it.given.iter().map(|it| it.of.revision.number()).collect::<Vec<_>>(),
        [0, 2],
        "each names the revision it is of"
    );
    assert_eq!(
        it.seen(),
        ["0~ WHEN WE GET TO THE STATION,", "0: WHEN WE GET TO THE STATION, WE WILL SEE."]
    );
}

#[test]
fn a_clause_that_failed_is_translated_again_with_the_whole_final() {
    let mut it = Bench::new(SchedulerSettings { clauses: true, ..settings() });
    it.commits("When we get to the station,");
    it.fails("When we get to the station,", Again::Never);
    it.says("we will see.");
    it.answers("When we get to the station, we will see.");
    assert_eq!(it.seen(), ["0: WHEN WE GET TO THE STATION, WE WILL SEE."]);
}

#[test]
fn a_new_life_asks_again_and_last_words_leave_no_final_out() {
    let mut it = Bench::new(settings());
    it.says("One.");
    it.says("Two.");
    it.asked.clear();
    it.scheduler.ask_again(it.now);
    it.work();
    assert_eq!(it.asks(), ["One.", "Two."]);
    it.answers("Two.");
    it.says("and half");
    let owed: Vec<_> = it
        .scheduler
        .last_words("it has ended", it.now)
        .into_iter()
        .map(|it| it.text().to_owned())
        .collect();
    assert_eq!(owed, ["", "TWO.", ""]);
}

proptest! {
    /// Whatever the service does: each final is given once, in order; what was shown of a segment is only added to, unless a
    /// part of it failed; no request waits for ever.
    #[test]
    fn every_final_is_given_once_and_in_order(
        steps in prop::collection::vec((0u8..8, 0u32..400, 0usize..4), 1..120),
        clauses in any::<bool>(),
    ) {
        let mut it = Bench::new(SchedulerSettings { clauses, ..settings() });
        for (what, ms, at) in steps {
            it.later(ms);
            let asked = it.asks();
            let text = asked.get(at % asked.len().max(1)).cloned();
            match (what, text) {
                (0 | 1, _) => it.says(["One two.", "three four", "Five six, seven.", ""][at]),
                (2, _) => it.commits(["One two three four,", "five", "six. Seven", "eight nine ten,"][at]),
                (3 | 4, Some(text)) => it.answers(&text),
                (5, Some(text)) => it.fails(&text, Again::Soon),
                (6, Some(text)) => it.fails(&text, Again::Never),
                (7, Some(text)) => it.fails(&text, Again::After(300 * MS)),
                _ => (),
            }
            prop_assert!(it.asked.len() <= 2);
        }
        it.says("The end.");
        it.scheduler.end(it.now);
        for _ in 0..200 {
            it.later(100);
            for text in it.asks() { it.answers(&text); }
        }
        prop_assert!(!it.scheduler.owes(), "all is settled by the deadline");
        let given: Vec<_> = it.given.iter().filter(|it| it.kind == Kind::Final).map(|it| it.of.segment.number()).collect();
        prop_assert_eq!(&given, &it.finals);
        for pair in it.given.windows(2) {
            let [old, new] = pair else { continue };
            prop_assert!((old.of.segment, old.of.revision) < (new.of.segment, new.of.revision));
            let failed = matches!(new.text, Translated::Not(_)) || it.scheduler.counts().untranslated > 0 || it.scheduler.counts().retried > 0;
            if old.of.segment == new.of.segment && !failed {
                prop_assert!(new.text().starts_with(old.text()), "{:?} became {:?}", old.text(), new.text());
            }
        }
    }
}
