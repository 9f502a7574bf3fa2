//! Parts of a report: figures of latencies, of the lag, of each stage, of each language's translations. Times in milliseconds.
use std::collections::BTreeMap;

use serde::Serialize;

use crate::logic::histogram::Summary;

#[derive(Serialize)]
pub(super) struct LatencyFigures {
    pub(super) first_seen: Option<Summary>,
    pub(super) settled: Option<Summary>,
    pub(super) committed: Option<Summary>,
    #[serde(rename = "final")]
    pub(super) last: Option<Summary>,
    pub(super) first_partial: Option<Summary>,
    pub(super) finalisation: Option<Summary>,
}

#[derive(Serialize)]
pub(super) struct LagFigures {
    pub(super) mean: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) slope_per_min: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct StageFigures {
    pub(super) name: String,
    /// Of a recogniser: processor seconds a second of sound, over all its threads. Of any other stage: seconds at work.
    pub(super) rtf: Option<f64>,
    pub(super) wait_ms: Option<Summary>,
    pub(super) service_ms: Option<Summary>,
    pub(super) age_ms: Option<Summary>,
    pub(super) items: u64,
    /// On the edges that lead to it.
    pub(super) dropped: u64,
    pub(super) coalesced: u64,
    /// What it counted by itself: each step of falling behind, each filter's hits.
    pub(super) counts: BTreeMap<&'static str, u64>,
}

/// Where the time of one language's translations went, partials and finals.
#[derive(Serialize)]
pub(super) struct TranslationFigures {
    pub(super) lang: String,
    pub(super) queue_ms: Option<Summary>,
    pub(super) request_ms: Option<Summary>,
    pub(super) order_ms: Option<Summary>,
    pub(super) whole_ms: Option<Summary>,
    pub(super) erasure: Option<f64>,
    /// Finals.
    pub(super) given_up: usize,
}
