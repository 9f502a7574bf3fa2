//! One bounded edge: a queue with a size, a policy for when it is full, and counts of all that passed.
use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::task::AtomicWaker;
use tokio::{sync::Notify, time::Instant};

use super::{EdgeReading, Item, gauge::EdgeGauge};

/// What an edge does with an item it has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The stage before it waits. Nothing is lost.
    Wait,
    /// The item that waited longest is given up, and counted.
    DropOldest,
    /// The new item is given up, and counted.
    DropNewest,
    /// An item takes the place of the one it supersedes, whether or not the edge is full. Where there is no room, fleeting
    /// items are left out, the others wait. So no final is ever lost, and no partial is ever stale.
    Coalesce,
}

/// How much may wait on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Items(NonZeroUsize),
    /// By the sum of [`Item::length`]. An item longer than all the room is taken by an empty edge.
    Span(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeSettings {
    pub room: Room,
    pub when_full: WhenFull,
}

/// The writing end, part of the outlet of the stage before the edge.
pub struct Sender<T: Item>(Arc<Queue<T>>);
/// The reading end, part of the inlet of the stage behind the edge.
pub struct Receiver<T: Item>(Arc<Queue<T>>);

pub fn edge<T: Item>(from: &str, to: &str, settings: EdgeSettings) -> (Sender<T>, Receiver<T>) {
    let (size, holds) = match settings.room {
        Room::Items(size) => (size.get(), Duration::ZERO),
        Room::Span(holds) => (0, holds),
    };
    let reading = EdgeReading {
        from: from.to_owned(),
        to: to.to_owned(),
        size,
        holds,
        ..EdgeReading::default()
    };
    let state = State {
        items: VecDeque::new(),
        held: Duration::ZERO,
        reading,
        ended: false,
        listening: true,
        waiting: 0,
        held_up_since: None,
        bell: Arc::default(),
    };
    let queue = Arc::new(Queue { settings, state: Mutex::new(state), freed: Notify::new() });
    (Sender(queue.clone()), Receiver(queue))
}

struct Queue<T: Item> {
    settings: EdgeSettings,
    state: Mutex<State<T>>,
    freed: Notify,
}

struct State<T> {
    items: VecDeque<T>,
    held: Duration,
    reading: EdgeReading,
    ended: bool,
    listening: bool,
    /// Senders that found no room and have not been woken since.
    waiting: usize,
    /// Since when the stage before it waits for room.
    held_up_since: Option<Instant>,
    bell: Arc<AtomicWaker>,
}

/// What became of an offered item.
pub(super) enum Offered<T> {
    /// It waits on the edge, or was given up as the policy says.
    Settled,
    Full(T),
    /// The stage behind the edge is gone.
    Gone,
}

impl<T: Item> Sender<T> {
    pub(super) fn offer(&self, item: T) -> Offered<T> {
        let mut state = self.0.lock();
        if !state.listening {
            return Offered::Gone;
        }
        if self.0.settings.when_full == WhenFull::Coalesce {
            state.leave_out(|older| item.supersedes(older));
        }
        while !self.0.has_room(&state, &item) {
            match self.0.settings.when_full {
                WhenFull::DropOldest => state.drop_oldest(),
                WhenFull::DropNewest => return state.refuse(|reading| &mut reading.dropped),
                WhenFull::Coalesce if item.is_fleeting() => {
                    return state.refuse(|reading| &mut reading.coalesced);
                }
                WhenFull::Coalesce if state.leave_out(T::is_fleeting) => (),
                WhenFull::Coalesce | WhenFull::Wait => {
                    state.waiting += 1;
                    return Offered::Full(item);
                }
            }
        }
        state.push(item);
        Offered::Settled
    }

    /// Waits until there is room. False where the stage behind the edge is gone.
    pub(super) async fn push(&self, mut item: T) -> bool {
        let _counted = HeldUp::now(&self.0);
        loop {
            self.0.freed.notified().await;
            match self.offer(item) {
                Offered::Full(back) => item = back,
                settled => return matches!(settled, Offered::Settled),
            }
        }
    }

    /// A reader of the counts that outlasts both ends.
    pub fn gauge(&self) -> Arc<dyn EdgeGauge> {
        self.0.clone()
    }
}

impl<T: Item> Receiver<T> {
    pub(super) fn ring(&self, bell: &Arc<AtomicWaker>) {
        self.0.lock().bell = bell.clone();
    }

    pub(super) fn take(&self) -> Option<T> {
        let mut state = self.0.lock();
        let item = state.pop()?;
        state.reading.taken += 1;
        if state.waiting > 0 {
            state.waiting -= 1;
            self.0.freed.notify_one();
        }
        Some(item)
    }

    /// Whether nothing waits and nothing will come.
    pub(super) fn is_over(&self) -> bool {
        let state = self.0.lock();
        state.ended && state.items.is_empty()
    }
}

impl<T: Item> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ended = true;
        state.bell.wake();
    }
}

