//! Puts stages together and runs them: the door to this folder.
use std::sync::Arc;

use futures::future::BoxFuture;
use ractor::{Actor, ActorRef};
use tokio::sync::{Mutex, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    actor::SharedStage,
    hosted::{Factory, Hosted, HostedSource, HostedStage},
    settings::{HostSettings, StageSettings},
    supervisor::{Child, Order, Outcome, Role, Supervisor},
};
use crate::flow::{Fault, Inlet, Outlet, Registry, Source, Stage, StageGauge};

/// Stages with their edges, upstream first, not yet running.
#[derive(Default)]
pub struct Pipeline {
    children: Vec<Child>,
    registry: Registry,
}

impl Pipeline {
    /// `registry` holds the edges' gauges; the stages' are added here.
    pub fn new(registry: Registry) -> Pipeline {
        Pipeline { children: Vec::new(), registry }
    }

    pub fn source<S: Source>(
        &mut self,
        settings: StageSettings,
        gauge: Arc<StageGauge>,
        source: S,
        outlet: Outlet<S::Out>,
    ) {
        let hosted = HostedSource { source, outlet, gauge: gauge.clone() };
        self.add(Role::Source, settings, gauge, hosted);
    }

    /// A stage between others: the pipeline cannot go on without it. `kept` outlives its runs.
    pub fn stage<S: Stage>(
        &mut self,
        settings: StageSettings,
        gauge: Arc<StageGauge>,
        make: impl FnMut() -> BoxFuture<'static, Result<S, Fault>> + Send + 'static,
        kept: S::Kept,
        inlet: Inlet<S::In>,
        outlet: Outlet<S::Out>,
    ) {
        let hosted =
            HostedStage { make: Box::new(make), kept, inlet, outlet, gauge: gauge.clone() };
        self.add(Role::Between, settings, gauge, hosted);
    }

    /// A stage between others that these can do without: where it fails for good, the pipeline goes on.
    pub fn branch<S: Stage>(
        &mut self,
        settings: StageSettings,
        gauge: Arc<StageGauge>,
        make: impl FnMut() -> BoxFuture<'static, Result<S, Fault>> + Send + 'static,
        kept: S::Kept,
        inlet: Inlet<S::In>,
        outlet: Outlet<S::Out>,
    ) {
        let hosted =
            HostedStage { make: Box::new(make), kept, inlet, outlet, gauge: gauge.clone() };
        self.add(Role::Branch, settings, gauge, hosted);
    }

    /// A stage that others can do without: the pipeline goes on as long as one sink lives.
    pub fn sink<S: Stage>(
        &mut self,
        settings: StageSettings,
        gauge: Arc<StageGauge>,
        make: impl FnMut() -> BoxFuture<'static, Result<S, Fault>> + Send + 'static,
        kept: S::Kept,
        inlet: Inlet<S::In>,
    ) {
        self.add_last(Role::Sink, settings, gauge, (Box::new(make), kept), inlet);
    }

    /// A sink that only looks on: the pipeline does not go on for its sake.
    pub fn watcher<S: Stage>(
        &mut self,
        settings: StageSettings,
        gauge: Arc<StageGauge>,
        make: impl FnMut() -> BoxFuture<'static, Result<S, Fault>> + Send + 'static,
        kept: S::Kept,
        inlet: Inlet<S::In>,
    ) {
        self.add_last(Role::Watcher, settings, gauge, (Box::new(make), kept), inlet);
    }

    /// A stage that runs elsewhere: it is read with the others.
    pub fn beside(&mut self, gauge: Arc<StageGauge>) {
        self.registry.add_stage(gauge);
    }

    fn add_last<S: Stage>(
        &mut self,
        role: Role,
        settings: StageSettings,
        gauge: Arc<StageGauge>,
        (make, kept): (Factory<S>, S::Kept),
        inlet: Inlet<S::In>,
    ) {
        let outlet = Outlet::new(Vec::new(), gauge.clone());
        let hosted = HostedStage { make, kept, inlet, outlet, gauge: gauge.clone() };
        self.add(role, settings, gauge, hosted);
    }

    fn add(
        &mut self,
        role: Role,
        settings: StageSettings,
        gauge: Arc<StageGauge>,
        hosted: impl Hosted + 'static,
    ) {
        self.registry.add_stage(gauge.clone());
        let hosted: SharedStage = Arc::new(Mutex::new(Box::new(hosted)));
        self.children.push(Child::new(role, settings, gauge, hosted));
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Starts every stage. Must be called within a tokio runtime.
    pub async fn start(self, settings: HostSettings) -> Running {
        let stop = CancellationToken::new();
        let (done, outcome) = oneshot::channel();
        let arguments = (self.children, settings, stop, done);
        let started = Actor::spawn(None, Supervisor, arguments).await;
        // Its start only sends messages to itself.
        let (supervisor, _) = started.expect("the supervisor starts");
        Running { supervisor, outcome, registry: self.registry }
    }
}

/// A pipeline at work.
pub struct Running {
    supervisor: ActorRef<Order>,
    outcome: oneshot::Receiver<Outcome>,
    registry: Registry,
}

impl Running {
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Tells the sources to stop. The rest drains; what still holds out after the grace time is named and ended.
    pub fn stop(&self) {
        // A pipeline that has ended needs no telling.
        let _ = self.supervisor.cast(Order::Stop);
    }

    /// Tells these sources to stop, and what they alone feed drains. The others go on; where there are none, it is a [`stop`](Self::stop).
    pub fn stop_sources(&self, names: &[String]) {
        let _ = self.supervisor.cast(Order::StopSome(names.to_vec()));
    }

    /// Ends every stage at once, whatever it is at.
    pub fn insist(&self) {
        let _ = self.supervisor.cast(Order::Insist);
    }

    /// Returns when every stage has ended. Cancel safe.
    pub async fn ended(&mut self) -> Outcome {
        (&mut self.outcome).await.unwrap_or_else(|_| Outcome::lost())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.supervisor.kill();
    }
}
