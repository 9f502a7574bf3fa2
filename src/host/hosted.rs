//! A stage with its edges and with what outlives its runs: one run after the other.
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::flow::{Fault, Inlet, Outlet, Source, Stage, StageGauge, StageState, drive};

/// Makes the stage of a new run.
pub type Factory<S> = Box<dyn FnMut() -> BoxFuture<'static, Result<S, Fault>> + Send>;

/// Owns the edges of a stage for as long as the pipeline wants it to run. Dropping it is what ends the edges.
pub(super) trait Hosted: Send {
    fn run(&mut self, stop: CancellationToken) -> BoxFuture<'_, Result<(), Fault>>;

    /// There will be no other run: what is owed is given.
    fn end(&mut self) -> BoxFuture<'_, ()>;
}

pub(super) struct HostedStage<S: Stage> {
    pub(super) make: Factory<S>,
    pub(super) kept: S::Kept,
    pub(super) inlet: Inlet<S::In>,
    pub(super) outlet: Outlet<S::Out>,
    pub(super) gauge: Arc<StageGauge>,
}

impl<S: Stage> Hosted for HostedStage<S> {
    /// Only sources are told to stop; a stage ends when its upstream has.
    fn run(&mut self, _stop: CancellationToken) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async {
            let mut stage = (self.make)().await?;
            self.gauge.set(StageState::Running, None);
            drive(&mut stage, &mut self.kept, &mut self.inlet, &self.outlet, &self.gauge).await
        })
    }

    fn end(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            for item in S::on_terminate(&mut self.kept) {
                if self.outlet.send(item).await.is_err() {
                    return;
                }
            }
        })
    }
}

/// A source is one value through all its runs, so that it goes on where it was.
pub(super) struct HostedSource<S: Source> {
    pub(super) source: S,
    pub(super) outlet: Outlet<S::Out>,
    pub(super) gauge: Arc<StageGauge>,
}

impl<S: Source> Hosted for HostedSource<S> {
    fn run(&mut self, stop: CancellationToken) -> BoxFuture<'_, Result<(), Fault>> {
        self.gauge.set(StageState::Running, None);
        Box::pin(self.source.run(&self.outlet, stop))
    }

    fn end(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
