//! Where a journal is, what its run is, and what was found when it was opened.
use std::{path::PathBuf, time::Duration};

use super::retention::Keep;
use crate::wire::Continued;

/// Where a journal is, and what this run is.
#[derive(Clone, Debug)]
pub struct BookSettings {
    pub path: PathBuf,
    pub keep: Keep,
    /// A run that begins within so many ms after the last sign of life of the one before continues its event.
    pub continue_within_ms: u64,
    /// How many of the newest entries are read back for viewers who come late.
    pub history: usize,
    /// A start waits so long for the check of the whole file, which then goes on beside the work.
    pub check_for: Duration,
    pub run: RunFacts,
}

/// What made the words of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFacts {
    /// Unix time in ms.
    pub started_at: u64,
    pub title: String,
    /// The path of the pipeline file, and its text.
    pub file: String,
    pub pipeline: String,
    /// As JSON: the model of each recogniser.
    pub models: String,
    /// The path of the `record` stage whose sound belongs to the words. The files that it begins are told one by one.
    pub record: Option<String>,
}

/// What was found when a journal was opened.
#[derive(Debug)]
pub struct Opened {
    pub continued: Continued,
    /// A broken file was set aside under this name, and a new one begun.
    pub set_aside: Option<PathBuf>,
}
