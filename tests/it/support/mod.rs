//! What several tests stand on.
#[cfg(feature = "microphone")]
pub mod virtual_microphone;
