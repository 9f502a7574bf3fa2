//! One life of a stage: items in, one at a time, until its upstream ends; in between, what it does of its own accord.
use super::{Fault, Inlet, Offer, Outlet, Stage, StageGauge};

/// Feeds a stage until its upstream ends, waits for what it still owes, then lets it flush.
pub async fn drive<S: Stage>(
    stage: &mut S,
    inlet: &mut Inlet<S::In>,
    out: &Outlet<S::Out>,
    gauge: &StageGauge,
) -> Result<(), Fault> {
    loop {
        let offer = tokio::select! {
            offer = inlet.next() => offer,
            () = stage.wake() => {
                tend(stage, out, gauge).await?;
                continue;
            }
        };
        let Some(offer) = offer else { break };
        gauge.begin();
        let given_up = matches!(offer, Offer::GiveUp(_));
        match offer {
            Offer::Handle(item) => stage.handle(item, out).await?,
            Offer::GiveUp(item) => stage.give_up(item, out).await?,
        }
        inlet.settle();
        gauge.settle(given_up);
        // A stage that always finds work must still let others run.
        tokio::task::consume_budget().await;
    }
    gauge.begin();
    stage.flush(out).await?;
    gauge.rest();
    while stage.owes() {
        stage.wake().await;
        tend(stage, out, gauge).await?;
    }
    Ok(())
}

async fn tend<S: Stage>(
    stage: &mut S,
    out: &Outlet<S::Out>,
    gauge: &StageGauge,
) -> Result<(), Fault> {
    gauge.begin();
    stage.tend(out).await?;
    gauge.rest();
    Ok(())
}
