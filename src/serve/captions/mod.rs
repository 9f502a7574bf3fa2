//! The log of numbered captions, and its export as a transcript.
pub(crate) mod corrections;
#[cfg(test)]
mod corrections_tests;
mod cursor;
mod docx;
mod edited;
mod entry;
pub(crate) mod log;
#[cfg(test)]
mod log_tests;
mod masks;
#[cfg(test)]
mod masks_tests;
mod origin;
mod piece;
mod said;
pub(crate) mod shared;
pub(crate) mod transcript;
