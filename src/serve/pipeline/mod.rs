//! The pipeline of a server: its publisher, and what viewers and operators see of it.
pub(crate) mod attached;
pub(crate) mod diagnostics;
pub(crate) mod editors;
pub(crate) mod event_page;
pub(crate) mod hold_back;
#[cfg(test)]
mod hold_back_tests;
pub(crate) mod log_buffer;
pub(crate) mod publisher;
pub(crate) mod retranslation;
