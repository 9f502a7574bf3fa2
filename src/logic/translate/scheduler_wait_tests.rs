//! How long a translator waits for a service that has said when, and for one that is slow.
use super::*;

#[test]
fn an_answer_that_was_under_way_does_not_shorten_what_the_service_asked_for() {
    let mut it = Bench::new(settings());
    it.says("One.");
    it.says("Two.");
    it.fails("One.", Again::After(700 * MS));
    it.answers("Two.");
    it.says("Three.");
    it.later(600);
    assert_eq!(it.asks(), Vec::<String>::new());
    it.later(100);
    assert_eq!(it.asks(), ["One.", "Three."]);
}

#[test]
fn where_what_comes_can_wait_a_slow_service_costs_nothing_and_a_silent_one_ends() {
    let queue = QueueSettings { in_flight: 1, patient: true, ..settings().queue };
    let mut it = Bench::new(SchedulerSettings { queue, ..settings() });
    let texts = ["One.", "Two.", "Three.", "Four.", "Five."];
    texts.iter().for_each(|text| it.says(text));
    for text in texts {
        it.later(800);
        it.answers(text);
    }
    let seen = it.seen();
    assert_eq!(seen.len(), 5);
    assert!(seen.iter().all(|it| !it.contains("! ")), "{seen:?}");
    ["Six.", "Seven."].iter().for_each(|text| it.says(text));
    it.fails("Six.", Again::Soon);
    it.later(2_000);
    let seen = it.seen();
    assert!(seen.len() == 2 && seen.iter().all(|it| it.contains("! ")), "{seen:?}");
}
