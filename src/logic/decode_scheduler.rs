//! When the open segment is decoded again: at intervals that follow the cost of decodes, and once in each pause.
use std::time::Duration;

use crate::message::MediaTime;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecodeSchedulerSettings {
    /// The first decode comes this long after the segment opened. Further ones follow at this interval, or at `interval` where
    /// that is shorter, until a word is shown.
    pub first: Duration,
    /// After that, a decode comes after this much new audio while somebody speaks.
    pub interval: Duration,
    /// The share of the time that decodes may take, 0 to 1. If one decode costs more than that, the interval grows.
    pub share: f32,
    /// After this much silence the pause is decoded. The final is made of that decode if nobody goes on.
    pub pause: Duration,
}

impl Default for DecodeSchedulerSettings {
    fn default() -> DecodeSchedulerSettings {
        let ms = Duration::from_millis;
        DecodeSchedulerSettings { first: ms(350), interval: ms(900), share: 0.3, pause: ms(250) }
    }
}

/// Why a decode is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeReason {
    /// There is enough new speech.
    Speech,
    /// The speaker paused.
    Pause,
}

/// The scheduler of one stream's decodes.
#[derive(Debug)]
pub struct DecodeScheduler {
    settings: DecodeSchedulerSettings,
    /// The cost of the newest three decodes, the newest last.
    costs: [Duration; 3],
    /// Whether the open segment has been decoded.
    has_decoded: bool,
    /// Whether any of its words have been shown.
    has_shown: bool,
    decoded_to: MediaTime,
    /// The end of the speech before the pause that was decoded last.
    decoded_pause: Option<MediaTime>,
}

impl DecodeScheduler {
    pub fn new(settings: DecodeSchedulerSettings) -> DecodeScheduler {
        DecodeScheduler {
            settings,
            costs: [Duration::ZERO; 3],
            has_decoded: false,
            has_shown: false,
            decoded_to: MediaTime::ZERO,
            decoded_pause: None,
        }
    }

    /// A segment opened, by the audio up to `at`.
    pub fn open_segment(&mut self, at: MediaTime) {
        (self.has_decoded, self.has_shown) = (false, false);
        (self.decoded_to, self.decoded_pause) = (at, None);
    }

    /// The median cost of the newest three decodes, so that one outlier does not count. Zero before the second decode.
    pub fn typical_cost(&self) -> Duration {
        let mut costs = self.costs;
        costs.sort();
        costs[1]
    }

    /// How much new audio makes a decode due.
    pub fn interval(&self) -> Duration {
        let least = self.typical_cost().div_f64(f64::from(self.settings.share.clamp(0.01, 1.0)));
        least.max(self.settings.interval)
    }

    /// Whether decodes come less often than `interval` asks for.
    pub fn is_stretched(&self) -> bool {
        self.interval() > self.settings.interval
    }

    /// Whether a decode of the audio up to `audio_end` comes so late that another one was left out before it.
    pub fn skips_a_decode(&self, audio_end: MediaTime) -> bool {
        self.has_decoded && audio_end.since(self.decoded_to) >= self.interval() * 2
    }

    /// The decode that is due when the audio ends at `audio_end` and its speech at `speech_end`.
    pub fn due(&self, speech_end: MediaTime, audio_end: MediaTime) -> Option<DecodeReason> {
        if audio_end.since(speech_end) >= self.settings.pause {
            return (self.decoded_pause != Some(speech_end)).then_some(DecodeReason::Pause);
        }
        let wait = match (self.has_decoded, self.has_shown) {
            (false, _) => self.settings.first,
            // Until a word is shown, the cost does not count: the audio is short, so its decodes are cheap.
            (true, false) => self.settings.first.min(self.settings.interval),
            (true, true) => self.interval(),
        };
        let is_new = speech_end > self.decoded_to && audio_end.since(self.decoded_to) >= wait;
        is_new.then_some(DecodeReason::Speech)
    }

    /// The audio up to `audio_end` was decoded.
    pub fn record_decode(
        &mut self,
        reason: DecodeReason,
        speech_end: MediaTime,
        audio_end: MediaTime,
    ) {
        (self.has_decoded, self.decoded_to) = (true, audio_end);
        self.decoded_pause = (reason == DecodeReason::Pause).then_some(speech_end);
    }

    /// Words of the open segment were shown.
    pub fn record_shown(&mut self) {
        self.has_shown = true;
    }

