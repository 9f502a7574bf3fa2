//! What a suite adds up, and what `--suite --json` writes: one row a piece and one for all, as `docs/measures.md` says.
use std::path::Path;

use serde::Serialize;

use super::{
    args::Way,
    machine,
    measure::Figures,
    parts::LagFigures,
    replayed::recognisers,
    report::{Model, unit},
    session::Bench,
};
use crate::{
    logic::{
        histogram::{Distribution, Summary},
        latency::{Lag, Latencies},
        reference::Reference,
        spoken::is_in_characters,
        stability::Erasure,
        wer::WordErrors,
    },
    stages::whisper::WhisperSettings,
};

/// One value for each way to run; `None` for those that did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct ByWay<T> {
    pub(super) offline: Option<T>,
    pub(super) unpaced: Option<T>,
    pub(super) realtime: Option<T>,
}

impl<T> ByWay<T> {
    pub(super) fn of(&self, way: Way) -> Option<&T> {
        match way {
            Way::Offline => self.offline.as_ref(),
            Way::Unpaced => self.unpaced.as_ref(),
            Way::Paced(_) => self.realtime.as_ref(),
        }
    }

    fn of_mut(&mut self, way: Way) -> &mut Option<T> {
        match way {
            Way::Offline => &mut self.offline,
            Way::Unpaced => &mut self.unpaced,
            Way::Paced(_) => &mut self.realtime,
        }
    }

    fn map<U>(&self, of: impl Fn(&T) -> Option<U>) -> ByWay<U> {
        let of = |it: &Option<T>| it.as_ref().and_then(&of);
        let (offline, unpaced) = (of(&self.offline), of(&self.unpaced));
        ByWay { offline, unpaced, realtime: of(&self.realtime) }
    }
}

/// The sums of one piece, or of many. Figures of a single run are those of the last run.
#[derive(Default)]
pub(super) struct Tally {
    errors: ByWay<WordErrors>,
    /// Processor seconds of all recognisers; seconds of sound.
    processor: ByWay<(f64, f64)>,
    audio: f64,
    latencies: Latencies,
    lag: Lag,
    /// Of one piece alone: those of two lie on no common line.
    lag_slope: Option<f64>,
    erasure: Erasure,
    committed_changes: usize,
    from_nothing: Option<usize>,
    memory: Option<f64>,
}

impl Tally {
    /// One run of a piece, with `count` recognisers.
    pub(super) fn take(&mut self, figures: &Figures<'_>, said: &Reference, count: usize) {
        let (way, run) = (figures.way, figures.run);
        *self.errors.of_mut(way) = figures.errors;
        // If the time of any recogniser is unknown, the sum would be too small.
        let seconds = (run.processor.len() == count).then(|| run.processor.values().sum::<f64>());
        *self.processor.of_mut(way) = seconds.map(|it| (it, run.audio));
        self.audio = run.audio;
        self.latencies = figures.latencies.clone();
        self.lag = figures.lag.clone();
        self.lag_slope = self.lag.slope_per_min();
        self.erasure = figures.erasure;
        self.committed_changes = figures.committed_changes;
        let nothing = said.text.trim().is_empty();
        self.from_nothing = figures.errors.filter(|_| nothing).map(|it| it.inserted);
        let most = run.memory.map(|it| it.max);
        self.memory = most.into_iter().chain(self.memory).reduce(f64::max);
    }

    /// Another piece.
    pub(super) fn add(&mut self, other: Tally) {
        for way in [Way::Offline, Way::Unpaced, Way::Paced(1.0)] {
            if let Some(more) = other.errors.of(way) {
                let sum = self.errors.of_mut(way);
                *sum = Some(sum.unwrap_or_default() + *more);
            }
            if let Some(more) = other.processor.of(way) {
                let sum = self.processor.of_mut(way);
                let before = sum.unwrap_or_default();
                *sum = Some((before.0 + more.0, before.1 + more.1));
            }
        }
        self.audio += other.audio;
        self.latencies.add(other.latencies);
        self.lag.add(other.lag);
        self.erasure = self.erasure + other.erasure;
        self.committed_changes += other.committed_changes;
        if let Some(more) = other.from_nothing {
            self.from_nothing = Some(self.from_nothing.unwrap_or_default() + more);
        }
        self.memory = other.memory.into_iter().chain(self.memory).reduce(f64::max);
    }
}

/// What `--suite --json` writes.
#[derive(Serialize)]
pub(super) struct Suite {
    pub(super) machine: machine::Machine,
    pub(super) commit: Option<String>,
    pub(super) model: Model,
    pub(super) threads: usize,
    pub(super) suite: String,
    /// Of the paced run.
    pub(super) speed: Option<f64>,
    pub(super) pieces: Vec<Row>,
    pub(super) failed: Vec<Failure>,
    pub(super) total: Row,
}

#[derive(Serialize)]
pub(super) struct Failure {
    pub(super) name: String,
    pub(super) why: String,
}

