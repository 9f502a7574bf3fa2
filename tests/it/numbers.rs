//! Stages over numbers: what the engine's tests run instead of captions.
use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use livecap::{
    flow::{
        EdgeSettings, Fault, Inlet, Item, Never, Outlet, Registry, Room, Sender, Source, Stage,
        StageGauge, WhenFull, edge,
    },
    host::{HostSettings, Pipeline, StageSettings},
    logic::budget::Budget,
};
use tokio_util::sync::CancellationToken;

/// A number on its way, or the word that it was given up. `KEPT`: whether it is offered again after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number<const KEPT: bool> {
    Whole(u32),
    Gap(u32),
}

impl<const KEPT: bool> Number<KEPT> {
    pub(crate) fn value(self) -> u32 {
        match self {
            Number::Whole(it) | Number::Gap(it) => it,
        }
    }
}

impl<const KEPT: bool> Item for Number<KEPT> {
    const OFFERED_AGAIN: bool = KEPT;

    fn length(&self) -> Duration {
        Duration::from_millis(10)
    }
}

/// Counts from 1 to `count`, as fast as it is taken. A life after the first goes on where the one before it was.
pub(crate) struct Count<const KEPT: bool> {
    count: u32,
    habit: Habit,
    given: u32,
}

impl<const KEPT: bool> Count<KEPT> {
    pub(crate) fn new(count: u32, habit: Habit) -> Count<KEPT> {
        Count { count, habit, given: 0 }
    }
}

impl<const KEPT: bool> Source for Count<KEPT> {
    type Out = Number<KEPT>;

