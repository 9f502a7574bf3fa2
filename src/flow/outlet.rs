//! The writing end of every edge that leaves one stage.
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use super::{Gate, Item, Mended, Sender, StageGauge, edge::Offered};

/// Nobody listens to the stage any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

type Mark<T> = Box<dyn Fn(&mut T) + Send + Sync>;

/// Offers an item to all edges at once, each with its own policy: a slow listener can only slow those that asked to be
/// waited for. An edge whose listener is gone is passed over.
pub struct Outlet<T: Item> {
    edges: Vec<Sender<T>>,
    gauge: Arc<StageGauge>,
    gate: Option<Gate>,
    mark: Option<Mark<T>>,
    /// Something was left out since the last item.
    left_out: AtomicBool,
}

impl<T: Item> Outlet<T> {
    /// `gauge` is that of the stage which writes: its time spent waiting for room does not count as busy.
    pub fn new(edges: Vec<Sender<T>>, gauge: Arc<StageGauge>) -> Outlet<T> {
        Outlet { edges, gauge, gate: None, mark: None, left_out: AtomicBool::new(false) }
    }

    /// Of a source that can be paused.
    #[must_use]
    pub fn gated(self, gate: Gate) -> Outlet<T> {
        Outlet { gate: Some(gate), ..self }
    }

    /// Changes each item before it is offered: with what a file says of the stage and the stage need not know.
    #[must_use]
    pub fn marking(self, mark: impl Fn(&mut T) + Send + Sync + 'static) -> Outlet<T> {
        Outlet { mark: Some(Box::new(mark)), ..self }
    }

    /// Of the stage which writes: where it says that something outside is missing.
    pub fn gauge(&self) -> &StageGauge {
        &self.gauge
    }

    /// Returns when every edge has settled the item. An error where the last listener is gone.
    pub async fn send(&self, mut item: T) -> Result<(), Closed> {
        for Mended { what, count, warning } in item.mend() {
            if self.gauge.count_more(what, count) == count {
                tracing::warn!(stage = self.gauge.name(), "{warning}");
            }
        }
        if let Some(mark) = &self.mark {
            mark(&mut item);
        }
        // Of a source only: what other stages give was heard there already. A paused microphone still shows that it works.
        if let Some(peak) = self.gate.as_ref().and_then(|_| item.peak()) {
            self.gauge.heard(peak);
        }
        if T::PAUSES && self.gate.as_ref().is_some_and(Gate::is_paused) {
            self.gauge.count("paused");
            let is_first = !self.left_out.swap(true, Relaxed);
            return match item.interruption().filter(|_| is_first) {
                Some(item) => self.deliver(item).await,
                None => Ok(()),
            };
        }
        if self.left_out.swap(false, Relaxed) {
            item.follow_a_pause();
        }
        self.deliver(item).await
    }

    async fn deliver(&self, item: T) -> Result<(), Closed> {
        let Some((last, others)) = self.edges.split_last() else { return Err(Closed) };
        let mut reached = false;
        let mut full = Vec::new();
        let mut offer = |edge, item| match Sender::offer(edge, item) {
            Offered::Settled => reached = true,
            Offered::Full(item) => full.push((edge, item)),
            Offered::Gone => (),
        };
        for edge in others {
            offer(edge, item.clone());
        }
        offer(last, item);
        if !full.is_empty() {
            let _waiting = self.gauge.waiting();
            // The usual case is one full edge; several are waited for together.
            let settled = match full.len() {
                1 => {
                    let (edge, item) = full.remove(0);
                    edge.push(item).await
                }
                _ => {
                    let pushes = full.into_iter().map(|(edge, item)| edge.push(item));
                    futures::future::join_all(pushes).await.contains(&true)
                }
            };
            reached |= settled;
        }
        if reached { Ok(()) } else { Err(Closed) }
    }
}
