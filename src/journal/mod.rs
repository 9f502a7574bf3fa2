//! What was said, kept in SQLite: every event of a broadcast's log, so that a restart continues, and all of it can be searched.
//!
//! A [`Book`] is one file. Its connection lives on a thread of its own; whoever writes waits until a batch is committed. Readers
//! (`livecap journal`, `/archive`) have connections of their own, which see whole batches only.
mod book;
mod check;
#[cfg(test)]
mod corrections_tests;
mod entry;
mod error;
mod index;
mod numbers;
mod passages;
mod place;
mod reader;
mod rescue;
mod retention;
mod schema;
mod settings;
mod store;
#[cfg(test)]
mod tests;

pub use self::{
    book::Book,
    error::JournalError,
    reader::{Reader, Row},
    retention::Keep,
    settings::{BookSettings, Opened, RunFacts},
};
pub use crate::wire::{EventSummary, Found, Hit, Search};
