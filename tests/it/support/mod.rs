//! What several tests stand on.
#[cfg(feature = "whisper")]
pub(crate) mod program;
