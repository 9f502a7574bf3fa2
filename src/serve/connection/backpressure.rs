//! What is seen of one viewer's connection from outside the library, and the brake on what it sends.
use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::task::AtomicWaker;
use serde_json::value::RawValue;
use socketioxide::extract::AckSender;
use tokio::{sync::Notify, time::timeout};

/// How many answers may wait for one client. More than one message of the default size asks for; a client that
/// manages more is flooding.
const ANSWERS: usize = 16 * 1024;

/// A client is not read while so many events of its own, or answers to them, are still on their way to it: so nobody can
/// send faster than it is able to hear, and a burst reaches all that are as quick as its sender.
const AHEAD: u64 = 256;

/// An acknowledgement on its way. Without data it is empty.
pub(crate) struct Answer {
    pub(crate) to: AckSender,
    pub(crate) data: Option<Box<RawValue>>,
}

/// One viewer's connection. The library gives no sight of its queues; this is what can be seen of them from outside.
pub(crate) struct Backpressure {
    /// How often the viewer has taken all that was written for it so far.
    taken: AtomicU64,
    /// Rung when it has.
    room: Notify,
    /// The place of the next relayed event that it gets.
    heard: AtomicU64,
    /// Those that are owed. No channel: it would take room for 32 of them where there is none.
    answers: Mutex<VecDeque<Answer>>,
    /// How many those are: where there are none the lock need not be taken.
    owed: AtomicUsize,
    /// Rung when an answer is owed.
    owes: Notify,
    /// The socket is gone.
    gone: AtomicBool,
    held: AtomicBool,
    reader: AtomicWaker,
}

impl Backpressure {
    pub(crate) fn new() -> Arc<Backpressure> {
        Arc::new(Backpressure {
            taken: AtomicU64::new(0),
            room: Notify::new(),
            heard: AtomicU64::new(0),
            answers: Mutex::default(),
            owed: AtomicUsize::new(0),
            owes: Notify::new(),
            gone: AtomicBool::new(false),
            held: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        })
    }

    pub(crate) fn times_taken(&self) -> u64 {
        self.taken.load(SeqCst)
    }

    /// It has taken all that was written for it.
    pub(crate) fn add_taken(&self) {
        self.taken.fetch_add(1, SeqCst);
        self.room.notify_one();
    }

    /// Returns once more has been taken, or after `longest`.
    pub(crate) async fn more_taken(&self, longest: Duration) {
        let _ = timeout(longest, self.room.notified()).await;
    }

    /// Whether there was room for it.
    pub(crate) fn owe(&self, answer: Answer) -> bool {
        let mut answers = self.answers();
        let has_room = answers.len() < ANSWERS;
        if has_room {
            answers.push_back(answer);
            self.owed.store(answers.len(), SeqCst);
        }
        drop(answers);
        self.owes.notify_one();
        has_room
    }

    /// The next answer that is to be sent.
    pub(crate) fn owed(&self) -> Option<Answer> {
        if self.owed.load(SeqCst) == 0 {
            return None;
        }
        let mut answers = self.answers();
        let next = answers.pop_front();
        self.owed.store(answers.len(), SeqCst);
        if answers.is_empty() {
            answers.shrink_to_fit();
        }
        next
    }

    /// Returns when an answer is owed, or the socket is gone.
    pub(crate) async fn owes(&self) {
        self.owes.notified().await;
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(SeqCst)
    }

    pub(crate) fn heard(&self) -> u64 {
        self.heard.load(SeqCst)
    }

    pub(crate) fn set_heard(&self, place: u64) {
        self.heard.store(place, SeqCst);
    }

    /// The client has sent something: it is held where it is too far ahead of what it hears. `next`: the place of the
    /// next relayed event.
    pub(crate) fn brake(&self, next: u64) {
        if self.is_ahead(next, AHEAD) {
            self.held.store(true, SeqCst);
            // Its task may have caught up in between, and would not look any more.
            self.ease(next);
        }
    }

    /// The client has been sent something: it is let go where it has caught up.
    pub(crate) fn ease(&self, next: u64) {
        if self.held.load(SeqCst) && !self.is_ahead(next, AHEAD / 2) {
            self.held.store(false, SeqCst);
            self.reader.wake();
        }
    }

    /// The viewer is gone: its task ends, and nothing will catch up any more.
    pub(crate) fn let_go(&self) {
        self.gone.store(true, SeqCst);
        self.owes.notify_one();
        self.room.notify_one();
        self.set_heard(u64::MAX);
        self.held.store(false, SeqCst);
        self.reader.wake();
    }

    /// Ready when the client may be read.
    pub(crate) fn poll_read(&self, context: &mut Context<'_>) -> Poll<()> {
        if !self.held.load(SeqCst) {
            return Poll::Ready(());
        }
        self.reader.register(context.waker());
        match self.held.load(SeqCst) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }

    /// For a request of a polling client: returns when it may be read, or after `longest`.
    pub(crate) async fn may_read(&self, longest: Duration) {
        let _ = timeout(longest, poll_fn(|context| self.poll_read(context))).await;
    }

    fn is_ahead(&self, next: u64, by: u64) -> bool {
        next.saturating_sub(self.heard()) > by || self.owed.load(SeqCst) as u64 > by
    }

    fn answers(&self) -> MutexGuard<'_, VecDeque<Answer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, task::noop_waker};

    use super::*;

    fn may_read(traffic: &Backpressure) -> bool {
        traffic.poll_read(&mut Context::from_waker(&noop_waker())).is_ready()
    }

    #[test]
    fn who_is_far_ahead_of_what_it_hears_is_not_read_until_it_has_caught_up() {
        let traffic = Backpressure::new();
        traffic.brake(AHEAD);
        assert!(may_read(&traffic));
        traffic.brake(AHEAD + 1);
        assert!(!may_read(&traffic));
        traffic.set_heard(AHEAD / 2);
        traffic.ease(AHEAD + 1);
        assert!(!may_read(&traffic));
        traffic.set_heard(AHEAD / 2 + 1);
        traffic.ease(AHEAD + 1);
        assert!(may_read(&traffic));
    }

    #[tokio::test]
    async fn what_was_taken_before_anybody_waited_is_not_waited_for() {
        let traffic = Backpressure::new();
        traffic.add_taken();
        traffic.more_taken(Duration::MAX).now_or_never().expect("it is known already");
        assert_eq!(traffic.times_taken(), 1);
    }
}
