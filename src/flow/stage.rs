//! What runs between edges: stages and sources, and how their work can fail.
use std::future::Future;

use tokio_util::sync::CancellationToken;

use super::{Closed, Item, Outlet};

/// Takes items, gives items. A sink gives [`Never`](super::Never).
///
/// A stage that fails is made anew; `Kept` is what outlives its runs. The host owns it and lends it to each call.
pub trait Stage: Send + 'static {
    type In: Item;
    type Out: Item;
    type Kept: Send + 'static;

    /// A run begins, before its first item.
    fn on_start(&mut self, _kept: &mut Self::Kept) {}

    /// Runs to completion once begun: a pipeline only stops between items.
    fn handle(
        &mut self,
        kept: &mut Self::Kept,
        item: Self::In,
        out: &Outlet<Self::Out>,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Upstream has ended: give what is still held back.
    fn flush(
        &mut self,
        _kept: &mut Self::Kept,
        _out: &Outlet<Self::Out>,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Ok(()) }
    }

    /// Returns when there is something to do though nothing has come: an answer from outside, a time that is over. An item
    /// that comes first calls it off.
    fn wake(&mut self, _kept: &mut Self::Kept) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }

    /// Does it. As with an item, it runs to completion once begun.
    fn tend(
        &mut self,
        _kept: &mut Self::Kept,
        _out: &Outlet<Self::Out>,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Ok(()) }
    }

    /// Whether it waits for something from outside, which [`wake`](Self::wake) will tell. Asked when upstream has ended and
    /// it has flushed: it lives on until it owes nothing.
    fn owes(&self, _kept: &Self::Kept) -> bool {
        false
    }

    /// Two runs failed on `item`: pass on what says so in its place. Only asked where items are offered again.
    fn fail_item(
        &mut self,
        _kept: &mut Self::Kept,
        _item: Self::In,
        _out: &Outlet<Self::Out>,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Ok(()) }
    }

    /// No run will follow, because the stage gave up or was ended: what it still owes to those downstream.
    fn on_terminate(_kept: &mut Self::Kept) -> Vec<Self::Out> {
        Vec::new()
    }
}

/// Gives items of its own accord until it has no more, or is told to stop.
pub trait Source: Send + 'static {
    type Out: Item;

    fn run(
        &mut self,
        out: &Outlet<Self::Out>,
        stop: CancellationToken,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a stage ended early. The variant decides what the supervisor does; nothing above matches on text.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nobody listens any more: end quietly.
    #[error("nothing listens downstream any more")]
    DownstreamGone,
    /// May well work the next time: restart after a wait.
    #[error("{0}")]
    Transient(#[source] BoxError),
    /// Will not get better by itself: give up, and say why.
    #[error("{0}")]
    Permanent(#[source] BoxError),
    /// Restart after a wait.
    #[error("panicked: {0}")]
    Panicked(String),
}

impl Fault {
    pub fn transient(cause: impl Into<BoxError>) -> Fault {
        Fault::Transient(cause.into())
    }

    pub fn permanent(cause: impl Into<BoxError>) -> Fault {
        Fault::Permanent(cause.into())
    }

    /// From what a thread or a task left behind when it panicked.
    pub fn panicked(payload: &(dyn std::any::Any + Send)) -> Fault {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Fault::Panicked(text.unwrap_or_else(|| "no message".to_owned()))
    }
}

impl From<Closed> for Fault {
    fn from(Closed: Closed) -> Fault {
        Fault::DownstreamGone
    }
}
