//! Connections that have not said hello: so many at once, and a new one takes the place of the oldest.
//!
//! Whoever means to speak says hello within a round trip. To refuse new connections instead would let a few silent ones keep
//! all speakers out.
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

/// Of all addresses together.
const MOST: usize = 256;

/// All that are waiting, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct HalfOpen(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    given_up: BTreeMap<u64, CancellationToken>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    all: Arc<HalfOpen>,
    number: u64,
    given_up: CancellationToken,
}

impl HalfOpen {
    pub(super) fn enter(self: &Arc<HalfOpen>) -> Seat {
        let given_up = CancellationToken::new();
        let mut waiting = self.waiting();
        while waiting.given_up.len() >= MOST {
            let Some((_, oldest)) = waiting.given_up.pop_first() else { break };
            oldest.cancel();
        }
        let number = waiting.next;
        waiting.next += 1;
        waiting.given_up.insert(number, given_up.clone());
        Seat { all: self.clone(), number, given_up }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Returns once a newer connection has taken its place.
    pub(super) async fn given_up(&self) {
        self.given_up.cancelled().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.all.waiting().given_up.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_gives_way_and_who_has_left_needs_no_place() {
        let all = Arc::new(HalfOpen::default());
        let mut seats: Vec<Seat> = (0..MOST).map(|_| all.enter()).collect();
        drop(seats.remove(3));
        seats.push(all.enter());
        let gone = |seats: &[Seat]| seats.iter().filter(|it| it.given_up.is_cancelled()).count();
        assert_eq!(gone(&seats), 0);
        seats.push(all.enter());
        seats.push(all.enter());
        assert_eq!(gone(&seats), 2);
        assert!(seats[0].given_up.is_cancelled() && seats[1].given_up.is_cancelled());
        assert_eq!(all.waiting().given_up.len(), MOST);
        drop(seats);
        assert_eq!(all.waiting().given_up.len(), 0);
    }
}
