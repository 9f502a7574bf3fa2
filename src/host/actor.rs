//! One actor hosts one run of one stage, and reports how it ended.
use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::{sync::Mutex, task::AbortHandle};
use tokio_util::sync::CancellationToken;

use super::hosted::Hosted;
use crate::flow::Fault;

/// What the runs of one stage share. Only the actor of the present run holds the lock.
pub(super) type SharedStage = Arc<Mutex<Box<dyn Hosted>>>;

pub(super) struct Host;

/// How the run ended.
pub(super) struct Ended(Result<(), Fault>);

/// The task that the run is in. It ends with the actor, also when that is killed, where no hook of ractor runs.
pub(super) struct Work(AbortHandle);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Actor for Host {
    type Msg = Ended;
    type State = Work;
    type Arguments = (SharedStage, CancellationToken);

    async fn pre_start(
        &self,
        me: ActorRef<Ended>,
        (hosted, stop): Self::Arguments,
    ) -> Result<Work, ActorProcessingErr> {
        let work = tokio::spawn(async move {
            let end = AssertUnwindSafe(async { hosted.lock().await.run(stop).await })
                .catch_unwind()
                .await;
            // Let go before the report, so that the next run finds the lock free.
            drop(hosted);
            let end = end.unwrap_or_else(|panic| Err(Fault::panicked(&*panic)));
            // The supervisor may have ended this actor meanwhile; then nobody asks any more.
            let _ = me.cast(Ended(end));
        });
        Ok(Work(work.abort_handle()))
    }

    async fn handle(
        &self,
        me: ActorRef<Ended>,
        Ended(end): Ended,
        _: &mut Work,
    ) -> Result<(), ActorProcessingErr> {
        // An error travels to the supervisor as it is: it finds the fault in it again.
        end?;
        me.stop(None);
        Ok(())
    }
}
