//! The sink of a server: publishes captions to its log, from which viewers are served.
use tokio::time::Instant;

use crate::{
    flow::{Fault, Never, Outlet, Stage},
    message::Caption,
    serve::Publisher,
};

/// The sink. Its state is in the server, so that a restarted run continues.
#[derive(Clone)]
pub struct Broadcast {
    publisher: Publisher,
}

impl Broadcast {
    pub fn new(publisher: Publisher) -> Broadcast {
        Broadcast { publisher }
    }
}

impl Stage for Broadcast {
    type In = Caption;
    type Out = Never;
    type Kept = ();

    async fn handle(
        &mut self,
        (): &mut (),
        caption: Caption,
        _: &Outlet<Never>,
    ) -> Result<(), Fault> {
        self.publisher.publish(&caption, Instant::now());
        Ok(())
    }

    async fn wake(&mut self, (): &mut ()) {
        self.publisher.due().await;
    }

    async fn tend(&mut self, (): &mut (), _: &Outlet<Never>) -> Result<(), Fault> {
        self.publisher.let_go();
        Ok(())
    }

    /// Captions that are held back come out before the end.
    fn owes(&self, (): &()) -> bool {
        self.publisher.holds()
    }

    async fn flush(&mut self, (): &mut (), _: &Outlet<Never>) -> Result<(), Fault> {
        self.publisher.end();
        Ok(())
    }

    async fn fail_item(
        &mut self,
        (): &mut (),
        caption: Caption,
        _: &Outlet<Never>,
    ) -> Result<(), Fault> {
        self.publisher.fail(&caption);
        Ok(())
    }
}
