//! When an open segment is looked at again: after new speech, as often as the cost of the looks allows, and once in a pause.
use std::time::Duration;

use crate::message::MediaTime;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaceSettings {
    /// The first look at a segment comes so long after it opened, and further ones so long after each other until there is something to read, or
    /// `interval` where that is shorter.
    pub first: Duration,
    /// From then on there is a look after so much new sound while somebody speaks.
    pub interval: Duration,
    /// Looks may take this part of the time, 0 to 1: where one costs more than that, the interval grows.
    pub share: f32,
    /// After so much silence there is one more look, which the final is made of if nobody goes on.
    pub pause: Duration,
}

impl Default for PaceSettings {
    fn default() -> PaceSettings {
        let ms = Duration::from_millis;
        PaceSettings { first: ms(350), interval: ms(900), share: 0.3, pause: ms(250) }
    }
}

/// Why a look is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// So much is new.
    Speech,
    /// Somebody paused.
    Pause,
}

/// Follows the looks at one stream.
#[derive(Debug)]
pub struct Pace {
    settings: PaceSettings,
    /// What the newest decodes cost, the newest last.
    costs: [Duration; 3],
    /// Whether the open segment has been looked at.
    has_looked: bool,
    /// Whether any words of it have been shown.
    has_shown: bool,
    looked_to: MediaTime,
    /// The end of the speech before the pause that was looked at.
    paused_at: Option<MediaTime>,
}

impl Pace {
    pub fn new(settings: PaceSettings) -> Pace {
        Pace {
            settings,
            costs: [Duration::ZERO; 3],
            has_looked: false,
            has_shown: false,
            looked_to: MediaTime::ZERO,
            paused_at: None,
        }
    }

    /// A segment was opened by the sound up to `at`.
    pub fn begin(&mut self, at: MediaTime) {
        (self.has_looked, self.has_shown) = (false, false);
        (self.looked_to, self.paused_at) = (at, None);
    }

    /// What a decode costs that is neither dear nor cheap by chance: the median of the newest three. Zero before the second.
    pub fn typical_cost(&self) -> Duration {
        let mut costs = self.costs;
        costs.sort();
        costs[1]
    }

    /// How much new sound makes a look due.
    pub fn interval(&self) -> Duration {
        let least = self.typical_cost().div_f64(f64::from(self.settings.share.clamp(0.01, 1.0)));
        least.max(self.settings.interval)
    }

    /// Whether looks are rarer than they were asked to be.
    pub fn is_stretched(&self) -> bool {
        self.interval() > self.settings.interval
    }

    /// Whether a look at the sound up to `end` comes in the place of two.
    pub fn is_late(&self, end: MediaTime) -> bool {
        self.has_looked && end.since(self.looked_to) >= self.interval() * 2
    }

    /// What is due with the sound that ends at `end`, where somebody spoke up to `spoken_to`.
    pub fn due(&self, spoken_to: MediaTime, end: MediaTime) -> Option<Due> {
        if end.since(spoken_to) >= self.settings.pause {
            return (self.paused_at != Some(spoken_to)).then_some(Due::Pause);
        }
        let wait = match (self.has_looked, self.has_shown) {
            (false, _) => self.settings.first,
            // Until there is something to read, decodes come as often as they are asked for: the sound is short, they cost little.
            (true, false) => self.settings.first.min(self.settings.interval),
            (true, true) => self.interval(),
        };
        let is_new = spoken_to > self.looked_to && end.since(self.looked_to) >= wait;
        is_new.then_some(Due::Speech)
    }

    /// There was a look at the sound up to `end`.
    pub fn looked(&mut self, due: Due, spoken_to: MediaTime, end: MediaTime) {
        (self.has_looked, self.looked_to) = (true, end);
        self.paused_at = (due == Due::Pause).then_some(spoken_to);
    }

    /// Words of the open segment were shown.
    pub fn shown(&mut self) {
        self.has_shown = true;
    }

