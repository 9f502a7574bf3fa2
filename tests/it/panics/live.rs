//! Panics of a recogniser that cannot make the sound wait: what comes while it is away is queued, then given up, and told.
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use livecap::{
    flow::{Board, Fault, Never, Outlet, Stage, StageState, WhenFull},
    host::{HostSettings, StageSettings},
    logic::budget::Budget,
    message::{Caption, Kind},
    stages::wire::{CaptionEvent, Clock, GapEvent},
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

    async fn handle(&mut self, caption: Caption, _: &Outlet<Never>) -> Result<(), Fault> {
        let mut ledger = self.ledger.lock().unwrap();
        let next = ledger.numbered() + 1;
        match &caption {
            Caption::Transcript(it) => {
                let seq = if it.kind() == Kind::Final { next } else { next - 1 };
                ledger.caption(CaptionEvent::new(it, seq, &self.clock, false));
            }
            Caption::Gap(gap) => ledger.gap(GapEvent::new(gap, next)),
        }
        Ok(())
    }
}

/// Lets time pass only while nothing is at work: a clock that is left to itself runs on while a look is waited for.
async fn run_the_clock(board: &Board, making: &AtomicBool) {
    loop {
        tokio::task::yield_now().await;
        let recogniser = &board.stages()[1];
        let has_work = recogniser.state == StageState::Running && board.edges()[0].depth > 0;
        if !has_work && recogniser.busy_for.is_none() && !making.load(SeqCst) {
            tokio::time::advance(Duration::from_millis(2)).await;
        }
    }
}

/// Waits 250 ms before the first restart, twice as long before each next one.
async fn run_live(bombs: &[usize]) -> (Ledger, u64, Duration) {
    let recogniser = StageSettings {
        budget: Budget::new(20, Duration::from_secs(600), Duration::from_millis(250)),
        ..StageSettings::default()
    };
    let max_lag = Some(Duration::from_secs(4));
    let making = Arc::<AtomicBool>::default();
    let setting = Setting {
        live: true,
        when_full: WhenFull::DropOldest,
        max_lag,
        recogniser,
        making: making.clone(),
    };
    let ledger = Arc::<Mutex<Ledger>>::default();
    let reader = Reader { ledger: ledger.clone(), clock: Clock::start() };
    let started = Instant::now();
    let pipeline = pipeline(setting, Bomb::new(bombs, |_| ()), reader);
    let mut running = pipeline.start(HostSettings::default()).await;
    let board = running.board().clone();
    let outcome = tokio::select! {
        outcome = running.ended() => outcome,
        () = run_the_clock(&board, &making) => unreachable!(),
    };
    assert_eq!(outcome, Default::default());
    assert_eq!(running.board().stages()[1].restarts, bombs.len() as u64);
    let dropped = running.board().edges()[0].dropped;
    (std::mem::take(&mut *ledger.lock().unwrap()), dropped, started.elapsed())
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
    let (ledger, dropped, _) = run_live(&[3, 13, 22, 41, 50]).await;
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
    let (ledger, dropped, took) = run_live(&[3, 13, 22, 31, 41, 93]).await;
    assert_no_hole_is_unmarked(&ledger);
    assert!(dropped > 0);
    let length = RATE.duration_of(sound().len());
    assert!(took > length + Duration::from_secs(4), "{took:?} of {length:?}");
    let last = ledger.gaps.last().unwrap();
    assert_eq!(last.why, "overload");
    assert!(
        (last.end - length.as_secs_f64()).abs() < 0.001,
        "{last:?} does not reach to {length:?}"
    );
}
