//! The settings of a recording.
use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSettings {
    pub path: PathBuf,
    pub format: RecordFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    Flac,
    Wav,
}
