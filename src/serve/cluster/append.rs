//! Decides what the writer appends, from the last number in Redis.

/// Whether this writer can have left the stream as it is. `last`: the last number in it, 0 for none. `known`: the last number that
/// was confirmed. `tried`: the last number of a batch without a response; a batch is appended as a whole or not at all.
///
/// If `last` is lower than `known`, Redis has lost data. Any other number was written by another server.
pub(super) fn is_ours(last: u64, known: u64, tried: u64) -> bool {
    last <= known || last == tried
}

/// The number to continue with after `last`, and how many numbers before it are no longer in the history, which holds `first` to
/// `next`, exclusive.
pub(super) fn from(last: u64, first: u64, next: u64) -> (u64, u64) {
    let from = last.saturating_add(1).max(first).min(next);
    // Everything in the history goes into an empty Redis. What was there before is not known.
    let lost = if last == 0 { 0 } else { from.saturating_sub(last.saturating_add(1)) };
    (from, lost)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What may happen to Redis and the connection.
    #[derive(Clone, Debug)]
    enum Happens {
        Said(u64),
        /// Redis loses so many of the newest entries, which it had not written to disk.
        Forgets(usize),
        /// A batch arrives, but the response is lost.
        Unanswered,
        /// The batch does not arrive.
        Away,
        /// Another server writes up to this far ahead.
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

    /// A writer with its numbers, and a Redis that appends only after the expected number.
    #[derive(Default)]
    struct Pair {
        next: u64,
        keep: u64,
        known: u64,
        tried: u64,
        anew: bool,
        /// The numbers, and whether the writer wrote each.
        redis: Vec<(u64, bool)>,
    }

    impl Pair {
        fn first(&self) -> u64 {
            self.next.saturating_sub(self.keep).max(1)
        }

        fn last(&self) -> u64 {
            self.redis.last().map_or(0, |(number, _)| *number)
        }

        /// Whether a number of another server is where the next batch would end.
        fn meets(&self) -> bool {
            self.redis.last() == Some(&(self.next - 1, false))
        }

        /// One call. Returns whether there is more to do.
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
        /// Whatever happens to Redis and the connection: when all works again, it holds the complete history in order.
        #[test]
        fn in_the_end_redis_holds_the_history(steps in prop::collection::vec(happens(), 0..60), keep in 1u64..40) {
            let mut it = Pair { next: 1, keep, ..Pair::default() };
            // A foreign number at the end of a Redis that lost its data cannot be distinguished from its own.
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
                        // The same at the end of a batch without a response.
                        let number = it.last() + ahead;
                        if number != it.tried {
                            it.redis.push((number, false));
                        }
                    }
                    // The same where another server has written just up to the end of a batch.
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
            // Redis is empty, or was away for longer than the history reaches back.
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
