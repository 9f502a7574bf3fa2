//! How the pipeline is, on the wire: `hello`, `state`.
use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PageInfo;
use crate::flow::StageReading;

/// `hello`, the first event after each connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    pub v: u32,
    pub stream: String,
    /// Unix time in ms.
    pub started_at: u64,
    pub tracks: Vec<TrackInfo>,
    pub next: u64,
    /// What viewers should know of this pipeline before they read its captions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// What the pages say of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageInfo>,
}

/// One recogniser of the pipeline, with the languages it can be read in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackInfo {
    pub name: String,
    /// The language that is spoken; `auto` where it is recognised.
    pub lang: String,
    /// The languages it is translated to.
    pub langs: Vec<String>,
}

/// `live`: the replay is complete. `end`: the pipeline has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    pub next: u64,
}

/// `state`, on change and now and then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateEvent {
    /// How long the oldest speech has waited, at this moment, whose words have not been shown; where nothing waits, how old the
    /// newest sound behind the newest caption was when that was published. Null before the first one.
    pub lag_ms: Option<u64>,
    pub paused: bool,
    /// The peak of the loudest source over about the last second, in whole dB of full scale, from -120 (digital silence);
    /// null where no sound comes.
    #[serde(default)]
    pub level_db: Option<i32>,
    pub stages: Vec<StageState>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageState {
    pub name: String,
    /// As in the header of the pipeline file: `microphone`; left out where there is no such file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    pub state: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Lives after the first; left out without any.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub restarts: u64,
    /// What it counted by itself; left out without any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
}

impl From<&StageReading> for StageState {
    fn from(reading: &StageReading) -> StageState {
        StageState {
            name: reading.name.clone(),
            kind: None,
            state: reading.state.name().into(),
            why: reading.why.clone(),
            restarts: reading.restarts,
            counts: reading.counts.iter().map(|(name, it)| ((*name).to_owned(), *it)).collect(),
        }
    }
}

/// Serde asks by reference.
#[expect(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A share of full scale in whole dB. Nobody hears less than one.
pub(crate) fn level_db(peak: f32) -> i32 {
    (20.0 * peak.log10()).round().clamp(-120.0, 60.0) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_told_in_decibels_and_silence_too() {
        for (peak, db) in
            [(1.0, 0), (0.5, -6), (0.001, -60), (0.0, -120), (2.0, 6), (f32::INFINITY, 60)]
        {
            assert_eq!(level_db(peak), db, "{peak}");
        }
    }

    #[test]
    fn a_state_of_an_older_server_is_still_understood() {
        let state: StateEvent =
            serde_json::from_str(r#"{"lag_ms":1,"paused":false,"stages":[]}"#).unwrap();
        assert_eq!(state.level_db, None);
    }
}
