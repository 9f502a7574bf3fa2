//! Panics of a recogniser with a live source: while it restarts, sound is queued, then dropped, and a gap marks the drop.
use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use livecap::{
    flow::{Fault, Never, Outlet, Registry, Stage, StageState, WhenFull},
    host::{HostSettings, Outcome, Running, StageSettings},
    logic::budget::Budget,
    message::{Caption, Kind},
    wire::{CaptionEvent, Clock, GapEvent},
};
use tokio::time::Instant;

use super::{
    CaptionStore, PanickingRecogniser, PipelineSettings, RATE, check_words, pipeline, speech,
};

/// A sink that puts captions into a store, without a server.
#[derive(Clone)]
struct StoreSink {
    store: Arc<Mutex<CaptionStore>>,
    clock: Clock,
}

impl Stage for StoreSink {
    type In = Caption;
    type Out = Never;
    type Kept = ();

    async fn handle(
        &mut self,
        (): &mut (),
        caption: Caption,
        _: &Outlet<Never>,
    ) -> Result<(), Fault> {
        let mut store = self.store.lock().unwrap();
        let next = store.numbered() + 1;
        match &caption {
            Caption::Transcript(it) => {
                let seq = if it.kind() == Kind::Final { next } else { next - 1 };
                store.caption(CaptionEvent::new(it, seq, &self.clock, false));
            }
            Caption::Translation(it) => panic!("a translation without a translator: {it:?}"),
            Caption::Gap(gap) => store.gap(GapEvent::new(gap, next)),
        }
        Ok(())
    }
}

/// Advances the clock only while no stage is at work. By itself the paused clock would advance while a decode is awaited.
async fn run_the_clock(registry: &Registry, is_starting: &AtomicBool) {
    loop {
        tokio::task::yield_now().await;
        let recogniser = &registry.stages()[1];
        let has_work = recogniser.state == StageState::Running && registry.edges()[0].depth > 0;
        if !has_work && recogniser.busy_for.is_none() && !is_starting.load(SeqCst) {
            tokio::time::advance(Duration::from_millis(2)).await;
        }
    }
}

/// A running pipeline with a live source. Restarts wait 250 ms, then twice as long each time.
struct Live {
    store: Arc<Mutex<CaptionStore>>,
    is_starting: Arc<AtomicBool>,
    running: Running,
}

impl Live {
    async fn start(recogniser: PanickingRecogniser, limit: usize) -> Live {
        let budget = Budget::new(limit, Duration::from_secs(600), Duration::from_millis(250));
        let is_starting = Arc::<AtomicBool>::default();
        let settings = PipelineSettings {
            live: true,
            when_full: WhenFull::DropOldest,
            max_lag: Some(Duration::from_secs(4)),
            stage: StageSettings { budget, ..StageSettings::default() },
            is_starting: is_starting.clone(),
        };
        let store = Arc::<Mutex<CaptionStore>>::default();
        let sink = StoreSink { store: store.clone(), clock: Clock::start() };
        let running = pipeline(settings, recogniser, sink).start(HostSettings::default()).await;
        Live { store, is_starting, running }
    }

    async fn ended(&mut self) -> Outcome {
        let registry = self.running.registry().clone();
        tokio::select! {
            outcome = self.running.ended() => outcome,
            () = run_the_clock(&registry, &self.is_starting) => unreachable!(),
        }
    }

    fn store(&self) -> MutexGuard<'_, CaptionStore> {
        self.store.lock().unwrap()
    }

    fn dropped(&self) -> u64 {
        self.running.registry().edges()[0].dropped
    }
}

#[track_caller]
fn assert_all_words_are_in_finals_or_gaps(store: &CaptionStore) {
    assert!(store.open().is_none(), "a partial stays open: {:?}", store.open());
    check_words(store);
    for pair in store.gaps.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{pair:?} overlap");
    }
}

