//! What the writer appends after it has heard what is in Redis: numbers in, a decision out.

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Append {
    /// Go on with number `from`. The numbers between the last one in Redis and `from` have left the history.
    From { from: u64, lost: u64 },
    /// Redis holds what this writer never wrote: all of it goes, and the history is written from its beginning.
    Anew { from: u64 },
}

/// `last`: the last number in Redis, 0 for none. `tried`: the last one that was ever sent there, arrived or not. `first` up
/// to, not including, `next` is what the history holds.
pub(super) fn append(last: u64, tried: u64, first: u64, next: u64) -> Append {
    if last > tried {
        return Append::Anew { from: first };
    }
    // What was tried was in the history.
    let from = (last + 1).max(first).min(next);
    // A history that was never in Redis did not leave it.
    let lost = if last == 0 { 0 } else { from.saturating_sub(last + 1) };
    Append::From { from, lost }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// What may become of Redis between two batches.
    #[derive(Clone, Debug)]
    enum Happens {
        Said(u64),
        /// So many of the newest are lost: it was not written to disk.
        Forgets(u64),
        /// The batch arrives, and its answer does not.
        Unanswered,
        /// Not even the batch arrives.
        Away,
        /// Somebody else writes this far ahead.
        Garbage(u64),
        Well,
    }

    fn happens() -> impl Strategy<Value = Happens> {
        prop_oneof![
            4 => (0u64..20).prop_map(Happens::Said),
            1 => (0u64..30).prop_map(Happens::Forgets),
            1 => Just(Happens::Unanswered),
            1 => Just(Happens::Away),
            1 => (1u64..50).prop_map(Happens::Garbage),
            3 => Just(Happens::Well),
        ]
    }

    proptest! {
        /// Whatever becomes of Redis: once it is well, it holds all of the history, in order, and nothing else.
        #[test]
        fn in_the_end_redis_holds_the_history(steps in prop::collection::vec(happens(), 0..60), keep in 1u64..40) {
            let (mut next, mut tried) = (1u64, 0u64);
            // By number; false for what somebody else wrote.
            let mut redis: Vec<(u64, bool)> = Vec::new();
            let mut last_id = 0u64;
            for step in steps.into_iter().chain([Happens::Well, Happens::Well, Happens::Well]) {
                let first = next.saturating_sub(keep).max(1);
                match step {
                    Happens::Said(count) => { next += count; continue }
                    Happens::Forgets(count) => {
                        redis.truncate(redis.len().saturating_sub(count as usize));
                        last_id = redis.last().map_or(0, |(number, _)| *number);
                        continue
                    }
                    Happens::Garbage(ahead) => {
                        last_id += ahead;
                        redis.push((last_id, false));
                        continue
                    }
                    Happens::Away => { continue }
                    Happens::Well | Happens::Unanswered => {}
                }
                let from = match append(last_id, tried, first, next) {
                    Append::Anew { from } => { redis.clear(); from }
                    Append::From { from, .. } => from,
                };
                for number in from..next {
                    redis.push((number, true));
                }
                last_id = redis.last().map_or(0, |(number, _)| *number);
                tried = next - 1;
                redis.retain(|(number, _)| *number >= first);
            }
            let first = next.saturating_sub(keep).max(1);
            let ours: BTreeSet<u64> =
                redis.iter().filter(|(_, ours)| *ours).map(|(number, _)| *number).collect();
            // What was written over what another had put there before we came to the same number is told by the nodes.
            let theirs = redis.iter().filter(|(_, ours)| !ours).count();
            prop_assert!(theirs > 0 || ours == (first..next).collect());
        }
    }

    #[test]
    fn it_goes_on_where_redis_is() {
        for ((last, tried, first, next), wanted) in [
            ((0, 0, 1, 1), Append::From { from: 1, lost: 0 }),
            ((0, 0, 1, 9), Append::From { from: 1, lost: 0 }),
            ((5, 5, 1, 9), Append::From { from: 6, lost: 0 }),
            // It arrived, and the answer did not.
            ((8, 8, 1, 9), Append::From { from: 9, lost: 0 }),
            // Redis forgot its newest.
            ((3, 8, 1, 9), Append::From { from: 4, lost: 0 }),
            ((0, 8, 4, 9), Append::From { from: 4, lost: 0 }),
            // It was away for longer than the history is.
            ((3, 3, 7, 9), Append::From { from: 7, lost: 3 }),
            // Somebody else has been there.
            ((6, 5, 1, 9), Append::Anew { from: 1 }),
            ((u64::MAX, 5, 2, 9), Append::Anew { from: 2 }),
        ] {
            assert_eq!(append(last, tried, first, next), wanted, "{last} {tried} {first} {next}");
        }
    }
}
