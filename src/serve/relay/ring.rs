//! The queue of relayed events: one bounded ring, and a cursor for each viewer.
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
};

use super::client_event::{Args, ClientEvent, Refusal};
use crate::message::RelayFilter;

/// A relayed event.
#[derive(Debug)]
pub(crate) struct Relayed {
    pub(crate) name: String,
    pub(crate) args: Args,
    /// About how many bytes it has when it is sent.
    pub(crate) weight: usize,
    /// Bytes of memory that it takes beside those.
    overhead: usize,
    /// Its number among the events of this server's own clients, from 1; `None` for events from other servers.
    pub(crate) number: Option<u64>,
}

impl Relayed {
    pub(crate) fn new(
        ClientEvent { name, args, weight }: ClientEvent,
        number: Option<u64>,
    ) -> Relayed {
        let overhead = OVERHEAD + args.overhead();
        Relayed { name, args, weight, overhead, number }
    }

    fn held(&self) -> usize {
        self.weight + self.overhead
    }
}

/// The viewer is behind the oldest event of the ring.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooSlow;

pub(crate) struct Relay {
    passes: RelayFilter,
    ring: Mutex<Ring>,
    /// A copy of the ring's `next`, so that viewers without anything to receive need not lock it.
    next: AtomicU64,
    refused: AtomicU64,
}

struct Ring {
    kept: VecDeque<Arc<Relayed>>,
    /// The position of the next event, counted from the start of the server.
    next: u64,
    /// The number of events from this server's own clients.
    own: u64,
    weight: usize,
    most: usize,
}

/// About how many bytes of memory an event without arguments takes beside its own bytes.
const OVERHEAD: usize = 128;

impl Relay {
    /// `most`: about how many bytes of memory the ring may take.
    pub(crate) fn new(passes: RelayFilter, most: usize) -> Relay {
        let ring = Ring { kept: VecDeque::new(), next: 0, own: 0, weight: 0, most };
        Relay {
            passes,
            ring: Mutex::new(ring),
            next: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Whether any event is relayed.
    pub(crate) fn passes_any(&self) -> bool {
        self.passes != RelayFilter::Nothing
    }

    /// Relays an event to all clients. `may_publish`: whether the sender may use the names of livecap's own events.
    pub(crate) fn take(
        &self,
        emitted: Result<ClientEvent, Refusal>,
        may_publish: bool,
    ) -> Result<(), Refusal> {
        let taken = self.checked(emitted, may_publish)?;
        let mut ring = self.ring();
        ring.own += 1;
        let number = Some(ring.own);
        ring.push(Relayed::new(taken, number));
        self.next.store(ring.next, Release);
        Ok(())
    }

    /// Relays an event of another server's client, whose rights were checked there.
    pub(crate) fn take_from_afar(
        &self,
        emitted: Result<ClientEvent, Refusal>,
    ) -> Result<(), Refusal> {
        let taken = self.checked(emitted, true)?;
        let mut ring = self.ring();
        ring.push(Relayed::new(taken, None));
        self.next.store(ring.next, Release);
        Ok(())
    }

    fn checked(
        &self,
        emitted: Result<ClientEvent, Refusal>,
        may_publish: bool,
    ) -> Result<ClientEvent, Refusal> {
        let taken = emitted.and_then(|emitted| self.admit(emitted, may_publish));
        if taken.is_err() {
            self.refused.fetch_add(1, Relaxed);
        }
        taken
    }

    fn admit(&self, emitted: ClientEvent, may_publish: bool) -> Result<ClientEvent, Refusal> {
        let passes = match &self.passes {
            RelayFilter::Nothing => false,
            RelayFilter::Everything => true,
            RelayFilter::Only(names) => names.contains(&emitted.name),
        };
        if !passes {
            return Err(Refusal::NotRelayed(emitted.name));
        }
        if emitted.is_own() && !may_publish {
            return Err(Refusal::MayNotPublish(emitted.name));
        }
        Ok(emitted)
    }

    /// Counts an event that was refused elsewhere.
    pub(crate) fn add_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// The position for a new viewer.
    pub(crate) fn next(&self) -> u64 {
        self.next.load(Acquire)
    }

    /// The number of events from this server's own clients, and the position of the next event.
    pub(crate) fn place(&self) -> (u64, u64) {
        let ring = self.ring();
        (ring.own, ring.next)
    }

    /// The event at position `at`, if there is one yet.
    pub(crate) fn due(&self, at: u64) -> Result<Option<Arc<Relayed>>, TooSlow> {
        if at == self.next() {
            return Ok(None);
        }
        self.ring().due(at)
    }

    /// The numbers of relayed and of refused events.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.next(), self.refused.load(Relaxed))
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, event: Relayed) {
        self.weight += event.held();
        self.kept.push_back(Arc::new(event));
        self.next += 1;
        // The newest event stays, whatever its size.
        while self.weight > self.most && self.kept.len() > 1 {
            let gone = self.kept.pop_front();
            self.weight -= gone.map_or(0, |it| it.held());
        }
    }

    fn due(&self, at: u64) -> Result<Option<Arc<Relayed>>, TooSlow> {
        let first = self.next - self.kept.len() as u64;
        let ahead = at.checked_sub(first).ok_or(TooSlow)?;
        Ok(self.kept.get(ahead as usize).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring(most: usize) -> Ring {
        Ring { kept: VecDeque::new(), next: 0, own: 0, weight: 0, most }
    }

    fn event(name: u64, weight: usize) -> Relayed {
        Relayed::new(ClientEvent { name: name.to_string(), args: Args::default(), weight }, None)
    }

    proptest! {
        /// Whatever comes, and whenever viewers read: each receives every event once and in order, or an error that it was too slow;
        /// and the ring stays within its limit.
        #[test]
        fn every_cursor_sees_all_in_order_or_is_too_slow(
            steps in prop::collection::vec((any::<bool>(), 1usize..400), 1..200),
        ) {
            let mut it = ring(2000);
            let (mut at, mut sent) = (0, 0);
            for (pushes, weight) in steps {
                if pushes {
                    it.push(event(sent, weight));
                    sent += 1;
                    prop_assert!(it.weight <= 2000);
                    continue;
                }
                match it.due(at) {
                    Ok(Some(event)) => {
                        prop_assert_eq!(&event.name, &at.to_string());
                        at += 1;
                    }
                    Ok(None) => prop_assert_eq!(at, sent),
                    Err(TooSlow) => {
                        prop_assert!(at + (it.kept.len() as u64) < sent);
                        at = it.next;
                    }
                }
            }
        }
    }
}
