//! The log of numbered captions, and its export as a transcript.
mod entry;
pub(crate) mod log;
#[cfg(test)]
mod log_tests;
pub(crate) mod shared;
pub(crate) mod transcript;
