//! Wait and service times of the stages over the last minutes, from the traces of published captions.
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::histogram::{Distribution, Summary};
use crate::message::{Caption, Language, Milestone, Trace, TrackName, Translated};

/// The newest traces, limited by number and age.
#[derive(Clone, Debug)]
pub struct Recent {
    room: usize,
    window: Duration,
    traces: VecDeque<(Path, Instant, Trace)>,
}

/// The path of a caption: its track, and the language of a translation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    pub track: TrackName,
    pub language: Option<Language>,
}

/// The times of one stage for the captions of one path.
#[derive(Clone, Debug, PartialEq)]
pub struct StageTimes {
    pub path: Path,
    pub milestone: Milestone,
    /// From offered to done: wait and service of the same caption together.
    pub total: Summary,
    /// From offered to begun.
    pub wait: Summary,
    /// From begun to done.
    pub service: Summary,
}

/// From the capture of a caption's newest audio until it was published.
#[derive(Clone, Debug, PartialEq)]
pub struct Age {
    pub path: Path,
    pub age: Summary,
}

impl Recent {
    /// Keeps at most `room` captions, none published longer than `window` ago.
    pub fn new(room: usize, window: Duration) -> Recent {
        Recent { room, window, traces: VecDeque::new() }
    }

    /// Records the trace of a published caption. Gaps are not measured: nobody waited for them.
    pub fn record(&mut self, caption: &Caption, trace: Trace, now: Instant) {
        let language = match caption {
            Caption::Gap(_) => return,
            Caption::Transcript(_) => None,
            // A translation that failed measures a deadline, not the translator.
            Caption::Translation(it) if matches!(it.text, Translated::Not(_)) => return,
            Caption::Translation(it) => Some(it.language.clone()),
        };
        let path = Path { track: caption.track().clone(), language };
        self.traces.push_back((path, now, trace));
        self.prune(now);
    }

    /// Drops traces that are too old.
    pub fn prune(&mut self, now: Instant) {
        let too_old = |at: Instant| now.saturating_duration_since(at) > self.window;
        while self.traces.len() > self.room || self.traces.front().is_some_and(|it| too_old(it.1)) {
            self.traces.pop_front();
        }
    }

    /// By path, in the order of the stages. A translation does not repeat the stages of its original.
    pub fn stages(&self) -> Vec<StageTimes> {
        let mut found: BTreeMap<(&Path, Milestone), [Distribution; 3]> = BTreeMap::new();
        for (path, _, trace) in &self.traces {
            let own = |it: &&Milestone| path.language.is_none() || Milestone::Translated <= **it;
            for milestone in Milestone::ALL.iter().filter(own) {
                let times = (trace.wait(*milestone), trace.service(*milestone));
                let (Some(wait), Some(service)) = times else { continue };
                let all = found.entry((path, *milestone)).or_default();
                for (one, time) in all.iter_mut().zip([wait + service, wait, service]) {
                    one.record(ms(time));
                }
            }
        }
        let list = found.into_iter().filter_map(|((path, milestone), [total, wait, service])| {
            Some(StageTimes {
                path: path.clone(),
                milestone,
                total: total.summary()?,
                wait: wait.summary()?,
                service: service.summary()?,
            })
        });
        list.collect()
    }

    pub fn ages(&self) -> Vec<Age> {
        let mut found: BTreeMap<&Path, Distribution> = BTreeMap::new();
        for (path, _, trace) in &self.traces {
            let age = trace.age(Milestone::Published);
            let one = found.entry(path).or_default();
            age.into_iter().for_each(|it| one.record(ms(it)));
        }
        let list = found
            .into_iter()
            .filter_map(|(path, all)| Some(Age { path: path.clone(), age: all.summary()? }));
        list.collect()
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Hop, MediaSpan, MediaTime, Segments, Word};

    /// A final of "english": recognised within `took` ms, from 10 ms after its capture, and published 1 ms later.
    fn caption(begun: Instant, took: u64) -> (Caption, Trace) {
        let at = |after: u64| begun + Duration::from_millis(after);
        let trace = Trace::starting(begun)
            .with(Milestone::Recognised, Hop { begun: at(10), done: at(10 + took) })
            .with(Milestone::Published, Hop { begun: at(11 + took), done: at(11 + took) });
        let mut segments = Segments::new(TrackName::new("english"));
        segments.open(MediaTime::default(), Language::new("en"));
        let words = vec![Word { text: " one".to_owned(), span: MediaSpan::default() }];
        let one = segments.close(words, MediaTime::default(), trace).unwrap();
        (Caption::Transcript(one), trace)
    }

    #[test]
    fn each_stage_has_wait_service_and_total_times() {
        let start = Instant::now();
        let mut recent = Recent::new(100, Duration::from_secs(60));
        for took in 1..=100 {
            let (caption, trace) = caption(start, took);
            recent.record(&caption, trace, start);
        }
        let stages = recent.stages();
        let names: Vec<_> = stages.iter().map(|it| it.milestone.name()).collect();
        assert_eq!(names, ["recognised", "published"]);
        let close = |a: f64, b: f64| (a - b).abs() <= b * 0.001 + 0.001;
        let recognised = &stages[0];
        assert!(close(recognised.wait.p50, 10.0) && close(recognised.service.p50, 50.0));
        assert!(close(recognised.total.p95, 105.0) && close(recognised.total.p99, 109.0));
        assert!(close(stages[1].wait.p99, 1.0), "{stages:?}");
        let ages = recent.ages();
        assert!(close(ages[0].age.p50, 61.0) && ages[0].age.n == 100, "{ages:?}");
        assert_eq!(ages[0].path.track, TrackName::new("english"));
    }

    #[test]
    fn old_and_surplus_traces_are_dropped() {
        let start = Instant::now();
        let mut recent = Recent::new(3, Duration::from_secs(60));
        let (caption, trace) = caption(start, 1);
        for second in 0..5 {
            recent.record(&caption, trace, start + Duration::from_secs(second));
        }
        assert_eq!(recent.ages()[0].age.n, 3);
        recent.prune(start + Duration::from_secs(63));
        assert_eq!(recent.ages()[0].age.n, 2);
        recent.prune(start + Duration::from_secs(99));
        assert!(recent.ages().is_empty() && recent.stages().is_empty());
    }
}