    /// A decode cost this much.
    pub fn record_cost(&mut self, cost: Duration) {
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

    /// The times of the decodes of speech up to `spoken` and silence up to `end`, with a step every 10 ms.
    fn decodes(scheduler: &mut DecodeScheduler, spoken: u64, end: u64) -> Vec<(u64, DecodeReason)> {
        let mut decodes = Vec::new();
        scheduler.record_shown();
        for now in (0..=end).step_by(10) {
            let (speech_end, now_at) = (at(now.min(spoken)), at(now));
            if let Some(due) = scheduler.due(speech_end, now_at) {
                scheduler.record_decode(due, speech_end, now_at);
                decodes.push((now, due));
            }
        }
        decodes
    }

    #[test]
    fn speech_is_decoded_at_intervals_and_a_pause_once() {
        let mut scheduler = DecodeScheduler::new(DecodeSchedulerSettings::default());
        let expected = [350, 1_250, 2_150].map(|it| (it, DecodeReason::Speech));
        let decodes = decodes(&mut scheduler, 2_100, 4_000);
        assert_eq!(decodes[..3], expected);
        assert_eq!(decodes[3..], [(2_350, DecodeReason::Pause)]);
    }

    #[test]
    fn costly_decodes_stretch_the_interval() {
        let mut scheduler = DecodeScheduler::new(DecodeSchedulerSettings::default());
        (0..2).for_each(|_| scheduler.record_cost(Duration::from_millis(300)));
        assert!(scheduler.is_stretched());
        let expected = [350, 1_350, 2_350].map(|it| (it, DecodeReason::Speech));
        assert_eq!(decodes(&mut scheduler, 2_400, 2_400), expected);
        // Until a word is shown, decodes come as often as they are asked for.
        scheduler.open_segment(at(0));
        assert_eq!(scheduler.due(at(350), at(350)), Some(DecodeReason::Speech));
        scheduler.record_decode(DecodeReason::Speech, at(350), at(350));
        assert_eq!(scheduler.due(at(700), at(700)), Some(DecodeReason::Speech));
        scheduler.record_shown();
        assert_eq!(scheduler.due(at(700), at(700)), None);
        (0..2).for_each(|_| scheduler.record_cost(Duration::from_millis(40)));
        assert!(!scheduler.is_stretched());
    }

    #[test]
    fn an_interval_shorter_than_the_first_wait_is_kept() {
        let interval = Duration::from_millis(100);
        let mut scheduler = DecodeScheduler::new(DecodeSchedulerSettings {
            interval,
            ..DecodeSchedulerSettings::default()
        });
        scheduler.record_decode(DecodeReason::Speech, at(350), at(350));
        assert_eq!(scheduler.due(at(440), at(440)), None);
        assert_eq!(scheduler.due(at(450), at(450)), Some(DecodeReason::Speech));
    }

    #[test]
    fn the_typical_cost_is_the_median_of_three() {
        let mut scheduler = DecodeScheduler::new(DecodeSchedulerSettings::default());
        let s = Duration::from_secs;
        let typical = [9, 1, 1, 9, 1, 9, 9, 1, 1].map(|it| {
            scheduler.record_cost(s(it));
            scheduler.typical_cost()
        });
        assert_eq!(typical, [0, 1, 1, 1, 1, 9, 9, 9, 1].map(s));
    }

    proptest! {
        /// Whatever a decode costs: all speech is decoded once there is a pause, and decodes keep their interval.
        #[test]
        fn all_speech_is_decoded_and_decodes_keep_their_interval(
            spoken in 0u64..8_000,
            cost in 0u64..900,
            share in 0.1f32..1.0,
        ) {
            let mut scheduler = DecodeScheduler::new(DecodeSchedulerSettings { share, ..DecodeSchedulerSettings::default() });
            (0..2).for_each(|_| scheduler.record_cost(Duration::from_millis(cost)));
            let decodes = decodes(&mut scheduler, spoken, spoken + 2_000);
            let last = decodes.last().unwrap();
            prop_assert!(last.1 == DecodeReason::Pause && last.0 >= spoken);
            prop_assert_eq!(decodes.iter().filter(|it| it.1 == DecodeReason::Pause).count(), 1);
            let speech: Vec<u64> = decodes.iter().filter(|it| it.1 == DecodeReason::Speech).map(|it| it.0).collect();
            for pair in speech.windows(2) {
                prop_assert!(Duration::from_millis(pair[1] - pair[0]) >= scheduler.interval());
            }
        }
    }
}
