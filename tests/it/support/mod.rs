//! What several tests stand on.
pub(crate) mod corpus;
#[cfg_attr(not(feature = "whisper"), allow(dead_code))]
pub(crate) mod program;
#[cfg(feature = "whisper")]
pub(crate) mod random_model;
#[cfg(unix)]
pub(crate) mod redis;
#[cfg_attr(not(feature = "whisper"), allow(dead_code))]
pub(crate) mod viewer;
