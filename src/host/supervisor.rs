//! Watches every stage's actor: restarts, gives up, tells to stop, names what is stuck, and knows when all have ended.
use std::{sync::Arc, time::Duration};

use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::{sync::oneshot, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::{
    actor::{Host, SharedStage},
    settings::{HostSettings, StageSettings},
    verdict::{Verdict, verdict},
};
use crate::flow::{Fault, StageGauge, StageReading, StageState};

/// How a pipeline ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Stages that gave up, in the order in which they did.
    pub failures: Vec<Failure>,
    /// Whether the pipeline ended because of them; false where it went on without them.
    pub gave_up: bool,
    /// Stages that held out past the grace time, and were ended.
    pub held_out: Vec<String>,
}

/// A stage that gave up: which, how often it had been started anew, and the last cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub stage: String,
    pub restarts: u64,
    pub cause: String,
}

impl Outcome {
    pub(super) fn lost() -> Outcome {
        let cause = "the supervisor ended without a word".to_owned();
        let failure = Failure { stage: "supervisor".to_owned(), restarts: 0, cause };
        Outcome { failures: vec![failure], gave_up: true, held_out: Vec::new() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Source,
    Between,
    /// Others can do without it, as a translator.
    Branch,
    Sink,
    /// Looks on; nothing depends on it.
    Watcher,
}

pub(super) struct Child {
    role: Role,
    settings: StageSettings,
    gauge: Arc<StageGauge>,
    /// `None` once it has ended. It holds the edges: letting go of it is what ends the stages downstream.
    hosted: Option<SharedStage>,
    actor: Option<ActorCell>,
    /// Of a source: it is to stop.
    stop: CancellationToken,
    stuck: Option<Stuck>,
}

/// What was said of a stage that does not come back from one item.
struct Stuck {
    why: String,
    /// How it stood before.
    before: (StageState, Option<String>),
}

impl Child {
    pub(super) fn new(
        role: Role,
        settings: StageSettings,
        gauge: Arc<StageGauge>,
        hosted: SharedStage,
    ) -> Child {
        let (hosted, stop) = (Some(hosted), CancellationToken::new());
        Child { role, settings, gauge, hosted, actor: None, stop, stuck: None }
    }

    fn end(&mut self, state: StageState, why: Option<String>) {
        if let Some(actor) = self.actor.take() {
            actor.kill();
        }
        self.hosted = None;
        self.gauge.rest();
        self.gauge.set(state, why);
    }

    /// Ends it before its upstream has. What it owes is given once its run has let go; the edges end after that.
    fn end_early(&mut self, state: StageState, why: String) {
        if let Some(hosted) = self.hosted.clone() {
            tokio::spawn(async move { hosted.lock().await.end().await });
        }
        self.end(state, Some(why));
    }
}

pub(super) enum Order {
    Start(usize),
    Look,
    Stop,
    /// The sources of these names.
    StopSome(Vec<String>),
    GraceOver,
    Insist,
}

pub(super) struct Supervisor;

pub(super) struct State {
    children: Vec<Child>,
    settings: HostSettings,
    stop: CancellationToken,
    outcome: Outcome,
    done: Option<oneshot::Sender<Outcome>>,
}

impl Actor for Supervisor {
    type Msg = Order;
    type State = State;
    type Arguments = (Vec<Child>, HostSettings, CancellationToken, oneshot::Sender<Outcome>);

    async fn pre_start(
        &self,
        me: ActorRef<Order>,
        (mut children, settings, stop, done): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        for child in &mut children {
            child.stop = stop.child_token();
        }
        // Downstream first, so that whoever gives finds its listener there.
        for index in (0..children.len()).rev() {
            me.cast(Order::Start(index))?;
        }
        me.send_interval(settings.look_every, || Order::Look);
        Ok(State { children, settings, stop, outcome: Outcome::default(), done: Some(done) })
    }

    async fn handle(
        &self,
        me: ActorRef<Order>,
        order: Order,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match order {
            Order::Start(index) => state.start(&me, index).await?,
            Order::Look => state.look_for_stuck(),
            Order::Stop => state.begin_stop(&me),
            Order::StopSome(names) => state.stop_some(&me, &names),
            Order::GraceOver => state.end_the_first_that_holds_out(&me),
            Order::Insist => {
                for child in state.children.iter_mut().filter(|it| it.hosted.is_some()) {
                    child.end(StageState::Ended, Some("ended at once, as asked".to_owned()));
                }
            }
        }
        state.finish_if_all_ended(&me);
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        me: ActorRef<Order>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(cell, ..) => {
                state.life_ended(&me, cell.get_id(), &Ok(()))
            }
            SupervisionEvent::ActorFailed(cell, error) => {
                let fault = error.downcast::<Fault>().map_or_else(Fault::Permanent, |fault| *fault);
                state.life_ended(&me, cell.get_id(), &Err(fault));
            }
            _ => (),
        }
        state.finish_if_all_ended(&me);
        Ok(())
    }
}

impl State {
    async fn start(
        &mut self,
        me: &ActorRef<Order>,
        index: usize,
    ) -> Result<(), ActorProcessingErr> {
        let child = &mut self.children[index];
        let Some(hosted) = child.hosted.clone() else { return Ok(()) };
        if child.role == Role::Source && child.stop.is_cancelled() {
            child.end(StageState::Ended, None);
            return Ok(());
        }
        let arguments = (hosted, child.stop.clone());
        let (host, _) = Actor::spawn_linked(None, Host, arguments, me.get_cell()).await?;
        child.actor = Some(host.get_cell());
        Ok(())
    }