impl<T: Item> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.listening = false;
        let waiting = std::mem::take(&mut state.waiting);
        // What still waits is lost to this listener, and nobody will take it: let go of it outside of the lock.
        let lost = std::mem::take(&mut state.items);
        state.reading.dropped += lost.len() as u64;
        state.held = Duration::ZERO;
        drop(state);
        drop(lost);
        (0..waiting).for_each(|_| self.0.freed.notify_one());
        self.0.freed.notify_waiters();
    }
}

/// Counts the time for as long as it lives, also where the wait is called off.
struct HeldUp<'a, T: Item>(&'a Queue<T>);

impl<T: Item> HeldUp<'_, T> {
    fn now(queue: &Queue<T>) -> HeldUp<'_, T> {
        queue.lock().held_up_since = Some(Instant::now());
        HeldUp(queue)
    }
}

impl<T: Item> Drop for HeldUp<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if let Some(since) = state.held_up_since.take() {
            state.reading.waited += since.elapsed();
        }
    }
}

impl<T: Item> EdgeGauge for Queue<T> {
    fn read(&self) -> EdgeReading {
        let state = self.lock();
        let now = state.held_up_since.map_or(Duration::ZERO, |since| since.elapsed());
        let waited = state.reading.waited + now;
        EdgeReading { depth: state.items.len(), held: state.held, waited, ..state.reading.clone() }
    }
}

impl<T: Item> Queue<T> {
    /// A panic of an item's own code under the lock leaves counts that are at worst off by that item.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self, state: &State<T>, item: &T) -> bool {
        match self.settings.room {
            Room::Items(size) => state.items.len() < size.get(),
            Room::Span(holds) => state.items.is_empty() || state.held + weight(item) <= holds,
        }
    }
}

impl<T: Item> State<T> {
    fn push(&mut self, item: T) {
        self.held += weight(&item);
        self.items.push_back(item);
        self.reading.received += 1;
        self.reading.high_water = self.reading.high_water.max(self.items.len());
        // A reader only sleeps after it has seen all its edges empty, so the first item is the one to wake it.
        if self.items.len() == 1 {
            self.bell.wake();
        }
    }

    fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        self.held = self.held.saturating_sub(weight(&item));
        Some(item)
    }

    fn drop_oldest(&mut self) {
        if self.pop().is_some() {
            self.reading.dropped += 1;
        }
    }

    fn refuse(&mut self, count: fn(&mut EdgeReading) -> &mut u64) -> Offered<T> {
        self.reading.received += 1;
        *count(&mut self.reading) += 1;
        Offered::Settled
    }

    /// Leaves out every waiting item that is `worthless`. Whether there was one.
    fn leave_out(&mut self, worthless: impl Fn(&T) -> bool) -> bool {
        let before = self.items.len();
        self.items.retain(|item| !worthless(item));
        let left_out = before - self.items.len();
        if left_out > 0 {
            self.held = self.items.iter().map(weight).sum();
            self.reading.coalesced += left_out as u64;
        }
        left_out > 0
    }
}

/// What an item takes of a room that is a length of time. One without a length counts too: every edge has a size.
fn weight<T: Item>(item: &T) -> Duration {
    item.length().max(Duration::from_millis(1))
}
