//! What several tests stand on.
#[cfg(feature = "microphone")]
pub(crate) mod virtual_microphone;