    /// What a decode cost.
    pub fn measured(&mut self, cost: Duration) {
        self.costs.rotate_left(1);
        self.costs[2] = cost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> MediaTime {
        MediaTime::new(Duration::from_millis(ms))
    }

    /// The places of the looks at speech up to `spoken`, then silence up to `end`, seen every 10 ms.
    fn looks(pace: &mut Pace, spoken: u64, end: u64) -> Vec<(u64, Due)> {
        let mut looks = Vec::new();
        pace.shown();
        for now in (0..=end).step_by(10) {
            let (spoken_to, now_at) = (at(now.min(spoken)), at(now));
            if let Some(due) = pace.due(spoken_to, now_at) {
                pace.looked(due, spoken_to, now_at);
                looks.push((now, due));
            }
        }
        looks
    }

    #[test]
    fn speech_is_looked_at_in_steps_and_a_pause_once() {
        let mut pace = Pace::new(PaceSettings::default());
        let expected = [350, 1_250, 2_150].map(|it| (it, Due::Speech));
        let looks = looks(&mut pace, 2_100, 4_000);
        assert_eq!(looks[..3], expected);
        assert_eq!(looks[3..], [(2_350, Due::Pause)]);
    }

    #[test]
    fn looks_that_cost_much_are_rare() {
        let mut pace = Pace::new(PaceSettings::default());
        (0..2).for_each(|_| pace.measured(Duration::from_millis(300)));
        assert!(pace.is_stretched());
        let expected = [350, 1_350, 2_350].map(|it| (it, Due::Speech));
        assert_eq!(looks(&mut pace, 2_400, 2_400), expected);
        // Until there are words to read they come as often as they are asked for.
        pace.begin(at(0));
        assert_eq!(pace.due(at(350), at(350)), Some(Due::Speech));
        pace.looked(Due::Speech, at(350), at(350));
        assert_eq!(pace.due(at(700), at(700)), Some(Due::Speech));
        pace.shown();
        assert_eq!(pace.due(at(700), at(700)), None);
        (0..2).for_each(|_| pace.measured(Duration::from_millis(40)));
        assert!(!pace.is_stretched());
    }

    #[test]
    fn looks_that_are_asked_for_more_often_than_the_first_one_comes_are_as_often_as_that() {
        let interval = Duration::from_millis(100);
        let mut pace = Pace::new(PaceSettings { interval, ..PaceSettings::default() });
        pace.looked(Due::Speech, at(350), at(350));
        assert_eq!(pace.due(at(440), at(440)), None);
        assert_eq!(pace.due(at(450), at(450)), Some(Due::Speech));
    }

    #[test]
    fn one_decode_that_is_dear_by_chance_is_not_typical() {
        let mut pace = Pace::new(PaceSettings::default());
        let s = Duration::from_secs;
        let typical = [9, 1, 1, 9, 1, 9, 9, 1, 1].map(|it| {
            pace.measured(s(it));
            pace.typical_cost()
        });
        assert_eq!(typical, [0, 1, 1, 1, 1, 9, 9, 9, 1].map(s));
    }

    proptest! {
        /// Whatever a look costs: all speech has been looked at once there was a pause, and looks keep their distance.
        #[test]
        fn every_bit_of_speech_is_looked_at(
            spoken in 0u64..8_000,
            cost in 0u64..900,
            share in 0.1f32..1.0,
        ) {
            let mut pace = Pace::new(PaceSettings { share, ..PaceSettings::default() });
            (0..2).for_each(|_| pace.measured(Duration::from_millis(cost)));
            let looks = looks(&mut pace, spoken, spoken + 2_000);
            let last = looks.last().unwrap();
            prop_assert!(last.1 == Due::Pause && last.0 >= spoken);
            prop_assert_eq!(looks.iter().filter(|it| it.1 == Due::Pause).count(), 1);
            let speech: Vec<u64> = looks.iter().filter(|it| it.1 == Due::Speech).map(|it| it.0).collect();
            for pair in speech.windows(2) {
                prop_assert!(Duration::from_millis(pair[1] - pair[0]) >= pace.interval());
            }
        }
    }
}
