//! What the writer appends after it has heard what is in Redis: numbers in, a decision out.

/// Whether the stream is as this writer can have left it. `last`: the last number in it, 0 for none. `known`: the last one
/// that was seen to be there. `tried`: where the batch ended whose answer did not come; a batch arrives whole or not at all.
///
/// Less than is known is a Redis that lost data. Anything else was written by somebody else.
pub(super) fn is_ours(last: u64, known: u64, tried: u64) -> bool {
    last <= known || last == tried
}

/// The number to go on with behind `last`, and how many before it have left the history, which holds `first` up to, not
/// including, `next`.
pub(super) fn from(last: u64, first: u64, next: u64) -> (u64, u64) {
    let from = last.saturating_add(1).max(first).min(next);
    // Into an empty Redis goes what there is: what was there before it, nobody knows.
    let lost = if last == 0 { 0 } else { from.saturating_sub(last.saturating_add(1)) };
    (from, lost)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What may become of Redis, and of the way there.
    #[derive(Clone, Debug)]
    enum Happens {
        Said(u64),
        /// So many of the newest are lost: they were not written to disk.
        Forgets(usize),
        /// A batch arrives, and its answer does not.
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
            1 => (0usize..30).prop_map(Happens::Forgets),
            1 => Just(Happens::Unanswered),
            1 => Just(Happens::Away),
            1 => (1u64..50).prop_map(Happens::Garbage),
            3 => Just(Happens::Well),
        ]
    }

    /// A writer as it keeps its numbers, and a Redis that appends behind what it is asked to only.
    #[derive(Default)]
    struct Pair {
        next: u64,
        keep: u64,
        known: u64,
        tried: u64,
        anew: bool,
        /// With whether the writer wrote it.
        redis: Vec<(u64, bool)>,
    }

    impl Pair {
        fn first(&self) -> u64 {
            self.next.saturating_sub(self.keep).max(1)
        }

        fn last(&self) -> u64 {
            self.redis.last().map_or(0, |(number, _)| *number)
        }

        /// Whether somebody else's number is where the next batch would end.
        fn meets(&self) -> bool {
            self.redis.last() == Some(&(self.next - 1, false))
        }

        /// One call; whether more is to be done.
        fn call(&mut self, arrives: bool, answered: bool) -> bool {
            let (from, _) = from(self.known, self.first(), self.next);
            let end = self.next - 1;
            let (anew, after) = (self.anew, self.known);
            let mut heard = None;
            if arrives {
                if anew {
                    self.redis.clear();
                }
                match self.last() == after {
                    false => heard = Some(self.last()),
                    true => {
                        self.redis.extend((from..self.next).map(|it| (it, true)));
                        let first = self.first();
                        self.redis.retain(|(number, _)| *number >= first);
                    }
                }
            }
            if !(arrives && answered) {
                self.tried = end;
                return false;
            }
            match heard {
                None => (self.known, self.tried, self.anew) = (end.max(after), 0, false),
                Some(last) if is_ours(last, self.known, self.tried) => self.known = last,
                Some(_) => (self.known, self.anew) = (0, true),
            }
            heard.is_some()
        }
    }

    proptest! {
        /// Whatever becomes of Redis and of the way there: once all is well, it holds the history, whole and in order.
        #[test]
        fn in_the_end_redis_holds_the_history(steps in prop::collection::vec(happens(), 0..60), keep in 1u64..40) {
            let mut it = Pair { next: 1, keep, ..Pair::default() };
            // What somebody else puts where a Redis without memory should go on cannot be told from what was there.
            let mut forgot = false;
            for step in steps {
                match step {
                    Happens::Said(count) => it.next += count,
                    Happens::Forgets(count) => {
                        it.redis.truncate(it.redis.len().saturating_sub(count));
                        forgot |= count > 0;
                    }
                    Happens::Garbage(_) if forgot => (),
                    Happens::Garbage(ahead) => {
                        // Just where a batch would have ended whose answer did not come is as good as that.
                        let number = it.last() + ahead;
                        if number != it.tried {
                            it.redis.push((number, false));
                        }
                    }
                    // So is what somebody else has put just where a batch would end.
                    Happens::Unanswered | Happens::Away if it.meets() => (),
                    Happens::Unanswered => drop(it.call(true, false)),
                    Happens::Away => drop(it.call(false, false)),
                    Happens::Well => {
                        while it.call(true, true) {}
                        forgot = false;
                    }
                }
            }
            while it.call(true, true) {}
            let wanted: Vec<_> = (it.first()..it.next).map(|number| (number, true)).collect();
            prop_assert_eq!(it.redis, wanted);
        }
    }

    #[test]
    fn it_goes_on_where_redis_is() {
        for ((last, first, next), wanted) in [
            ((0, 1, 1), (1, 0)),
            ((0, 1, 9), (1, 0)),
            ((5, 1, 9), (6, 0)),
            ((8, 1, 9), (9, 0)),
            // Redis has nothing, or was away for longer than the history is.
            ((0, 4, 9), (4, 0)),
            ((3, 7, 9), (7, 3)),
            ((3, 9, 9), (9, 5)),
        ] {
            assert_eq!(from(last, first, next), wanted, "{last} {first} {next}");
        }
        assert!(is_ours(0, 0, 0) && is_ours(5, 5, 0) && is_ours(3, 5, 0) && is_ours(9, 5, 9));
        assert!(!is_ours(6, 5, 0) && !is_ours(7, 5, 9) && !is_ours(u64::MAX, 5, 9));
    }
}