/// Of one piece, or of all; times in milliseconds.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    /// `None` of all.
    pub(super) language: Option<String>,
    pub(super) audio_s: f64,
    /// Of the reference.
    pub(super) words: Option<usize>,
    /// What is counted: `word` or `character`. `None` of all.
    pub(super) unit: Option<&'static str>,
    pub(super) wer: ByWay<Wer>,
    pub(super) latency_ms: Waits,
    pub(super) lag_ms: LagFigures,
    pub(super) erasure: Option<f64>,
    pub(super) committed_changes: usize,
    /// Words in recordings in which nothing is said.
    pub(super) words_from_nothing: Option<usize>,
    /// Processor seconds of the recognisers for each second of sound.
    pub(super) cpu_s_per_s: ByWay<f64>,
    /// The most.
    pub(super) memory_mb: Option<f64>,
}

/// `rate` is a fraction, and `None` without a word in the reference.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Wer {
    pub(super) rate: Option<f64>,
    pub(super) substituted: usize,
    pub(super) deleted: usize,
    pub(super) inserted: usize,
}

#[derive(Serialize)]
pub(super) struct Waits {
    pub(super) settled: Option<Summary>,
    pub(super) committed: Option<Summary>,
    pub(super) first_partial: Option<Summary>,
    pub(super) finalisation: Option<Summary>,
}

impl Suite {
    /// Before the first piece.
    pub(super) fn new(bench: &Bench<'_>, folder: &Path, ways: &[Way]) -> Suite {
        let whisper = recognisers(bench.plan).next().map(|it| it.1);
        let model = bench.recognisers.model.as_ref().or(whisper.map(|it| &it.model));
        let threads = bench.recognisers.threads.map(|it| it.get());
        let spare = WhisperSettings::spare_threads(bench.plan.recognisers()).get();
        Suite {
            machine: machine::Machine::here(),
            commit: machine::commit(),
            model: Model::of(bench.machine, model),
            threads: threads.or(whisper.and_then(|it| it.threads)).unwrap_or(spare),
            suite: folder.display().to_string(),
            speed: ways.iter().find_map(|it| match it {
                Way::Paced(times) => Some(*times),
                Way::Offline | Way::Unpaced => None,
            }),
            pieces: Vec::new(),
            failed: Vec::new(),
            total: Row::new("total", None, &Tally::default()),
        }
    }
}

impl Row {
    pub(super) fn new(name: &str, language: Option<String>, tally: &Tally) -> Row {
        let summary = |of: &[f64]| Distribution::of(of.iter().copied()).summary();
        let errors = &tally.errors;
        let any = errors.offline.or(errors.unpaced).or(errors.realtime);
        Row {
            name: name.to_owned(),
            unit: language.as_deref().map(|it| unit(is_in_characters(it))),
            language,
            audio_s: tally.audio,
            words: any.map(|it| it.words),
            wer: errors.map(|it| {
                let (substituted, deleted, inserted) = (it.substituted, it.deleted, it.inserted);
                Some(Wer { rate: it.rate(), substituted, deleted, inserted })
            }),
            latency_ms: Waits {
                settled: summary(&tally.latencies.settled),
                committed: summary(&tally.latencies.committed),
                first_partial: summary(&tally.latencies.first_partial),
                finalisation: summary(&tally.latencies.finalisation),
            },
            lag_ms: LagFigures {
                mean: tally.lag.mean(),
                max: tally.lag.max(),
                slope_per_min: tally.lag_slope,
            },
            erasure: tally.erasure.normalised(),
            committed_changes: tally.committed_changes,
            words_from_nothing: tally.from_nothing,
            cpu_s_per_s: tally
                .processor
                .map(|(seconds, sound)| (*sound > 0.0).then(|| seconds / sound)),
            memory_mb: tally.memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(words: usize, inserted: usize, settled: f64) -> Tally {
        let errors = WordErrors { words, inserted, ..WordErrors::default() };
        Tally {
            errors: ByWay { offline: Some(errors), ..ByWay::default() },
            processor: ByWay { offline: Some((1.0, 4.0)), ..ByWay::default() },
            audio: 4.0,
            latencies: Latencies { settled: vec![settled], ..Latencies::default() },
            from_nothing: (words == 0).then_some(inserted),
            memory: Some(settled),
            ..Tally::default()
        }
    }

    #[test]
    fn the_total_is_that_of_all_words_and_all_sound() {
        let mut total = Tally::default();
        [tally(10, 1, 100.0), tally(30, 3, 300.0), tally(0, 2, 50.0)]
            .into_iter()
            .for_each(|it| total.add(it));
        let row = Row::new("total", None, &total);
        assert_eq!((row.words, row.audio_s), (Some(40), 12.0));
        assert_eq!(row.wer.offline.unwrap().rate, Some(6.0 / 40.0));
        assert!(row.wer.realtime.is_none() && row.lag_ms.mean.is_none());
        assert_eq!(row.latency_ms.settled.unwrap().n, 3);
        assert_eq!((row.words_from_nothing, row.memory_mb), (Some(2), Some(300.0)));
        assert_eq!(row.cpu_s_per_s.offline, Some(0.25));
        let nothing = Row::new("silence", None, &tally(0, 2, 50.0));
        assert_eq!(nothing.wer.offline.unwrap().rate, None);
    }
}
