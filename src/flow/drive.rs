//! One run of a stage: items in, one at a time, until its upstream ends; in between, what it does of its own accord.
use super::{Fault, Inlet, Offer, Outlet, Stage, StageGauge};

/// Feeds a stage until its upstream ends, waits for what it still owes, then lets it flush.
pub async fn drive<S: Stage>(
    stage: &mut S,
    kept: &mut S::Kept,
    inlet: &mut Inlet<S::In>,
    out: &Outlet<S::Out>,
    gauge: &StageGauge,
) -> Result<(), Fault> {
    stage.on_start(kept);
    loop {
        let offer = tokio::select! {
            offer = inlet.next() => offer,
            () = stage.wake(kept) => {
                tend(stage, kept, out, gauge).await?;
                continue;
            }
        };
        let Some(offer) = offer else { break };
        gauge.begin();
        let given_up = matches!(offer, Offer::Failed(_));
        match offer {
            Offer::Handle(item) => stage.handle(kept, item, out).await?,
            Offer::Failed(item) => stage.fail_item(kept, item, out).await?,
        }
        inlet.settle();
        gauge.settle(given_up);
        // A stage that always finds work must still let others run.
        tokio::task::consume_budget().await;
    }
    gauge.begin();
    stage.flush(kept, out).await?;
    gauge.rest();
    while stage.owes(kept) {
        stage.wake(kept).await;
        tend(stage, kept, out, gauge).await?;
    }
    Ok(())
}

async fn tend<S: Stage>(
    stage: &mut S,
    kept: &mut S::Kept,
    out: &Outlet<S::Out>,
    gauge: &StageGauge,
) -> Result<(), Fault> {
    gauge.begin();
    stage.tend(kept, out).await?;
    gauge.rest();
    Ok(())
}
