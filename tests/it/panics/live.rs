//! Panics of a recogniser that cannot make the sound wait: what comes while it is away is queued, then given up, and told.
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

use super::{Bomb, Ledger, RATE, Setting, check_words, pipeline, sound};

/// Shows captions as a page does, without a wire.
#[derive(Clone)]
struct Reader {
    ledger: Arc<Mutex<Ledger>>,
    clock: Clock,
}

impl Stage for Reader {
    type In = Caption;
    type Out = Never;
    type Kept = ();

    async fn handle(
        &mut self,
        (): &mut (),
        caption: Caption,
        _: &Outlet<Never>,
    ) -> Result<(), Fault> {
        let mut ledger = self.ledger.lock().unwrap();
        let next = ledger.numbered() + 1;
        match &caption {
            Caption::Transcript(it) => {
                let seq = if it.kind() == Kind::Final { next } else { next - 1 };
                ledger.caption(CaptionEvent::new(it, seq, &self.clock, false));
            }
            Caption::Translation(it) => panic!("nothing is translated here: {it:?}"),
            Caption::Gap(gap) => ledger.gap(GapEvent::new(gap, next)),
        }
        Ok(())
    }
}

/// Lets time pass only while nothing is at work: a clock that is left to itself runs on while a look is waited for.
async fn run_the_clock(registry: &Registry, making: &AtomicBool) {
    loop {
        tokio::task::yield_now().await;
        let recogniser = &registry.stages()[1];
        let has_work = recogniser.state == StageState::Running && registry.edges()[0].depth > 0;
        if !has_work && recogniser.busy_for.is_none() && !making.load(SeqCst) {
            tokio::time::advance(Duration::from_millis(2)).await;
        }
    }
}

/// A live pipeline that is read; restarts wait 250 ms, then twice as long each time.
struct Live {
    ledger: Arc<Mutex<Ledger>>,
    making: Arc<AtomicBool>,
    running: Running,
}

impl Live {
    async fn start(bomb: Bomb, limit: usize) -> Live {
        let budget = Budget::new(limit, Duration::from_secs(600), Duration::from_millis(250));
        let making = Arc::<AtomicBool>::default();
        let setting = Setting {
            live: true,
            when_full: WhenFull::DropOldest,
            max_lag: Some(Duration::from_secs(4)),
            recogniser: StageSettings { budget, ..StageSettings::default() },
            making: making.clone(),
        };
        let ledger = Arc::<Mutex<Ledger>>::default();
        let reader = Reader { ledger: ledger.clone(), clock: Clock::start() };
        let running = pipeline(setting, bomb, reader).start(HostSettings::default()).await;
        Live { ledger, making, running }
    }

    async fn ended(&mut self) -> Outcome {
        let registry = self.running.registry().clone();
        tokio::select! {
            outcome = self.running.ended() => outcome,
            () = run_the_clock(&registry, &self.making) => unreachable!(),
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn dropped(&self) -> u64 {
        self.running.registry().edges()[0].dropped
    }
}

#[track_caller]
fn assert_no_hole_is_unmarked(ledger: &Ledger) {
    assert!(ledger.open().is_none(), "stale words: {:?}", ledger.open());
    check_words(ledger);
    for pair in ledger.gaps.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{pair:?} overlap");
    }
}

#[tokio::test(start_paused = true)]
async fn sound_that_came_while_a_recogniser_was_away_too_long_is_a_gap_of_its_own() {
    // The waits are 250, 500, 1000, 2000 and 4000 ms: only the last is longer than the queue.
    let mut live = Live::start(Bomb::new(&[3, 13, 22, 41, 50], |_| ()), 9).await;
    assert_eq!(live.ended().await, Outcome::default());
    assert_eq!(live.running.registry().stages()[1].restarts, 5);
    let (ledger, dropped) = (live.ledger(), live.dropped());
    assert_no_hole_is_unmarked(&ledger);
    assert!(dropped > 50, "{dropped} frames of 20 ms");
    let gaps: Vec<_> = ledger.gaps.iter().map(|it| it.why.as_ref()).collect();
    assert_eq!(gaps, ["restart", "restart", "restart", "restart", "restart", "overload"]);
    let [.., torn, given_up] = &ledger.gaps[..] else { panic!("two gaps") };
    assert_eq!(torn.end, given_up.start, "they meet");
    let length = given_up.end - given_up.start;
    assert!((length - dropped as f64 * 0.02).abs() < 0.03, "{length} s of {dropped} frames");
    assert!(ledger.finals.values().any(|it| it.text.ends_with("w96")), "it goes on to the end");
}

#[tokio::test(start_paused = true)]
async fn sound_given_up_at_the_very_end_is_told_as_well() {
    // After the last one it is away for 8 s, and nothing comes after that: all that waits is too old by then.
    let started = Instant::now();
    let mut live = Live::start(Bomb::new(&[3, 13, 22, 31, 41, 93], |_| ()), 9).await;
    assert_eq!(live.ended().await, Outcome::default());
    let (ledger, took) = (live.ledger(), started.elapsed());
    assert_no_hole_is_unmarked(&ledger);
    assert!(live.dropped() > 0);
    let length = RATE.duration_of(sound().len());
    assert!(took > length + Duration::from_secs(4), "{took:?} of {length:?}");
    let last = ledger.gaps.last().unwrap();
    assert_eq!(last.why, "overload");
    assert!(
        (last.end - length.as_secs_f64()).abs() < 0.001,
        "{last:?} does not reach to {length:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_gives_up_keeps_its_promises() {
    let mut live = Live::start(Bomb::new(&[4, 14], |_| ()), 1).await;
    let outcome = live.ended().await;
    assert!(outcome.gave_up);
    let Some(failure) = outcome.failures.first() else { panic!("{outcome:?}") };
    assert_eq!((failure.stage.as_str(), failure.restarts), ("english", 1));
    let ledger = live.ledger();
    assert!(ledger.open().is_none(), "stale words: {:?}", ledger.open());
    let last = ledger.finals.values().last().unwrap();
    assert!(last.text.starts_with("w9 w10"), "{last:?}");
    let gap = ledger.gaps.last().unwrap();
    assert_eq!((gap.why.as_ref(), gap.start), ("restart", last.end), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_never_comes_back_is_named_and_keeps_nothing_from_ending() {
    let (let_go, held) = std::sync::mpsc::sync_channel::<()>(1);
    let held = Mutex::new(held);
    let hang = move |_: &str| assert!(held.lock().unwrap().recv().is_err());
    let mut live = Live::start(Bomb::new(&[13], hang), 9).await;
    let stuck = |live: &Live| {
        let recogniser = &live.running.registry().stages()[1];
        recogniser.why.as_ref().is_some_and(|why| why.starts_with("stuck"))
    };
    while !stuck(&live) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let told = Instant::now();
    live.running.stop();
    let outcome = live.running.ended().await;
    assert_eq!((outcome.held_out, outcome.gave_up), (vec!["english".to_owned()], false));
    assert!(told.elapsed() < HostSettings::default().grace + Duration::from_secs(1));
    let ledger = live.ledger();
    assert!(ledger.open().is_none(), "stale words: {:?}", ledger.open());
    assert!(!ledger.gaps.is_empty(), "what it was at is marked");
    drop(let_go);
}
