//! The writing end of every edge that leaves one stage.
use std::sync::Arc;

use super::{Item, Sender, StageGauge, edge::Offered};

/// Nobody listens to the stage any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// Offers an item to all edges at once, each with its own policy: a slow listener can only slow those that asked to be
/// waited for. An edge whose listener is gone is passed over.
pub struct Outlet<T: Item> {
    edges: Vec<Sender<T>>,
    gauge: Arc<StageGauge>,
}

impl<T: Item> Outlet<T> {
    /// `gauge` is that of the stage which writes: its time spent waiting for room does not count as busy.
    pub fn new(edges: Vec<Sender<T>>, gauge: Arc<StageGauge>) -> Outlet<T> {
        Outlet { edges, gauge }
    }

    /// Of the stage which writes: where it says that something outside is missing.
    pub fn gauge(&self) -> &StageGauge {
        &self.gauge
    }

    /// Returns when every edge has settled the item. An error where the last listener is gone.
    pub async fn send(&self, item: T) -> Result<(), Closed> {
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
