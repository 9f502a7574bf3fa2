//! What is recorded where and how, and why it no longer is.
use std::{io, path::PathBuf};

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

/// Why the sound is no longer recorded.
#[derive(Debug, thiserror::Error)]
#[error("cannot record to `{}`: {cause}; {mend}", path.display())]
pub struct RecordError {
    pub(super) path: PathBuf,
    pub(super) cause: io::Error,
    pub(super) mend: &'static str,
}
