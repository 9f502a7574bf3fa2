//! How the client's clock differs from the server's, as NTP finds it. All times in ms.
use std::collections::VecDeque;

const KEPT: usize = 8;
/// The error of an exchange grows by this share of its age: clocks drift.
const DRIFT: f64 = 1.0 / 20_000.0;

#[derive(Clone, Copy, Debug)]
struct Exchange {
    at: f64,
    offset: f64,
    error: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Offset(VecDeque<Exchange>);

impl Offset {
    /// A question sent and answered at these times of the client's clock; `server`: the server's time in the answer.
    pub(super) fn exchanged(&mut self, sent: f64, received: f64, server: f64) {
        if received < sent {
            return;
        }
        let (offset, error) = (server - f64::midpoint(sent, received), (received - sent) / 2.0);
        self.0.push_back(Exchange { at: received, offset, error });
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    /// The offset and the error of the exchange that is least wrong now.
    pub(super) fn best(&self, now: f64) -> Option<(f64, f64)> {
        let aged = self.0.iter().map(|it| (it.offset, it.error + (now - it.at) * DRIFT));
        aged.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the ways take in either direction, the true offset lies within the error that is told.
        #[test]
        fn the_error_that_is_told_is_no_less_than_the_true_one(
            offset in -1e6_f64..1e6, ways in prop::collection::vec((0.0..500.0, 0.0..500.0), 1..30)
        ) {
            let (mut clock, mut now) = (Offset::default(), 0.0);
            for (there, back) in ways {
                let sent = now;
                now += there + back;
                clock.exchanged(sent, now, sent + there + offset);
                let (told, error) = clock.best(now).unwrap();
                prop_assert!((told - offset).abs() <= error + 1e-6, "{told} {error}");
            }
        }
    }
}