#[tokio::test(start_paused = true)]
async fn sound_dropped_during_a_long_restart_is_a_gap_of_its_own() {
    // The waits are 250, 500, 1000, 2000 and 4000 ms: only the last is longer than the queue.
    let mut live = Live::start(PanickingRecogniser::new(&[3, 13, 22, 41, 50], |_| ()), 9).await;
    assert_eq!(live.ended().await, Outcome::default());
    assert_eq!(live.running.registry().stages()[1].restarts, 5);
    let (store, dropped) = (live.store(), live.dropped());
    assert_all_words_are_in_finals_or_gaps(&store);
    assert!(dropped > 50, "{dropped} frames of 20 ms");
    let gaps: Vec<_> = store.gaps.iter().map(|it| it.why.as_ref()).collect();
    assert_eq!(gaps, ["restart", "restart", "restart", "restart", "restart", "overload"]);
    let [.., interrupted, dropped_sound] = &store.gaps[..] else { panic!("two gaps") };
    assert_eq!(interrupted.end, dropped_sound.start, "they are adjacent");
    let length = dropped_sound.end - dropped_sound.start;
    assert!((length - dropped as f64 * 0.02).abs() < 0.03, "{length} s of {dropped} frames");
    assert!(store.finals.values().any(|it| it.text.ends_with("w96")), "it continues to the end");
}

#[tokio::test(start_paused = true)]
async fn sound_dropped_at_the_end_is_a_gap_too() {
    // The last restart takes 8 s, longer than the rest of the speech: all that is queued is too old by then.
    let started = Instant::now();
    let mut live = Live::start(PanickingRecogniser::new(&[3, 13, 22, 31, 41, 93], |_| ()), 9).await;
    assert_eq!(live.ended().await, Outcome::default());
    let (store, took) = (live.store(), started.elapsed());
    assert_all_words_are_in_finals_or_gaps(&store);
    assert!(live.dropped() > 0);
    let length = RATE.duration_of(speech().len());
    assert!(took > length + Duration::from_secs(4), "{took:?} of {length:?}");
    let last = store.gaps.last().unwrap();
    assert_eq!(last.why, "overload");
    assert!(
        (last.end - length.as_secs_f64()).abs() < 0.001,
        "{last:?} does not reach to {length:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_fails_for_good_closes_its_segment_with_the_committed_words() {
    let mut live = Live::start(PanickingRecogniser::new(&[4, 14], |_| ()), 1).await;
    let outcome = live.ended().await;
    assert!(outcome.gave_up);
    let Some(failure) = outcome.failures.first() else { panic!("{outcome:?}") };
    assert_eq!((failure.stage.as_str(), failure.restarts), ("english", 1));
    let store = live.store();
    assert!(store.open().is_none(), "a partial stays open: {:?}", store.open());
    let last = store.finals.values().last().unwrap();
    assert!(last.text.starts_with("w9 w10"), "{last:?}");
    let gap = store.gaps.last().unwrap();
    assert_eq!((gap.why.as_ref(), gap.start), ("restart", last.end), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_hangs_is_reported_as_stuck_and_the_pipeline_ends_without_it() {
    let (let_go, held) = std::sync::mpsc::sync_channel::<()>(1);
    let held = Mutex::new(held);
    let hang = move |_: &str| assert!(held.lock().unwrap().recv().is_err());
    let mut live = Live::start(PanickingRecogniser::new(&[13], hang), 9).await;
    let stuck = |live: &Live| {
        let recogniser = &live.running.registry().stages()[1];
        recogniser.why.as_ref().is_some_and(|why| why.starts_with("stuck"))
    };
    while !stuck(&live) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let stopped_at = Instant::now();
    live.running.stop();
    let outcome = live.running.ended().await;
    assert_eq!((outcome.held_out, outcome.gave_up), (vec!["english".to_owned()], false));
    assert!(stopped_at.elapsed() < HostSettings::default().grace + Duration::from_secs(1));
    let store = live.store();
    assert!(store.open().is_none(), "a partial stays open: {:?}", store.open());
    assert!(!store.gaps.is_empty(), "the item in hand is marked by a gap");
    drop(let_go);
}
