//! A service that fails in every way it can: no final is lost, none is out of order, and each that has no translation says why.
use std::sync::atomic::Ordering::SeqCst;

use livecap::{
    flow::StageState,
    logic::translate::{Ask, Failure},
    message::Translated,
};

use super::*;

const FINALS: u64 = 8;

async fn said(settings: TranslateSettings, service: &Service) -> Vec<Translation> {
    let url = service.serve().await;
    let mut it = AtWork::start(settings, openai(&url));
    for n in 0..FINALS {
        it.say(&format!("Sentence number {n}.")).await;
    }
    let given = it.rest().await;
    assert_whole(&given, FINALS);
    given
}

/// All that a service can do wrong but not answer, which takes time.
const WRONGS: [Turn; 12] = [
    Turn::Status(500),
    Turn::Status(502),
    Turn::Status(503),
    Turn::Status(429),
    Turn::Busy(429, "0"),
    Turn::Truncated,
    Turn::Wrong,
    Turn::Empty,
    Turn::VeryLong,
    Turn::Chatty,
    Turn::Reset,
    Turn::Page,
];

#[tokio::test]
async fn what_fails_now_and_then_is_asked_again_and_every_final_is_translated() {
    for wrong in WRONGS {
        let turns = [wrong, Turn::Translate, Turn::Translate, wrong, wrong, Turn::Translate];
        let service = Service::new(turns);
        let given = said(settings(), &service).await;
        for (n, it) in given.iter().enumerate() {
            let expected = translated(&format!("Sentence number {n}."));
            assert_eq!(it.text, Translated::Text(expected), "{wrong:?}");
        }
        assert_eq!(service.asked().len(), FINALS as usize + 3, "{wrong:?}");
    }
}

