//! What was said: the log of numbered captions, who writes to it, and how it is exported.
mod entry;
pub(crate) mod log;
#[cfg(test)]
mod log_tests;
pub(crate) mod publisher;
pub(crate) mod shared;
pub(crate) mod transcript;
