//! The keeper between a log and a scripted journal, on a clock that stands still.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt};
use tokio::{sync::watch, task::yield_now, time::advance};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    flow::StageState,
    message::Retention,
    serve::{
        bell::Bell,
        captions::{log::Run, shared::Captions},
    },
    wire::{Clock, SoundFile, SoundFiles},
};

/// What the journal answers to one batch.
#[derive(Clone, Copy)]
enum Answer {
    Kept,
    /// Kept, after so many ms.
    Slowly(u64),
    Full,
    Broken,
}

/// Answers as it was told to, and after that keeps everything.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    kept: Mutex<Vec<u64>>,
    batches: Mutex<Vec<Batch>>,
    stops: Mutex<u32>,
}

impl Journal for Scripted {
    fn write(&self, batch: Batch) -> BoxFuture<'_, Result<(), WriteError>> {
        async move {
            let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Kept);
            let fails = |why: &str, may_pass| Err(WriteError { why: why.to_owned(), may_pass });
            match answer {
                Answer::Full => return fails("the disk is full", true),
                Answer::Broken => return fails("no journal any more", false),
                Answer::Slowly(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                Answer::Kept => (),
            }
            self.kept.lock().unwrap().extend(batch.entries.iter().map(|(seq, ..)| *seq));
            self.batches.lock().unwrap().push(batch);
            Ok(())
        }
        .boxed()
    }

    fn sync(&self) -> BoxFuture<'_, Result<(), WriteError>> {
        async { Ok(()) }.boxed()
    }

    fn prune(&self, _: u64) -> BoxFuture<'_, Result<(), WriteError>> {
        async { Ok(()) }.boxed()
    }

    fn stop(&self, _: u64) -> BoxFuture<'_, Result<(), WriteError>> {
        *self.stops.lock().unwrap() += 1;
        async { Ok(()) }.boxed()
    }
}

struct Running {
    captions: Arc<Captions>,
    journal: Arc<Scripted>,
    gauge: Arc<StageGauge>,
    sounds: SoundFiles,
    ending: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    _states: watch::Sender<Option<Arc<serde_json::value::RawValue>>>,
}

impl Running {
    fn start(answers: &[Answer]) -> Running {
        let bell = Bell::default();
        let captions = Arc::new(Captions::new(Retention::default(), Run::default(), bell.clone()));
        let journal = Arc::new(Scripted::default());
        journal.answers.lock().unwrap().extend(answers);
        let gauge = StageGauge::new("book");
        let sounds = SoundFiles::default();
        let settings = JournalSettings {
            journal: journal.clone(),
            continued: Continued { next: 1, offset: 60.0, ..Continued::default() },
            gauge: gauge.clone(),
            batch: Duration::from_millis(200),
            patience: Duration::from_millis(250),
            sounds: sounds.clone(),
        };
        let (states, told) = watch::channel(None);
        let ending = CancellationToken::new();
        let site = Site {
            captions: captions.clone(),
            bell,
            clock: Clock::start(),
            states: told,
            ending: ending.clone(),
            returning: CancellationToken::new(),
        };
        let task = tokio::spawn(Keeper::new(site, settings).keep());
        Running { captions, journal, gauge, sounds, ending, task, _states: states }
    }

    /// A mark is an event like any other.
    fn say(&self) {
        self.captions.say(|log| log.mark(String::new(), tokio::time::Instant::now()));
    }

    /// Lets the keeper do what it can do now.
    async fn settle(&self) {
        for _ in 0..50 {
            yield_now().await;
        }
    }

    /// How many events viewers see.
    fn seen(&self) -> u64 {
        self.captions.log().next() - 1
    }

    fn kept(&self) -> Vec<u64> {
        self.journal.kept.lock().unwrap().clone()
    }

    fn counted(&self, what: &str) -> u64 {
        self.gauge.read().counts.get(what).copied().unwrap_or_default()
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_seen_once_it_is_kept() {
    let running = Running::start(&[Answer::Slowly(100)]);
    running.settle().await;
    running.say();
    running.settle().await;
    assert_eq!((running.seen(), running.kept()), (0, vec![]));
    advance(Duration::from_millis(101)).await;
    running.settle().await;
    assert_eq!((running.seen(), running.kept()), (1, vec![1]));
    assert_eq!(running.gauge.read().state, StageState::Running);
}

#[tokio::test(start_paused = true)]
async fn viewers_do_not_wait_for_a_slow_disk_longer_than_the_patience() {
    let running = Running::start(&[Answer::Slowly(5000)]);
    running.settle().await;
    running.say();
    running.settle().await;
    advance(Duration::from_millis(251)).await;
    running.settle().await;
    running.say();
    running.settle().await;
    assert_eq!((running.seen(), running.kept(), running.counted("late")), (2, vec![], 1));
    advance(Duration::from_millis(5000)).await;
    running.settle().await;
    assert_eq!(running.kept(), [1, 2]);
    running.say();
    running.settle().await;
    assert_eq!((running.seen(), running.kept()), (3, vec![1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_told_and_everything_is_kept_once_there_is_room() {
    let running = Running::start(&[Answer::Kept, Answer::Full, Answer::Full, Answer::Full]);
    running.settle().await;
    for _ in 0..3 {
        running.say();
        running.settle().await;
    }
    let reading = running.gauge.read();
    assert_eq!(
        (reading.state, reading.why.as_deref()),
        (StageState::Degraded, Some("the disk is full"))
    );
    assert_eq!((running.seen(), running.kept()), (3, vec![1]), "captions go on");
    for _ in 0..4 {
        advance(Duration::from_secs(1)).await;
        running.settle().await;
    }
    assert_eq!((running.seen(), running.kept()), (3, vec![1, 2, 3]));
    assert_eq!((running.gauge.read().state, running.counted("failures")), (StageState::Running, 3));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_any_more_holds_nobody_back() {
    let running = Running::start(&[Answer::Broken]);
    running.settle().await;
    running.say();
    running.settle().await;
    running.say();
    running.settle().await;
    assert_eq!((running.seen(), running.kept()), (2, vec![]));
    assert_eq!(running.gauge.read().state, StageState::Failed);
}

#[tokio::test(start_paused = true)]
async fn the_rest_is_kept_before_the_end() {
    let running = Running::start(&[]);
    running.settle().await;
    running.say();
    running.ending.cancel();
    running.say();
    running.captions.say(|log| log.end());
    running.task.await.unwrap();
    assert_eq!(*running.journal.kept.lock().unwrap(), [1, 2]);
    assert_eq!(*running.journal.stops.lock().unwrap(), 1);
    assert!(running.journal.batches.lock().unwrap().iter().any(|it| it.ended));
    assert_eq!(running.captions.log().next(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_file_of_sound_is_kept_once_and_on_the_timeline_of_the_event() {
    let running = Running::start(&[Answer::Kept, Answer::Full]);
    running.settle().await;
    running.say();
    running.settle().await;
    let file = |start| SoundFile {
        path: "/talk.wav".to_owned(),
        start,
        tracks: vec!["english".to_owned()],
    };
    running.sounds.tell(file(2.5));
    for _ in 0..4 {
        advance(Duration::from_secs(1)).await;
        running.settle().await;
    }
    let batches = running.journal.batches.lock().unwrap();
    let kept: Vec<SoundFile> = batches.iter().flat_map(|it| it.sounds.clone()).collect();
    assert_eq!(kept, [file(62.5)]);
    assert_eq!(running.counted("failures"), 1);
}
