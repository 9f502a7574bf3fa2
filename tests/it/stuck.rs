//! What the supervisor says of a stuck stage, beside what the stage says of itself, on a paused clock.
use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use livecap::{
    flow::{Fault, Inlet, Outlet, Registry, Stage, StageGauge, StageState, WhenFull, edge},
    host::{HostSettings, Pipeline, StageSettings},
};

use super::numbers::{Collect, Count, Habit, Number, Seen, calm, generous, room};

/// Says of itself that it is slow, is stuck at the second item, and may say something newer when it comes back.
struct Slow {
    newer: Option<&'static str>,
}

impl Stage for Slow {
    type In = Number<true>;
    type Out = Number<true>;
    type Kept = ();

    async fn handle(
        &mut self,
        (): &mut (),
        item: Self::In,
        out: &Outlet<Self::Out>,
    ) -> Result<(), Fault> {
        match item.value() {
            1 => out.gauge().set(StageState::Degraded, Some("slow".to_owned())),
            2 => {
                tokio::time::sleep(Duration::from_millis(200)).await;
                if let Some(newer) = self.newer {
                    out.gauge().set(StageState::Degraded, Some(newer.to_owned()));
                }
            }
            _ => (),
        }
        Ok(out.send(item).await?)
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_stage_says_of_itself_outlives_being_stuck() {
    for newer in [None, Some("slower")] {
        let mut registry = Registry::default();
        let (taken, inlet) = edge("source", "slow", room(2, WhenFull::Wait));
        let (given, kept) = edge("slow", "sink", room(2, WhenFull::Wait));
        registry.add_edge(taken.gauge());
        registry.add_edge(given.gauge());
        let mut pipeline = Pipeline::new(registry);
        let stage = StageSettings { patience: Duration::from_millis(100), ..generous() };
        // The third number never comes, so that the pipeline is still there to be looked at.
        let waiting: Habit = Arc::new(|number| {
            async move { if number == 3 { std::future::pending().await } else { Ok(()) } }.boxed()
        });
        let gauge = StageGauge::new("source");
        let outlet = Outlet::new(vec![taken], gauge.clone());
        pipeline.source(generous(), gauge, Count::new(3, waiting), outlet);
        let gauge = StageGauge::new("slow");
        let outlet = Outlet::new(vec![given], gauge.clone());
        let make = move || async move { Ok(Slow { newer }) }.boxed();
        pipeline.stage(stage, gauge, make, (), Inlet::new(vec![inlet]), outlet);
        let seen: Seen<true> = Seen::default();
        let make = move || {
            let seen = seen.clone();
            async move { Ok(Collect { habit: calm(), seen }) }.boxed()
        };
        let gauge = StageGauge::new("sink");
        pipeline.sink(generous(), gauge, make, (), Inlet::new(vec![kept]));
        let host =
            HostSettings { look_every: Duration::from_millis(10), ..HostSettings::default() };
        let running = pipeline.start(host).await;
        let stands = || {
            let slow =
                running.registry().stages().into_iter().find(|it| it.name == "slow").unwrap();
            (slow.state, slow.why.unwrap_or_default())
        };
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert!(stands().1.starts_with("stuck"), "{:?}", stands());
        tokio::time::sleep(Duration::from_millis(150)).await;
        let expected = newer.unwrap_or("slow").to_owned();
        assert_eq!(stands(), (StageState::Degraded, expected));
    }
}