#[tokio::test]
async fn what_always_fails_is_given_up_in_its_place_and_says_why() {
    for wrong in WRONGS {
        let service = Service::always(wrong);
        for it in said(settings(), &service).await {
            assert!(
                matches!(&it.text, Translated::Not(why) if !why.is_empty()),
                "{wrong:?}: {it:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_request_that_is_refused_for_good_is_not_repeated() {
    let service = Service::always(Turn::Status(400));
    let given = said(settings(), &service).await;
    let why = Translated::Not("it answers 400 Bad Request: no luck".to_owned());
    assert!(given.iter().all(|it| it.text == why), "{given:?}");
    assert_eq!(service.asked().len(), FINALS as usize);
}

#[tokio::test]
async fn the_first_reason_is_told_where_the_stage_is_and_forgotten_once_something_is_translated() {
    let service = Service::new([Turn::Status(401), Turn::Status(403)]);
    let url = service.serve().await;
    let mut it = AtWork::start(settings(), openai(&url));
    let first = "it answers 401 Unauthorized: no luck";
    for n in 0..2 {
        it.say(&format!("Sentence number {n}.")).await;
        assert!(matches!(it.next().await.unwrap().text, Translated::Not(_)));
        let mut looks = tokio::time::interval(MS);
        while it.registry.stages()[0].state != StageState::Degraded {
            looks.tick().await;
        }
        assert_eq!(it.registry.stages()[0].why.as_deref(), Some(first));
    }
    it.say("Sentence number 2.").await;
    assert_eq!(it.next().await.unwrap().text(), translated("Sentence number 2."));
    let mut looks = tokio::time::interval(MS);
    while it.registry.stages()[0].state == StageState::Degraded {
        looks.tick().await;
    }
    assert_eq!(it.registry.stages()[0].why, None);
    assert!(it.rest().await.is_empty());
}

#[tokio::test]
async fn silence_and_a_stream_that_stalls_end_with_the_time_out() {
    for wrong in [Turn::Silent, Turn::Stalls] {
        let service = Service::new([wrong, Turn::Translate, wrong]);
        let given = said(TranslateSettings { timeout: 300 * MS, ..settings() }, &service).await;
        let translated = given.iter().filter(|it| matches!(it.text, Translated::Text(_)));
        assert_eq!(translated.count(), FINALS as usize, "{wrong:?}: {given:?}");
    }
    let service = Service::always(Turn::Silent);
    let mut short = settings();
    short.scheduler.queue.deadline = 50 * MS;
    let given = said(short, &service).await;
    assert!(
        given.iter().all(|it| it.text == Translated::Not("no answer in time".to_owned())),
        "{given:?}"
    );
}

#[tokio::test]
async fn a_service_that_names_a_time_is_not_asked_before() {
    let service = Service::new([Turn::Busy(429, "1")]);
    let url = service.serve().await;
    let mut it = AtWork::start(settings(), openai(&url));
    it.say("One.").await;
    let mut looks = tokio::time::interval(MS);
    while it.registry.stages()[0].state != StageState::Degraded {
        looks.tick().await;
    }
    it.say("Two.").await;
    assert_whole(&it.rest().await, 2);
    let asked = service.asked();
    assert_eq!(asked.len(), 3);
    let second = Duration::from_secs(1);
    assert!(asked[1..].iter().all(|it| it.at - asked[0].at >= second), "{asked:?}");
}

#[tokio::test]
async fn a_service_that_goes_and_comes_back_is_told_of_and_what_waited_is_translated() {
    let service = Service::new([]);
    let url = service.serve().await;
    // Nothing is given up: only the deadline, which is far, would.
    let mut patient = settings();
    patient.scheduler.queue.retries = u32::MAX;
    let mut it = AtWork::start(patient, openai(&url));
    it.say("Before.").await;
    assert_eq!(it.next().await.unwrap().text(), translated("Before."));
    service.gone.store(true, SeqCst);
    for n in 0..4 {
        it.say(&format!("Meanwhile {n}.")).await;
    }
    let mut looks = tokio::time::interval(MS);
    let state = |registry: &Registry| registry.stages()[0].clone();
    while state(&it.registry).state != StageState::Degraded {
        looks.tick().await;
    }
    assert!(state(&it.registry).why.is_some());
    service.gone.store(false, SeqCst);
    while state(&it.registry).state == StageState::Degraded {
        looks.tick().await;
    }
    let registry = it.registry.clone();
    let given = it.rest().await;
    let texts: Vec<_> = given.iter().map(|it| it.text().to_owned()).collect();
    assert_eq!(texts, [0, 1, 2, 3].map(|n| translated(&format!("Meanwhile {n}."))));
    let counts = state(&registry).counts;
    assert_eq!((counts["translated"], counts.get("untranslated")), (5, None), "{counts:?}");
}

#[tokio::test]
async fn no_more_requests_are_under_way_at_once_than_may_be() {
    let service = Service::new([]).taking(20 * MS);
    let mut three = settings();
    three.scheduler.queue.in_flight = 3;
    said(three, &service).await;
    assert_eq!(service.most_at_once.load(SeqCst), 3);
}

#[tokio::test]
async fn a_pipe_waits_where_a_live_stage_gives_up() {
    for waits in [false, true] {
        let service = Service::new([]).taking(20 * MS);
        let mut few = TranslateSettings { waits, ..settings() };
        (few.scheduler.queue.in_flight, few.scheduler.queue.backlog) = (1, 2);
        let given = said(few, &service).await;
        let lost = given.iter().filter(|it| matches!(it.text, Translated::Not(_))).count();
        assert_eq!(lost == 0, waits, "{given:?}");
    }
}

#[tokio::test]
async fn a_translator_that_panics_costs_a_try_and_no_more() {
    struct Bomb(std::sync::atomic::AtomicUsize);
    impl Translator for Bomb {
        fn translate(
            &self,
            ask: Ask,
        ) -> futures::future::BoxFuture<'static, Result<String, Failure>> {
            let first = self.0.fetch_add(1, SeqCst) == 0;
            Box::pin(async move {
                assert!(!first, "boom");
                Ok(translated(&ask.text))
            })
        }
    }
    let mut it = AtWork::start(settings(), Arc::new(Bomb(Default::default())));
    it.say("One.").await;
    it.say("Two.").await;
    let given = it.rest().await;
    assert_eq!(given.iter().map(Translation::text).collect::<Vec<_>>(), ["NL One.", "NL Two."]);
}
