//! Why a recording fails.
use std::{io, path::PathBuf};

/// Why the audio is no longer recorded.
#[derive(Debug, thiserror::Error)]
#[error("cannot record to `{}`: {cause}; {remedy}", path.display())]
pub struct RecordError {
    pub(super) path: PathBuf,
    pub(super) cause: io::Error,
    pub(super) remedy: &'static str,
}
