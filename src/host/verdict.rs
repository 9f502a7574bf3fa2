//! The one place that decides what becomes of a stage whose run has ended.
use std::time::Duration;

use tokio::time::Instant;

use crate::{flow::Fault, logic::budget::Budget};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Restart {
        after: Duration,
    },
    /// It is done; let go of its edges.
    End,
    /// It will not get better; say why.
    GiveUp,
}

/// What to do after a run that ended with `end`.
pub fn verdict(end: &Result<(), Fault>, budget: &mut Budget, now: Instant) -> Verdict {
    match end {
        Ok(()) | Err(Fault::DownstreamGone) => Verdict::End,
        Err(Fault::Permanent(_)) => Verdict::GiveUp,
        Err(Fault::Transient(_) | Fault::Panicked(_)) => {
            budget.spend(now).map_or(Verdict::GiveUp, |after| Verdict::Restart { after })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_fault_has_its_verdict() {
        let mut budget = Budget::new(1, Duration::from_secs(60), Duration::from_millis(5));
        let now = Instant::now();
        let mut judge = |end: Result<(), Fault>| verdict(&end, &mut budget, now);
        assert_eq!(judge(Ok(())), Verdict::End);
        assert_eq!(judge(Err(Fault::DownstreamGone)), Verdict::End);
        assert_eq!(judge(Err(Fault::permanent("no such model"))), Verdict::GiveUp);
        assert_eq!(
            judge(Err(Fault::transient("cut off"))),
            Verdict::Restart { after: Duration::from_millis(5) }
        );
        assert_eq!(
            judge(Err(Fault::Panicked("boom".into()))),
            Verdict::GiveUp,
            "the budget is spent"
        );
    }
}
