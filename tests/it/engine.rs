//! The engine on a paused clock: faults, restarts, stops and ends of pipelines over numbers.
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::FutureExt;
use livecap::{
    flow::{Fault, StageState, WhenFull},
    host::{HostSettings, StageSettings},
    logic::budget::Budget,
};
use tokio::time::Instant;

use super::numbers::{Habit, Line, Number, calm, failing_at, generous, quiet_panic, room, values};

/// What was done to items.
#[derive(Default)]
struct Done {
    panics: AtomicU32,
    faults: AtomicU32,
    slow: AtomicU32,
}

impl Done {
    fn failures(&self) -> u32 {
        self.panics.load(SeqCst) + self.faults.load(SeqCst)
    }
}

/// Panics, faults and slow items at random places, the same for one seed.
fn fickle(seed: u64, stage: u64, done: Arc<Done>) -> Habit {
    let tries = Arc::new(std::sync::Mutex::new(std::collections::HashMap::<u32, u32>::new()));
    Arc::new(move |number| {
        let mut random = fastrand::Rng::with_seed(seed ^ (stage << 32) ^ (u64::from(number) << 40));
        let failures = match random.u32(0..20) {
            0 => 1,
            1 => 2,
            _ => 0,
        };
        let (panics, slow) = (random.bool(), random.u64(0..40));
        let done = done.clone();
        let tries = tries.clone();
        async move {
            if slow < 4 {
                done.slow.fetch_add(1, SeqCst);
                tokio::time::sleep(Duration::from_millis(slow)).await;
            }
            let before = {
                let mut tries = tries.lock().unwrap();
                let tried = tries.entry(number).or_default();
                *tried += 1;
                *tried - 1
            };
            if before < failures {
                if panics {
                    done.panics.fetch_add(1, SeqCst);
                    quiet_panic();
                }
                done.faults.fetch_add(1, SeqCst);
                return Err(Fault::transient("out of luck"));
            }
            Ok(())
        }
        .boxed()
    })
}

/// A line of five stages whose edges and habits are drawn from the seed. What is done to items is counted apart for the
/// source, those in between, and the sink.
fn drawn<const KEPT: bool>(seed: u64, done: &[Arc<Done>; 3]) -> Line<KEPT> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut line = Line::<KEPT>::new(random.u32(0..80));
    let policies = [WhenFull::Wait, WhenFull::Wait, WhenFull::DropOldest, WhenFull::DropNewest];
    let mut edge = || room(random.usize(1..8), policies[random.usize(..policies.len())]);
    let [source, between, sink] = done;
    line.habit = fickle(seed, 8, source.clone());
    line.between = (0..3).map(|stage| (fickle(seed, stage, between.clone()), edge())).collect();
    line.sinks = vec![(fickle(seed, 9, sink.clone()), edge())];
    line
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// Each kind of trouble came to each kind of stage.
#[track_caller]
fn assert_had_it_all(done: &[Arc<Done>; 3]) {
    for done in done {
        let counts = [&done.panics, &done.faults, &done.slow].map(|it| it.load(SeqCst));
        assert!(counts.iter().all(|it| *it > 500), "{counts:?} panics, faults, slow items");
    }
}

#[test]
fn in_a_thousand_runs_every_kept_item_is_handled_dropped_or_given_up_and_in_order() {
    let done = <[Arc<Done>; 3]>::default();
    for seed in 0..1000 {
        paused().block_on(async {
            let before: u32 = done.iter().map(|it| it.failures()).sum();
            let line = drawn::<true>(seed, &done);
            let (sent, host) = (line.count, line.host);
            let (pipeline, seen) = line.build();
            let mut running = pipeline.start(host).await;
            let outcome = running.ended().await;
            assert!(outcome.failures.is_empty(), "seed {seed}: {outcome:?}");
            let seen = seen[0].lock().unwrap().clone();
            let dropped: u64 = running.registry().edges().iter().map(|it| it.dropped).sum();
            assert_eq!(seen.len() as u64 + dropped, u64::from(sent), "seed {seed}");
            assert!(
                seen.windows(2).all(|it| it[0].value() < it[1].value()),
                "seed {seed}: {seen:?}"
            );
            let restarts: u64 = running.registry().stages().iter().map(|it| it.restarts).sum();
            let failures = done.iter().map(|it| it.failures()).sum::<u32>() - before;
            assert_eq!(restarts, u64::from(failures), "seed {seed}: a restart for each");
        });
    }
    assert_had_it_all(&done);
}

