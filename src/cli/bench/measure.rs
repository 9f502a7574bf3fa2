//! Computes the figures of one run, as `docs/measures.md` defines them.
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    args::Way,
    parts::{LagFigures, LatencyFigures, StageFigures, TranslationFigures},
    replayed::speed,
    run::Run,
    viewer::Received,
};
use crate::{
    logic::{
        histogram::{Distribution, Summary},
        latency::{Comparison, Lag, Latencies},
        reference::{Reference, TimedWord},
        spoken,
        stability::{self, Erasure},
        update::{self, Gold, Update},
        wer::WordErrors,
    },
    message::{self, Milestone, Took, Trace, TrackName, Translated, Translation},
    spec::{
        Kind, Plan,
        plan::{Planned, Stage},
    },
    wire::{CaptionEvent, CaptionKind},
};

/// Of one run.
pub(super) struct Figures<'a> {
    pub(super) way: Way,
    pub(super) plan: &'a Plan,
    pub(super) run: &'a Run,
    /// What the viewer received, by track.
    pub(super) tracks: BTreeMap<String, Vec<Update>>,
    /// `None` without a reference.
    pub(super) errors: Option<WordErrors>,
    pub(super) latencies: Latencies,
    pub(super) lag: Lag,
    pub(super) erasure: Erasure,
    pub(super) committed_changes: usize,
    /// Whether the errors are of characters.
    pub(super) is_in_characters: bool,
    /// Words, and minutes in which nobody spoke.
    pub(super) silence: Option<(usize, f64)>,
}

impl<'a> Figures<'a> {
    pub(super) fn of(
        way: Way,
        plan: &'a Plan,
        run: &'a Run,
        said: Option<&Reference>,
    ) -> Figures<'a> {
        let tracks = updates(plan, run);
        let gold = said.map(Gold::of);
        let nothing = Gold::default();
        let mut figures = Figures {
            way,
            plan,
            run,
            errors: None,
            latencies: Latencies::default(),
            lag: Lag::default(),
            erasure: Erasure::default(),
            committed_changes: 0,
            silence: None,
            is_in_characters: said.is_some_and(|it| spoken::is_in_characters(it.language())),
            tracks: BTreeMap::new(),
        };
        for updates in tracks.values() {
            figures.erasure = figures.erasure + Erasure::of(updates);
            figures.committed_changes += stability::committed_changes(updates);
            if let Some(said) = said {
                let errors = WordErrors::between(
                    &said.text,
                    &update::text_of_finals(updates),
                    said.language(),
                );
                figures.errors = Some(figures.errors.unwrap_or_default() + errors);
            }
            let speed = speed(plan);
            let gold_or_none = gold.as_ref().unwrap_or(&nothing);
            let comparison = Comparison::new(updates, gold_or_none, speed.unwrap_or(1.0));
            if speed.is_some() && run.zero.is_some() {
                figures.latencies.add(comparison.latencies());
                figures.lag.add(comparison.lag());
            }
            if let Some(gold) = &gold
                && let Some((words, minutes)) =
                    stability::silence_words(&comparison, gold, run.audio)
            {
                let (before, so_far) = figures.silence.unwrap_or_default();
                figures.silence = Some((before + words, so_far + minutes));
            }
        }
        Figures { tracks, ..figures }
    }

    pub(super) fn word_error_rate(&self) -> Option<f64> {
        self.errors?.rate()
    }

    pub(super) fn latency_ms(&self) -> LatencyFigures {
        let summary = |of: &[f64]| Distribution::of(of.iter().copied()).summary();
        LatencyFigures {
            first_seen: summary(&self.latencies.first_seen),
            settled: summary(&self.latencies.settled),
            committed: summary(&self.latencies.committed),
            last: summary(&self.latencies.last),
            first_partial: summary(&self.latencies.first_partial),
            finalisation: summary(&self.latencies.finalisation),
        }
    }

    pub(super) fn lag_ms(&self) -> LagFigures {
        LagFigures {
            mean: self.lag.mean(),
            max: self.lag.max(),
            slope_per_min: self.lag.slope_per_min(),
        }
    }

    pub(super) fn silence_words_per_min(&self) -> Option<f64> {
        self.silence.map(|(words, minutes)| words as f64 / minutes)
    }

    /// The age of the newest sound behind each caption when it was published, in milliseconds of the wall clock.
    pub(super) fn ages(&self) -> Lag {
        let age = |(_, trace): &(TrackName, Trace)| {
            let published = trace.hop(Milestone::Published)?.done;
            let at = published.saturating_duration_since(self.run.zero?).as_secs_f64();
            Some((at, trace.age(Milestone::Published)?.as_secs_f64() * 1000.0))
        };
        Lag { points: self.run.traces.iter().filter_map(age).collect() }
    }

    /// From captured to published.
    pub(super) fn end_to_end_ms(&self) -> Option<Summary> {
        self.distribution(&self.run.traces, |it| it.age(Milestone::Published))
    }

    /// From captured to painted, as the browser tells.
    pub(super) fn glass_to_glass_ms(&self) -> Option<Summary> {
        let painted = self.run.painted.as_deref()?;
        Distribution::of(painted.iter().map(|it| it.ms)).summary()
    }

    /// The mean difference between the sum of all waits and services and the whole time of a message, as a share of the whole.
    pub(super) fn sum_error(&self) -> Option<f64> {
        let errors: Vec<f64> = self.run.traces.iter().filter_map(|it| sum_error(&it.1)).collect();
        let count = errors.len();
        (count > 0).then(|| errors.iter().sum::<f64>() / count as f64)
    }

    pub(super) fn stages(&self) -> Vec<StageFigures> {
        let readings = &self.run.stages;
        let figures = self.plan.stages().iter().filter_map(|stage| {
            let reading = readings.iter().find(|it| it.name == stage.name)?;
            let edges = || self.run.edges.iter();
            let given = edges().filter(|it| it.from == stage.name).map(|it| it.received).max();
            let is_source = stage.feeds.is_empty();
            let seconds = match self.run.processor.get(&stage.name) {
                Some(seconds) => Some(*seconds),
                // What a source does it does between its items.
                None => (!is_source).then_some(reading.busy.as_secs_f64()),
            };
            let milestone = milestone(stage);
            let mine: Vec<(TrackName, Trace)> = match &stage.work {
                Planned::Translate(it) => {
                    let mine = self.run.translations.iter().filter(|one| one.language == it.to);
                    mine.map(|it| (it.of.track.clone(), it.trace)).collect()
                }
                Planned::Whisper(_) => {
                    let mine = self.run.traces.iter();
                    mine.filter(|(track, _)| track.as_str() == stage.name).cloned().collect()
                }
                _ => self.run.traces.clone(),
            };
            let of = |what: fn(&Trace, Milestone) -> Option<Duration>| {
                self.distribution(&mine, |trace| what(trace, milestone?))
            };
            Some(StageFigures {
                name: stage.name.clone(),
                rtf: seconds.map(|it| it / self.run.audio).filter(|it| it.is_finite()),
                wait_ms: of(Trace::wait),
                service_ms: of(Trace::service),
                age_ms: of(Trace::age),
                items: if is_source { given.unwrap_or(0) } else { reading.handled },
                dropped: edges().filter(|it| it.to == stage.name).map(|it| it.dropped).sum(),
                coalesced: edges().filter(|it| it.to == stage.name).map(|it| it.coalesced).sum(),
                counts: reading.counts.clone(),
            })
        });
        figures.collect()
    }

    /// Of each language, where the time of its translations went.
    pub(super) fn translations(&self) -> Vec<TranslationFigures> {
        let all = &self.run.translations;
        let languages: BTreeSet<_> = all.iter().map(|it| &it.language).collect();
        let figures = languages.into_iter().map(|language| {
            let mine = || all.iter().filter(move |it| it.language == *language);
            let times = |of: fn(&Took) -> Duration| {
                let ms = mine().map(|it| of(&it.took).as_secs_f64() * 1000.0);
                Distribution::of(ms).summary()
            };
            let updates: Vec<Update> = mine().map(translated).collect();
            let given_up = mine().filter(|it| matches!(it.text, Translated::Not(_))).count();
            TranslationFigures {
                lang: language.to_string(),
                queue_ms: times(|it| it.queue),
                request_ms: times(|it| it.request),
                order_ms: times(|it| it.order),
                whole_ms: times(|it| it.queue + it.request + it.order),
                erasure: Erasure::of(&updates).normalised(),
                given_up,
            }
        });
        figures.collect()
    }

    fn distribution(
        &self,
        traces: &[(TrackName, Trace)],
        of: impl Fn(&Trace) -> Option<Duration>,
    ) -> Option<Summary> {
        let times = traces.iter().filter_map(|(_, trace)| of(trace));
        // Without a pace no sound has a moment of its own: it is captured when it is taken.
        speed(self.plan)?;
        Distribution::of(times.map(|it| it.as_secs_f64() * 1000.0)).summary()
    }
}

