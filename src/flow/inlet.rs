//! The reading end of every edge that reaches one stage.
use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
};

use futures::task::AtomicWaker;

use super::{Item, Receiver};

/// What a stage is to do with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer<T> {
    /// Take it.
    Handle(T),
    /// Two runs failed on it: pass on what says so.
    Failed(T),
}

/// Takes from its edges in turn. It outlives the runs of its stage, and so does the item in hand, where items are
/// offered again: it is let go of when it has been dealt with, not when it was taken.
pub struct Inlet<T: Item> {
    edges: Vec<Receiver<T>>,
    turn: usize,
    bell: Arc<AtomicWaker>,
    in_hand: Option<InHand<T>>,
}

struct InHand<T> {
    item: T,
    offers: u32,
}

impl<T: Item> Inlet<T> {
    pub fn new(edges: Vec<Receiver<T>>) -> Inlet<T> {
        let bell = Arc::new(AtomicWaker::new());
        for edge in &edges {
            edge.ring(&bell);
        }
        Inlet { edges, turn: 0, bell, in_hand: None }
    }

    /// The next item, or `None` once every stage before has ended and the edges are drained.
    pub async fn next(&mut self) -> Option<Offer<T>> {
        if T::OFFERED_AGAIN
            && let Some(again) = self.again()
        {
            return Some(again);
        }
        let item = poll_fn(|context| self.poll_take(context)).await?;
        if !T::OFFERED_AGAIN {
            return Some(Offer::Handle(item));
        }
        // In hand before it is copied, so that it is not lost where that fails.
        let held = self.in_hand.insert(InHand { item, offers: 1 });
        Some(Offer::Handle(held.item.clone()))
    }

    /// The item in hand has been dealt with.
    pub fn settle(&mut self) {
        self.in_hand = None;
    }

    /// The item that a run before this one failed on. After it was given up in vain too it is let go.
    fn again(&mut self) -> Option<Offer<T>> {
        let held = self.in_hand.as_mut()?;
        held.offers += 1;
        match held.offers {
            ..=2 => Some(Offer::Handle(held.item.clone())),
            3 => Some(Offer::Failed(held.item.clone())),
            _ => {
                self.in_hand = None;
                None
            }
        }
    }

    fn poll_take(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        if let Some(item) = self.take() {
            return Poll::Ready(Some(item));
        }
        // Registered before the edges are looked at again, so that nothing can arrive unseen in between.
        self.bell.register(context.waker());
        // Asked before the last look: what ends has sent all it had.
        let over = self.edges.iter().all(Receiver::is_over);
        match self.take() {
            Some(item) => Poll::Ready(Some(item)),
            None if over => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn take(&mut self) -> Option<T> {
        let count = self.edges.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            if let Some(item) = self.edges[at].take() {
                self.turn = (at + 1) % count;
                return Some(item);
            }
        }
        None
    }
}