    async fn run(&mut self, out: &Outlet<Self::Out>, stop: CancellationToken) -> Result<(), Fault> {
        while self.given < self.count && !stop.is_cancelled() {
            (self.habit)(self.given + 1).await?;
            out.send(Number::Whole(self.given + 1)).await?;
            self.given += 1;
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

/// What a stage does with an item before it passes it on. Lives as long as the test, so it can count.
pub(crate) type Habit = Arc<dyn Fn(u32) -> BoxFuture<'static, Result<(), Fault>> + Send + Sync>;

pub(crate) fn calm() -> Habit {
    Arc::new(|_| async { Ok(()) }.boxed())
}

/// A panic that does not print.
pub(crate) fn quiet_panic() -> ! {
    std::panic::resume_unwind(Box::new("boom"))
}

/// Fails on one item, so many times.
pub(crate) fn failing_at(bomb: u32, times: u32, how: fn() -> Fault) -> Habit {
    let left = Arc::new(AtomicU32::new(times));
    Arc::new(move |number| {
        let left = left.clone();
        async move {
            let hit =
                number == bomb && left.fetch_update(SeqCst, SeqCst, |it| it.checked_sub(1)).is_ok();
            if hit { Err(how()) } else { Ok(()) }
        }
        .boxed()
    })
}

pub(crate) fn values(seen: &Seen<true>) -> Vec<u32> {
    seen.lock().unwrap().iter().map(|it| it.value()).collect()
}

pub(crate) struct Pass<const KEPT: bool>(pub(crate) Habit);

impl<const KEPT: bool> Stage for Pass<KEPT> {
    type In = Number<KEPT>;
    type Out = Number<KEPT>;
    /// What it owes where no run follows.
    type Kept = Vec<Number<KEPT>>;

    async fn handle(
        &mut self,
        _: &mut Self::Kept,
        item: Self::In,
        out: &Outlet<Self::Out>,
    ) -> Result<(), Fault> {
        if let Number::Whole(number) = item {
            (self.0)(number).await?;
        }
        Ok(out.send(item).await?)
    }

    async fn fail_item(
        &mut self,
        _: &mut Self::Kept,
        item: Self::In,
        out: &Outlet<Self::Out>,
    ) -> Result<(), Fault> {
        Ok(out.send(Number::Gap(item.value())).await?)
    }

    fn on_terminate(owed: &mut Self::Kept) -> Self::Kept {
        std::mem::take(owed)
    }
}

pub(crate) type Seen<const KEPT: bool> = Arc<Mutex<Vec<Number<KEPT>>>>;

pub(crate) struct Collect<const KEPT: bool> {
    pub(crate) habit: Habit,
    pub(crate) seen: Seen<KEPT>,
}

impl<const KEPT: bool> Stage for Collect<KEPT> {
    type In = Number<KEPT>;
    type Out = Never;
    type Kept = ();

    async fn handle(
        &mut self,
        (): &mut (),
        item: Self::In,
        _: &Outlet<Never>,
    ) -> Result<(), Fault> {
        if let Number::Whole(number) = item {
            (self.habit)(number).await?;
        }
        self.seen.lock().unwrap().push(item);
        Ok(())
    }

    async fn fail_item(
        &mut self,
        (): &mut (),
        item: Self::In,
        _: &Outlet<Never>,
    ) -> Result<(), Fault> {
        self.seen.lock().unwrap().push(Number::Gap(item.value()));
        Ok(())
    }
}

/// A line of stages behind one counting source, with one or more sinks at its end.
pub(crate) struct Line<const KEPT: bool> {
    pub(crate) count: u32,
    /// Of the source, before it gives a number.
    pub(crate) habit: Habit,
    pub(crate) between: Vec<(Habit, EdgeSettings)>,
    pub(crate) sinks: Vec<(Habit, EdgeSettings)>,
    pub(crate) stage: StageSettings,
    pub(crate) host: HostSettings,
}

pub(crate) fn room(items: usize, when_full: WhenFull) -> EdgeSettings {
    EdgeSettings { room: Room::Items(NonZeroUsize::new(items).unwrap()), when_full }
}

pub(crate) fn generous() -> StageSettings {
    let budget = Budget::new(usize::MAX, Duration::from_secs(1), Duration::from_millis(1));
    StageSettings { budget, ..StageSettings::default() }
}

impl<const KEPT: bool> Line<KEPT> {
    pub(crate) fn new(count: u32) -> Line<KEPT> {
        Line {
            count,
            habit: calm(),
            between: Vec::new(),
            sinks: Vec::new(),
            stage: generous(),
            host: HostSettings::default(),
        }
    }

    /// Stages are called `stage 0`, `stage 1` …, sinks `sink 0` ….
    pub(crate) fn build(self) -> (Pipeline, Vec<Seen<KEPT>>) {
        let mut registry = Registry::default();
        let between = self.between.len();
        let mut inlets = Vec::new();
        let mut outlets: Vec<Vec<Sender<Number<KEPT>>>> = Vec::new();
        let mut wire = |from: &str, to: &str, settings| {
            let (sender, receiver) = edge(from, to, settings);
            registry.add_edge(sender.gauge());
            inlets.push(Inlet::new(vec![receiver]));
            sender
        };
        let name = |place: usize| {
            if place == 0 { "source".into() } else { format!("stage {}", place - 1) }
        };
        for (place, (_, settings)) in self.between.iter().enumerate() {
            outlets.push(vec![wire(&name(place), &name(place + 1), *settings)]);
        }
        let last = name(between);
        let fan = self.sinks.iter().enumerate();
        outlets.push(
            fan.map(|(at, (_, settings))| wire(&last, &format!("sink {at}"), *settings)).collect(),
        );

        let mut pipeline = Pipeline::new(registry);
        let mut outlets = outlets.into_iter();
        let mut inlets = inlets.into_iter();
        let gauge = StageGauge::new("source");
        let source = Count::new(self.count, self.habit);
        let outlet = Outlet::new(outlets.next().unwrap(), gauge.clone());
        pipeline.source(self.stage.clone(), gauge, source, outlet);
        for (at, (habit, _)) in self.between.into_iter().enumerate() {
            let gauge = StageGauge::new(&format!("stage {at}"));
            let outlet = Outlet::new(outlets.next().unwrap(), gauge.clone());
            let make = move || {
                let habit = habit.clone();
                async move { Ok(Pass(habit)) }.boxed()
            };
            pipeline.stage(
                self.stage.clone(),
                gauge,
                make,
                Vec::new(),
                inlets.next().unwrap(),
                outlet,
            );
        }
        let mut all_seen = Vec::new();
        for (at, (habit, _)) in self.sinks.into_iter().enumerate() {
            let seen: Seen<KEPT> = Seen::default();
            all_seen.push(seen.clone());
            let make = move || {
                let (habit, seen) = (habit.clone(), seen.clone());
                async move { Ok(Collect { habit, seen }) }.boxed()
            };
            let gauge = StageGauge::new(&format!("sink {at}"));
            pipeline.sink(self.stage.clone(), gauge, make, (), inlets.next().unwrap());
        }
        (pipeline, all_seen)
    }
}
