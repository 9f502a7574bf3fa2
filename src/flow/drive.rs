//! One life of a stage: items in, one at a time, until its upstream ends.
use super::{Fault, Inlet, Offer, Outlet, Stage, StageGauge};

/// Feeds a stage until its upstream ends, then lets it flush.
pub async fn drive<S: Stage>(
    stage: &mut S,
    inlet: &mut Inlet<S::In>,
    out: &Outlet<S::Out>,
    gauge: &StageGauge,
) -> Result<(), Fault> {
    while let Some(offer) = inlet.next().await {
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
    Ok(())
}
