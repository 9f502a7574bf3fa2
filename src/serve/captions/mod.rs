//! What was said: the log of numbered captions, and how it is exported.
mod entry;
pub(crate) mod log;
#[cfg(test)]
mod log_tests;
pub(crate) mod shared;
pub(crate) mod transcript;
