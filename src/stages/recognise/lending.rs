//! Waiting for an engine that others use too, and what is told of it.
use std::{pin::pin, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{Recognise, Recogniser};
use crate::flow::{Fault, Loan, StageState};

/// What the stage waited for a decode's turn, in whole milliseconds.
const WAITED: &str = "engine-wait-ms";

impl<R: Recogniser> Recognise<R> {
    /// An engine for one decode. `None`: none was free before the deadline. A wait that is longer than the interval of decodes
    /// is told by the state of the stage until a shorter one follows.
    pub(super) async fn engine(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<Loan<R>>, Fault> {
        let begun = Instant::now();
        let late = begun + self.scheduler.interval();
        let (engines, gauge) = (self.engines.clone(), self.gauge.clone());
        // Others are at work meanwhile, not this stage.
        let waiting = gauge.waiting();
        let mut lend = pin!(engines.lend());
        let soon = timeout_at(deadline.map_or(late, |it| it.min(late)), &mut lend).await;
        let loan = match (soon, deadline) {
            (Ok(loan), _) => Some(loan),
            (Err(_), Some(deadline)) if deadline <= late => None,
            (Err(_), deadline) => {
                self.tell_late(true);
                match deadline {
                    Some(deadline) => timeout_at(deadline, lend).await.ok(),
                    None => Some(lend.await),
                }
            }
        };
        drop(waiting);
        let waited = begun.elapsed();
        if waited <= late - begun {
            self.tell_late(false);
        }
        self.turns.newest = waited;
        if waited >= Duration::from_millis(1) {
            self.gauge.count_more(WAITED, waited.as_millis() as u64);
        }
        loan.transpose()
    }

    fn tell_late(&mut self, are_late: bool) {
        if std::mem::replace(&mut self.turns.are_late, are_late) != are_late && !self.finals_only {
            self.tell_turns();
        }
    }

    /// The state of a stage that is not too slow.
    pub(super) fn tell_turns(&self) {
        if !self.turns.are_late {
            return self.gauge.set(StageState::Running, None);
        }
        let size = self.engines.read().size;
        let why = format!(
            "waits for its turn with a recogniser: as many decode as `pool` allows ({size}); more of them need more processors"
        );
        self.gauge.set(StageState::Waiting, Some(why));
    }
}
