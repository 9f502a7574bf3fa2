//! What several tests stand on.
#[cfg_attr(not(feature = "whisper"), allow(dead_code))]
pub(crate) mod program;