#[test]
fn in_a_thousand_runs_a_fault_costs_the_item_in_hand_where_items_are_not_kept() {
    let done = <[Arc<Done>; 3]>::default();
    for seed in 0..1000 {
        paused().block_on(async {
            let lost_before = done[1].failures() + done[2].failures();
            let line = drawn::<false>(seed, &done);
            let (sent, host) = (line.count, line.host);
            let (pipeline, seen) = line.build();
            let mut running = pipeline.start(host).await;
            running.ended().await;
            let seen = seen[0].lock().unwrap().clone();
            let dropped: u64 = running.registry().edges().iter().map(|it| it.dropped).sum();
            // What a source failed on was not sent yet.
            let lost = u64::from(done[1].failures() + done[2].failures() - lost_before);
            assert_eq!(seen.len() as u64 + dropped + lost, u64::from(sent), "seed {seed}");
            assert!(
                seen.windows(2).all(|it| it[0].value() < it[1].value()),
                "seed {seed}: {seen:?}"
            );
        });
    }
    assert_had_it_all(&done);
}

#[tokio::test(start_paused = true)]
async fn an_ended_source_drains_every_stage() {
    let mut line = Line::<true>::new(50);
    line.between = vec![(calm(), room(2, WhenFull::Wait)), (calm(), room(2, WhenFull::Wait))];
    line.sinks = vec![(calm(), room(1, WhenFull::Wait))];
    let started = Instant::now();
    let (pipeline, seen) = line.build();
    let mut running = pipeline.start(HostSettings::default()).await;
    let outcome = running.ended().await;
    assert_eq!(outcome, Default::default());
    assert_eq!(values(&seen[0]), (1..=50).collect::<Vec<_>>());
    assert!(running.registry().stages().iter().all(|it| it.state == StageState::Ended));
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_item_is_offered_once_more_and_then_given_up() {
    for (times, expected) in [(1, Number::Whole(3)), (2, Number::Gap(3)), (3, Number::Gap(3))] {
        let mut line = Line::<true>::new(5);
        line.between = vec![(
            failing_at(3, times, || Fault::Panicked("boom".into())),
            room(2, WhenFull::Wait),
        )];
        line.sinks = vec![(calm(), room(1, WhenFull::Wait))];
        let (pipeline, seen) = line.build();
        let mut running = pipeline.start(HostSettings::default()).await;
        running.ended().await;
        assert_eq!(seen[0].lock().unwrap()[2], expected, "after {times} faults");
        assert_eq!(values(&seen[0]), [1, 2, 3, 4, 5]);
        let given_up: u64 = running.registry().stages().iter().map(|it| it.given_up).sum();
        assert_eq!(given_up, u64::from(expected == Number::Gap(3)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_waits_twice_as_long_each_time() {
    let mut line = Line::<true>::new(9);
    let faults = Arc::new(AtomicU32::new(0));
    let counted = faults.clone();
    let each_third: Habit = Arc::new(move |number| {
        let hit = number % 3 == 0 && counted.load(SeqCst) < number / 3;
        counted.fetch_add(u32::from(hit), SeqCst);
        async move { if hit { Err(Fault::transient("again")) } else { Ok(()) } }.boxed()
    });
    line.between = vec![(each_third, room(2, WhenFull::Wait))];
    line.sinks = vec![(calm(), room(1, WhenFull::Wait))];
    line.stage.budget = Budget::new(5, Duration::from_secs(60), Duration::from_millis(250));
    let started = Instant::now();
    let (pipeline, seen) = line.build();
    let mut running = pipeline.start(HostSettings::default()).await;
    running.ended().await;
    assert_eq!(values(&seen[0]), (1..=9).collect::<Vec<_>>());
    let waited = started.elapsed().as_millis();
    assert!((1750..1760).contains(&waited), "250 + 500 + 1000, not {waited}");
}

#[tokio::test(start_paused = true)]
async fn a_permanent_fault_is_not_retried_and_ends_the_pipeline_after_what_was_under_way() {
    let mut line = Line::<true>::new(1000);
    line.between =
        vec![(failing_at(30, 9, || Fault::permanent("no such model")), room(4, WhenFull::Wait))];
    line.sinks = vec![(calm(), room(4, WhenFull::Wait))];
    let (pipeline, seen) = line.build();
    let mut running = pipeline.start(HostSettings::default()).await;
    let outcome = running.ended().await;
    assert!(outcome.gave_up);
    assert_eq!(outcome.failures.len(), 1);
    let failure = &outcome.failures[0];
    assert_eq!(
        (failure.stage.as_str(), failure.restarts, failure.cause.as_str()),
        ("stage 0", 0, "no such model")
    );
    assert_eq!(values(&seen[0]), (1..=29).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_names_the_stage_and_how_often_it_was_started_anew() {
    let mut line = Line::<true>::new(10);
    let always: Habit = Arc::new(|_| async { Err(Fault::transient("no luck")) }.boxed());
    line.between = vec![(always, room(4, WhenFull::Wait))];
    line.sinks = vec![(calm(), room(4, WhenFull::Wait))];
    line.stage.budget = Budget::new(3, Duration::from_secs(60), Duration::from_millis(1));
    let (pipeline, _) = line.build();
    let mut running = pipeline.start(HostSettings::default()).await;
    let outcome = running.ended().await;
    assert_eq!((outcome.failures[0].restarts, outcome.failures[0].stage.as_str()), (3, "stage 0"));
    let states = running.registry().stages();
    assert_eq!(states[1].why.as_deref(), Some("no luck"), "readable after the end");
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_panics_or_goes_away_leaves_its_neighbours_untouched() {
    let panicking: Habit = Arc::new(|_| async { quiet_panic() }.boxed());
    let leaving = failing_at(7, 1, || Fault::permanent("disk is full"));
    let mut line = Line::<true>::new(200);
    line.between = vec![(calm(), room(4, WhenFull::Wait))];
    line.sinks = vec![
        (calm(), room(4, WhenFull::Wait)),
        (panicking, room(4, WhenFull::Wait)),
        (leaving, room(4, WhenFull::Wait)),
    ];
    line.stage.budget = Budget::new(2, Duration::from_secs(60), Duration::from_millis(1));
    let (pipeline, seen) = line.build();
    let mut running = pipeline.start(HostSettings::default()).await;
    let outcome = running.ended().await;
    assert_eq!(values(&seen[0]), (1..=200).collect::<Vec<_>>());
    assert!(!outcome.gave_up, "one sink lived to the end");
    assert_eq!(outcome.failures.len(), 2);
    let states = running.registry().stages();
    assert_eq!(states[3].state, StageState::Failed);
    assert_eq!(states[4].why.as_deref(), Some("disk is full"));
}

#[tokio::test(start_paused = true)]
async fn the_pipeline_ends_when_its_last_sink_gave_up() {
    let mut line = Line::<true>::new(u32::MAX);
    line.sinks =
        vec![(failing_at(7, 1, || Fault::permanent("disk is full")), room(4, WhenFull::Wait))];
    let (pipeline, _) = line.build();
    let mut running = pipeline.start(HostSettings::default()).await;
    assert!(running.ended().await.gave_up);
}

#[tokio::test(start_paused = true)]
async fn a_stop_tells_the_sources_and_lets_the_rest_drain() {
    let mut line = Line::<true>::new(u32::MAX);
    let slow: Habit = Arc::new(|_| tokio::time::sleep(Duration::from_millis(10)).map(Ok).boxed());
    line.between = vec![(slow, room(8, WhenFull::Wait))];
    line.sinks = vec![(calm(), room(8, WhenFull::Wait))];
    let (pipeline, seen) = line.build();
    let mut running = pipeline.start(HostSettings::default()).await;
    tokio::time::sleep(Duration::from_millis(95)).await;
    running.stop();
    let outcome = running.ended().await;
    assert_eq!(outcome, Default::default(), "nobody held out");
    let read: u64 = running.registry().edges()[0].received;
    assert_eq!(
        values(&seen[0]),
        (1..=read as u32).collect::<Vec<_>>(),
        "what was taken in came out"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stuck_stage_is_named_and_ended_after_the_grace_time() {
    let stuck_at_three: Habit = Arc::new(|number| {
        async move { if number == 3 { std::future::pending().await } else { Ok(()) } }.boxed()
    });
    let mut line = Line::<true>::new(u32::MAX);
    line.between =
        vec![(calm(), room(2, WhenFull::Wait)), (stuck_at_three, room(2, WhenFull::Wait))];
    line.sinks = vec![(calm(), room(2, WhenFull::Wait))];
    line.stage = StageSettings { patience: Duration::from_millis(100), ..generous() };
    let (pipeline, seen) = line.build();
    let host =
        HostSettings { grace: Duration::from_millis(300), look_every: Duration::from_millis(10) };
    let mut running = pipeline.start(host).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    let states = running.registry().stages();
    assert_eq!(states[2].state, StageState::Degraded, "{states:?}");
    assert!(states[2].why.as_ref().is_some_and(|why| why.starts_with("stuck")), "{states:?}");
    assert_eq!(
        states[1].state,
        StageState::Running,
        "waiting to send is not being stuck: {states:?}"
    );
    let told = Instant::now();
    running.stop();
    let outcome = running.ended().await;
    assert_eq!(outcome.held_out.last().map(String::as_str), Some("stage 1"), "{outcome:?}");
    assert!(told.elapsed() < Duration::from_millis(500), "{:?}", told.elapsed());
    assert_eq!(values(&seen[0]), [1, 2], "what was behind the stuck stage came out");
}

#[tokio::test(start_paused = true)]
async fn insisting_ends_everything_at_once() {
    let forever: Habit = Arc::new(|_| std::future::pending().boxed());
    let mut line = Line::<true>::new(u32::MAX);
    line.sinks = vec![(forever, room(2, WhenFull::Wait))];
    let (pipeline, _) = line.build();
    let mut running = pipeline.start(HostSettings::default()).await;
    running.stop();
    running.insist();
    let started = Instant::now();
    running.ended().await;
    assert_eq!(started.elapsed(), Duration::ZERO);
}
