//! The settings of a recording.
use std::path::PathBuf;

pub use crate::message::RecordFormat;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSettings {
    pub path: PathBuf,
    pub format: RecordFormat,
}