fn sum_error(trace: &Trace) -> Option<f64> {
    let whole = trace.age(Milestone::Published)?.as_secs_f64();
    let parts = Milestone::ALL.iter().filter_map(|it| Some(trace.wait(*it)? + trace.service(*it)?));
    let sum: f64 = parts.map(|it| it.as_secs_f64()).sum();
    (whole > 0.0).then(|| (sum - whole).abs() / whole)
}

/// What a stage's work is called in a trace.
fn milestone(stage: &Stage) -> Option<Milestone> {
    match stage.kind() {
        Kind::Resample => Some(Milestone::Resampled),
        Kind::Whisper => Some(Milestone::Recognised),
        Kind::Translate => Some(Milestone::Translated),
        Kind::Broadcast => Some(Milestone::Published),
        _ => None,
    }
}

fn updates(plan: &Plan, run: &Run) -> BTreeMap<String, Vec<Update>> {
    let mut tracks: BTreeMap<String, Vec<Update>> = BTreeMap::new();
    for stage in plan.stages().iter().filter(|it| matches!(it.work, Planned::Whisper(_))) {
        tracks.insert(stage.name.clone(), Vec::new());
    }
    for received in &run.watched.events {
        if let Received::Caption { at, event } = received {
            let at = run.zero.map_or(0.0, |zero| at.saturating_duration_since(zero).as_secs_f64());
            tracks.entry(event.track.clone()).or_default().push(update(event, at));
        }
    }
    tracks
}

fn translated(it: &Translation) -> Update {
    Update {
        segment: it.of.segment.number(),
        revision: it.of.revision.number(),
        is_final: it.kind == message::Kind::Final,
        text: it.text().to_owned(),
        ..Update::default()
    }
}

fn update(event: &CaptionEvent, at: f64) -> Update {
    let is_final = event.kind == CaptionKind::Final;
    let committed = if is_final { Some(&event.text) } else { event.committed.as_ref() };
    let words = event.words.iter().flatten();
    let timed = words.map(|it| TimedWord { word: it.word.clone(), start: it.start, end: it.end });
    Update {
        segment: event.segment,
        revision: event.revision,
        is_final,
        text: event.text.clone(),
        committed: committed.cloned().unwrap_or_default(),
        words: timed.collect(),
        heard_to: event.end,
        at,
    }
}
