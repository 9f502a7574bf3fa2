//! What several tests stand on.
#[cfg(feature = "whisper")]
pub(crate) mod program;
#[cfg(feature = "whisper")]
pub(crate) mod random_model;
