//! Backpressure of one connection: how much the viewer has read, and when its own events are read.
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

/// Acknowledgements that may wait for one client. It is more than one message of the default size can ask for; a client with
/// more is flooding.
const ANSWERS: usize = 16 * 1024;

/// A client is not read while more than this many relayed events or acknowledgements wait to be sent to it. So no client can
/// send faster than it receives, and a burst reaches all clients that are as fast as its sender.
const AHEAD: u64 = 256;

/// An acknowledgement that is to be sent. Without data it is empty.
pub(crate) struct Answer {
    pub(crate) to: AckSender,
    pub(crate) data: Option<Box<RawValue>>,
}

/// The state of one viewer's connection. The queues of the library cannot be inspected; this is what is known of them.
pub(crate) struct Backpressure {
    /// How often everything written so far had been flushed to the viewer.
    taken: AtomicU64,
    /// Notified when that happens.
    room: Notify,
    /// The position of the next relayed event to send.
    heard: AtomicU64,
    /// Acknowledgements to be sent. A channel would allocate room for 32 of them at once.
    answers: Mutex<VecDeque<Answer>>,
    /// Their number, so that the lock need not be taken where there are none.
    owed: AtomicUsize,
    /// Notified when an acknowledgement is added.
    owes: Notify,
    /// The socket is disconnected.
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

    /// Everything written so far has been flushed.
    pub(crate) fn add_taken(&self) {
        self.taken.fetch_add(1, SeqCst);
        self.room.notify_one();
    }

    /// Returns after the next flush, or after `longest`.
    pub(crate) async fn more_taken(&self, longest: Duration) {
        let _ = timeout(longest, self.room.notified()).await;
    }

    /// Adds an acknowledgement. False if there was no room.
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

    /// Takes the next acknowledgement to send.
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

    /// Returns when an acknowledgement was added, or the socket is disconnected.
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

    /// Called when the client has sent something. It is not read any more if too much waits to be sent to it. `next`: the position
    /// of the next relayed event.
    pub(crate) fn brake(&self, next: u64) {
        if self.is_ahead(next, AHEAD) {
            self.held.store(true, SeqCst);
            // Its task may have caught up in between, and would not check again.
            self.ease(next);
        }
    }

    /// Called when something was sent to the client. It is read again if little enough waits.
    pub(crate) fn ease(&self, next: u64) {
        if self.held.load(SeqCst) && !self.is_ahead(next, AHEAD / 2) {
            self.held.store(false, SeqCst);
            self.reader.wake();
        }
    }

    /// The viewer is disconnected. Its task ends, so reading must not be blocked any more.
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

    /// For a request by long-polling: returns when it may be read, or after `longest`.
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
