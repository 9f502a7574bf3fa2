//! What several tests stand on.
pub(crate) mod program;
#[cfg(feature = "microphone")]
pub(crate) mod virtual_microphone;
