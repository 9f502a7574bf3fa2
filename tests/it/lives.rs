//! Lives that cannot be made, and sources that fail: pipelines over numbers on a paused clock.
use std::time::Duration;

use futures::FutureExt;
use livecap::{
    flow::{Fault, Inlet, Outlet, Registry, StageGauge, StageState, WhenFull, edge},
    host::{HostSettings, Pipeline},
    logic::budget::Budget,
};

use super::numbers::{
    Collect, Count, Line, Number, Pass, Seen, calm, failing_at, generous, quiet_panic, room, values,
};

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_goes_on_where_it_was_until_its_budget_is_spent() {
    for (limit, gave_up) in [(2, false), (1, true)] {
        let mut line = Line::<true>::new(20);
        line.habit = failing_at(8, 2, || quiet_panic());
        line.sinks = vec![(calm(), room(4, WhenFull::Wait))];
        line.stage.budget = Budget::new(limit, Duration::from_secs(60), Duration::from_millis(1));
        let (pipeline, seen) = line.build();
        let mut running = pipeline.start(HostSettings::default()).await;
        let outcome = running.ended().await;
        assert_eq!(outcome.gave_up, gave_up, "{outcome:?}");
        let expected = if gave_up { 7 } else { 20 };
        assert_eq!(values(&seen[0]), (1..=expected).collect::<Vec<_>>());
        // The end that it brought about does not hide why.
        let why = running.registry().stages().swap_remove(0).why;
        assert_eq!(why.is_some(), gave_up, "{why:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_life_that_cannot_be_made_is_tried_again_and_costs_no_item() {
    let (sender, receiver) = edge("source", "sink", room(2, WhenFull::Wait));
    let mut pipeline = Pipeline::new(Registry::default());
    let gauge = StageGauge::new("source");
    let source = Count::<true>::new(5, calm());
    pipeline.source(generous(), gauge.clone(), source, Outlet::new(vec![sender], gauge));
    let (seen, mut tries) = (Seen::<true>::default(), 0);
    let kept = seen.clone();
    let habit = failing_at(3, 1, || Fault::transient("once"));
    let make = move || {
        tries += 1;
        // The first life takes three tries.
        let sink = Collect { habit: habit.clone(), seen: kept.clone() };
        if tries == 2 {
            quiet_panic();
        }
        let is_first = tries == 1;
        async move { if is_first { Err(Fault::transient("not yet")) } else { Ok(sink) } }.boxed()
    };
    pipeline.sink(generous(), StageGauge::new("sink"), make, (), Inlet::new(vec![receiver]));
    let mut running = pipeline.start(HostSettings::default()).await;
    assert_eq!(running.ended().await, Default::default());
    assert_eq!(values(&seen), [1, 2, 3, 4, 5]);
    assert_eq!(seen.lock().unwrap()[2], Number::Whole(3));
    assert_eq!(running.registry().stages()[1].restarts, 3);
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_gives_up_says_its_last_words_and_the_others_go_on_without_it() {
    let wait = |size| room(size, WhenFull::Wait);
    let (to_sink, sink_takes) = edge("source", "sink", wait(2));
    let (to_branch, branch_takes) = edge("source", "branch", wait(2));
    let (from_branch, sink_hears) = edge("branch", "sink", wait(2));
    let mut pipeline = Pipeline::new(Registry::default());
    let gauge = StageGauge::new("source");
    let outlet = Outlet::new(vec![to_sink, to_branch], gauge.clone());
    pipeline.source(generous(), gauge, Count::<true>::new(20, calm()), outlet);
    let gauge = StageGauge::new("branch");
    let habit = failing_at(3, 1, || Fault::permanent("it is no good"));
    let make = move || {
        let branch = Pass::<true>(habit.clone());
        async move { Ok(branch) }.boxed()
    };
    let (inlet, outlet) =
        (Inlet::new(vec![branch_takes]), Outlet::new(vec![from_branch], gauge.clone()));
    let owed = vec![Number::Gap(1000)];
    pipeline.branch(generous(), gauge, make, owed, inlet, outlet);
    let seen = Seen::<true>::default();
    let kept = seen.clone();
    let make = move || {
        let sink = Collect { habit: calm(), seen: kept.clone() };
        async move { Ok(sink) }.boxed()
    };
    let inlet = Inlet::new(vec![sink_takes, sink_hears]);
    pipeline.sink(generous(), StageGauge::new("sink"), make, (), inlet);
    let mut running = pipeline.start(HostSettings::default()).await;
    let outcome = running.ended().await;
    assert!(!outcome.gave_up, "{outcome:?}");
    assert_eq!(outcome.failures.iter().map(|it| it.stage.as_str()).collect::<Vec<_>>(), ["branch"]);
    assert_eq!(running.registry().stages()[1].state, StageState::Failed);
    let mut expected: Vec<u32> = (1..=20).chain([1, 2, 1000]).collect();
    let mut values = values(&seen);
    expected.sort_unstable();
    values.sort_unstable();
    assert_eq!(values, expected);
}

#[tokio::test(start_paused = true)]
async fn some_sources_stop_and_what_the_others_feed_goes_on() {
    let mut pipeline = Pipeline::new(Registry::default());
    let mut seen = Vec::new();
    for (source, sink) in [("left", "one"), ("right", "two")] {
        let (sender, receiver) = edge(source, sink, room(2, WhenFull::Wait));
        let gauge = StageGauge::new(source);
        let outlet = Outlet::new(vec![sender], gauge.clone());
        pipeline.source(generous(), gauge, Count::<true>::new(u32::MAX, calm()), outlet);
        seen.push(Seen::<true>::default());
        let kept = seen.last().unwrap().clone();
        let make = move || {
            let sink = Collect { habit: calm(), seen: kept.clone() };
            async move { Ok(sink) }.boxed()
        };
        pipeline.sink(generous(), StageGauge::new(sink), make, (), Inlet::new(vec![receiver]));
    }
    let mut running = pipeline.start(HostSettings::default()).await;
    running.stop_sources(&["left".to_owned()]);
    let states = || running.registry().stages().iter().map(|it| it.state).collect::<Vec<_>>();
    let (ended, goes_on) = (StageState::Ended, StageState::Running);
    while states() != [ended, ended, goes_on, goes_on] {
        tokio::task::yield_now().await;
    }
    let before = seen[1].lock().unwrap().len();
    while seen[1].lock().unwrap().len() < before + 100 {
        tokio::task::yield_now().await;
    }
    running.stop_sources(&["right".to_owned()]);
    assert_eq!(running.ended().await, Default::default());
    let all = values(&seen[1]);
    assert_eq!(all, (1..=all.len() as u32).collect::<Vec<_>>());
}
