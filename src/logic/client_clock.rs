//! The clock of a client on the server's: when what it says that it captured was captured.
use std::collections::VecDeque;

/// How long the quickest arrival counts, in ms. Longer than any disturbance, and short enough for clocks that drift: 100 parts in a
/// million are 3 ms in that time.
const WINDOW: f64 = 30_000.0;
/// Parts of the window; the oldest one is forgotten as a whole.
const PARTS: usize = 6;
/// What a clock that is told may lie ahead of arrivals, in ms, beside its own error.
const AHEAD: f64 = 20.0;
/// A clock that went back by more than this, in ms, against the samples was set.
const SET_BACK: f64 = 200.0;
/// The greatest age in ms that is believed.
const OLDEST: f64 = 120_000.0;

/// All numbers are in ms; `arrived` is on the server's clock.
///
/// Without a word from the client, the offset is the least of what arrivals show: the quickest message tells the time best. An
/// offset that the client has measured is better, as long as nothing arrives before it was captured.
#[derive(Clone, Debug, Default)]
pub struct ClientClock {
    told: Option<(f64, f64)>,
    /// The least of (arrived − client) in each part of the window, with when the part began.
    least: VecDeque<(f64, f64)>,
    /// The capture time and the sound behind the last message.
    last: Option<(f64, f64)>,
    jumps: u64,
}

impl ClientClock {
    /// A connection begins: what was known of the clock may be of another page.
    pub fn begin(&mut self, client: f64, arrived: f64) {
        *self = ClientClock { jumps: self.jumps, ..ClientClock::default() };
        self.seen(client, arrived);
    }

    /// The client says what its clock shows.
    pub fn seen(&mut self, client: f64, arrived: f64) {
        let part = WINDOW / PARTS as f64;
        let shown = arrived - client;
        match self.least.back_mut() {
            Some((since, least)) if arrived - *since < part => *least = least.min(shown),
            _ => self.least.push_back((arrived, shown)),
        }
        while self.least.len() > PARTS {
            self.least.pop_front();
        }
    }

    /// The client has measured what is to be added to its clock, with this error.
    pub fn tell(&mut self, offset: f64, error: f64) {
        let fine = offset.is_finite() && error.is_finite() && (0.0..=10_000.0).contains(&error);
        self.told = fine.then_some((offset, error));
    }

    /// When the last sample of a message was captured, on the server's clock. `position`: how much sound the session has to that
    /// sample.
    pub fn captured(&mut self, client: f64, position: f64, arrived: f64) -> f64 {
        if let Some((before, sound)) = self.last.replace((client, position))
            && client - before < position - sound - SET_BACK
        {
            self.jumps += 1;
            self.told = None;
            self.least.clear();
        }
        self.seen(client, arrived);
        let quickest = self.least.iter().map(|it| it.1).fold(f64::INFINITY, f64::min);
        let offset = match self.told {
            Some((told, error)) if told <= quickest + error + AHEAD => told,
            Some(_) => {
                self.jumps += 1;
                self.told = None;
                quickest
            }
            None => quickest,
        };
        (client + offset).clamp(arrived - OLDEST, arrived)
    }

    /// How often the client's clock was seen to have been set, or what it told was impossible.
    pub fn jumps(&self) -> u64 {
        self.jumps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Messages of 20 ms over `seconds`; the client's clock shows `client(t)` at time t, and delays are as given, again and again.
    fn errors(
        clock: &mut ClientClock,
        seconds: usize,
        client: impl Fn(f64) -> f64,
        delays: &[f64],
    ) -> Vec<f64> {
        let mut errors = Vec::new();
        let mut arrived = 0.0_f64;
        for (n, delay) in (0..seconds * 50).zip(delays.iter().cycle()) {
            let captured = 20.0 * (n + 1) as f64;
            // What is behind another message cannot overtake it.
            arrived = arrived.max(captured + delay);
            errors.push(clock.captured(client(captured), captured, arrived) - captured);
        }
        errors
    }

    #[test]
    fn an_offset_that_is_told_is_followed() {
        let mut clock = ClientClock::default();
        clock.tell(-5000.0, 1.0);
        let errors = errors(&mut clock, 5, |t| t + 5000.0, &[30.0, 80.0]);
        assert!(errors.iter().all(|it| it.abs() < 1e-6), "{errors:?}");
    }

    #[test]
    fn a_lie_about_the_clock_is_not_believed() {
        let mut clock = ClientClock::default();
        clock.tell(60_000.0, 1.0);
        let ahead = errors(&mut clock, 2, |t| t, &[30.0]);
        assert!(ahead.iter().all(|it| (0.0..=30.0).contains(it)) && clock.jumps() == 1);
    }

    #[test]
    fn a_clock_that_is_set_back_or_forward_is_followed_at_once() {
        for jump in [-100_000.0, 100_000.0] {
            let mut clock = ClientClock::default();
            clock.tell(0.0, 1.0);
            let set = |t: f64| if t < 3000.0 { t } else { t + jump };
            let errors = errors(&mut clock, 6, set, &[25.0]);
            assert!(errors.iter().all(|it| it.abs() <= 25.0), "{jump}: {errors:?}");
            assert_eq!(clock.jumps(), 1);
        }
    }

    proptest! {
        #[test]
        fn without_a_word_the_error_is_the_quickest_delay_also_where_clocks_drift(
            offset in -1e9..1e9, drift in -200.0..200.0, delays in prop::collection::vec(5.0..400.0, 1..40)
        ) {
            let mut clock = ClientClock::default();
            let client = |t: f64| t * (1.0 + drift / 1e6) + offset;
            let errors = errors(&mut clock, 90, client, &delays);
            let quickest = delays.iter().copied().fold(f64::INFINITY, f64::min);
            // The drift of one window, and what the messages before hold up.
            for error in &errors[delays.len()..] {
                prop_assert!((-10.0..=quickest + 400.0).contains(error), "{error}");
            }
        }

        #[test]
        fn nothing_is_captured_after_it_arrived(
            messages in prop::collection::vec((any::<f64>(), any::<f64>(), 0.0..1e7), 1..50), told: f64
        ) {
            let mut clock = ClientClock::default();
            clock.tell(told, 1.0);
            let mut now = 0.0;
            for (client, position, later) in messages {
                if !client.is_finite() || !position.is_finite() { continue; }
                now += later;
                let captured = clock.captured(client, position, now);
                prop_assert!(captured <= now && captured >= now - OLDEST, "{captured}");
            }
        }
    }
}