    fn life_ended(&mut self, me: &ActorRef<Order>, id: ActorId, end: &Result<(), Fault>) {
        let is_it = |child: &Child| child.actor.as_ref().is_some_and(|actor| actor.get_id() == id);
        let Some(index) = self.children.iter().position(is_it) else { return };
        let child = &mut self.children[index];
        child.actor = None;
        child.gauge.rest();
        let stage = child.gauge.name().to_owned();
        match verdict(end, &mut child.settings.budget, Instant::now()) {
            Verdict::End => {
                debug!(stage, "ended");
                child.end(StageState::Ended, None);
            }
            Verdict::Restart { after } => {
                let why = cause(end);
                warn!(stage, fault = why, after_ms = after.as_millis() as u64, "restarting");
                child.gauge.count_restart();
                child.gauge.set(StageState::Restarting, Some(why));
                me.send_after(after, move || Order::Start(index));
            }
            Verdict::GiveUp => self.give_up(me, index, &cause(end)),
        }
    }

    /// Without a source or a stage in between the pipeline ends, after all that is under way has come out. It goes on
    /// without a branch, and without a sink, while another sink lives.
    fn give_up(&mut self, me: &ActorRef<Order>, index: usize, cause: &str) {
        let child = &mut self.children[index];
        let failure = Failure {
            stage: child.gauge.name().to_owned(),
            restarts: child.gauge.read().restarts,
            cause: cause.to_owned(),
        };
        let role = child.role;
        let ends_others = matches!(role, Role::Source | Role::Between);
        child.end_early(StageState::Failed, cause.to_owned());
        let another_sink_runs =
            self.children.iter().any(|it| it.role == Role::Sink && it.hosted.is_some());
        let (stage, restarts) = (&failure.stage, failure.restarts);
        if ends_others || !another_sink_runs {
            // The outcome tells it in a moment, with the place in the file.
            debug!(stage, restarts, cause, "failed");
            self.outcome.gave_up = true;
            self.begin_stop(me);
        } else {
            error!(stage, restarts, cause, "failed; the other stages go on");
        }
        self.outcome.failures.push(failure);
    }

    fn stop_some(&mut self, me: &ActorRef<Order>, names: &[String]) {
        let sources = || self.children.iter().filter(|it| it.role == Role::Source);
        let goes_on = |it: &Child| it.hosted.is_some() && !it.stop.is_cancelled();
        let named = |it: &Child| names.iter().any(|name| name == it.gauge.name());
        if !sources().any(|it| goes_on(it) && !named(it)) {
            return self.begin_stop(me);
        }
        debug!(?names, "stopping some");
        for child in self.children.iter_mut().filter(|it| it.role == Role::Source && named(it)) {
            child.stop.cancel();
            if child.actor.is_none() && child.hosted.is_some() {
                child.end(StageState::Ended, None);
            }
        }
    }

    fn begin_stop(&mut self, me: &ActorRef<Order>) {
        if self.stop.is_cancelled() {
            return;
        }
        debug!("stopping");
        self.stop.cancel();
        // A source that waits for its next run will not get one. One that gave up has said why.
        for child in &mut self.children {
            if child.role == Role::Source && child.actor.is_none() && child.hosted.is_some() {
                child.end(StageState::Ended, None);
            }
        }
        me.send_after(self.settings.grace, || Order::GraceOver);
    }

    /// Ends one stage, the furthest upstream: what waits behind it may then drain after all. The next one follows after a
    /// tenth of the grace time.
    fn end_the_first_that_holds_out(&mut self, me: &ActorRef<Order>) {
        let Some(child) = self.children.iter_mut().find(|it| it.hosted.is_some()) else { return };
        let stage = child.gauge.name().to_owned();
        let busy_ms = child.gauge.busy_for().map(|it| it.as_millis() as u64);
        warn!(stage, busy_ms, "held out past the grace time, ended");
        child.end_early(StageState::Ended, "held out past the grace time".to_owned());
        self.outcome.held_out.push(stage);
        me.send_after((self.settings.grace / 10).max(Duration::from_millis(1)), || {
            Order::GraceOver
        });
    }

    fn look_for_stuck(&mut self) {
        for child in &mut self.children {
            let stuck_for = child.gauge.busy_for().filter(|it| child.settings.patience < *it);
            match stuck_for {
                Some(busy) if child.stuck.is_none() => {
                    let why = format!("stuck: at one item for {:.1} s", busy.as_secs_f64());
                    warn!(stage = child.gauge.name(), why, "a stage does not come back");
                    let StageReading { state, why: before, .. } = child.gauge.read();
                    child.gauge.set(StageState::Degraded, Some(why.clone()));
                    child.stuck = Some(Stuck { why, before: (state, before) });
                }
                None => {
                    let Some(Stuck { why, before: (state, before) }) = child.stuck.take() else {
                        continue;
                    };
                    info!(stage = child.gauge.name(), "came back");
                    // What the stage has said of itself since then stands.
                    if child.actor.is_some() && child.gauge.read().why == Some(why) {
                        child.gauge.set(state, before);
                    }
                }
                Some(_) => (),
            }
        }
    }

    fn finish_if_all_ended(&mut self, me: &ActorRef<Order>) {
        if self.children.iter().any(|child| child.hosted.is_some()) {
            return;
        }
        if let Some(done) = self.done.take() {
            // Whoever ran the pipeline may not wait for its end.
            let _ = done.send(std::mem::take(&mut self.outcome));
        }
        me.stop(None);
    }
}

fn cause(end: &Result<(), Fault>) -> String {
    end.as_ref().err().map(Fault::to_string).unwrap_or_default()
}
