//! What was said, kept for later: journal.
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::{
    plan::{self, Planned},
    table::{Around, Settings},
    units::Length,
};

/// Keeps every final, translation, gap and mark in a file of SQLite, with the pipeline file and the models that made them. Viewers
/// see an event once it is kept. A restart within `continue-within` goes on with the same numbers, history and timeline, so that
/// viewers who reconnect get what they missed and nothing twice. `livecap journal` lists, searches and exports it.
///
/// While the disk is full or read-only, captions go on; what is missing is written when there is room again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Journal {
    /// The file. It is made where it is missing.
    #[schemars(length(min = 1))]
    path: String,
    /// A run that begins within this time after the last sign of life of the one before continues its event. After a pipeline that
    /// ended by itself, such as a recording, there is a new event.
    #[serde(default = "Length::ms::<900_000>")]
    #[schemars(extend("x-range" = ["0s", "168h"]))]
    continue_within: Length,
    /// Sentences that are still spoken are written this often. A crash closes them as they stood: with the words that were settled
    /// by then.
    #[serde(default = "Length::ms::<200>")]
    #[schemars(extend("x-range" = ["10ms", "10s"]))]
    batch: Length,
    /// Events that ended more than so many days ago are removed.
    #[schemars(range(min = 1, max = 36500), extend("x-default" = "never"))]
    keep_days: Option<u64>,
    /// The oldest events are removed where the file holds more than so many megabytes.
    #[schemars(range(min = 1, max = 1_000_000), extend("x-default" = "never"))]
    keep_megabytes: Option<u64>,
    /// The `record` stage whose sound belongs to the words: a click on a word in the archive plays it there. It hears a source whose
    /// captions the broadcast has. Where each speaker of a `browser` has a copy of it, all copies are meant.
    #[schemars(length(min = 1))]
    record: Option<String>,
}

impl Settings for Journal {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        let day = Duration::from_secs(24 * 3600);
        Some(Planned::Journal(plan::Journal {
            path: around.path(&self.path),
            continue_within: self.continue_within.0,
            batch: self.batch.0,
            keep: self.keep_days.map(|days| day * u32::try_from(days).unwrap_or(u32::MAX)),
            size: self.keep_megabytes.map(|it| it * 1_000_000),
            record: self.record,
        }))
    }
}
