//! The pipeline behind a server: where it puts its captions, and what viewers and operators see of it.
pub(crate) mod attached;
pub(crate) mod diagnostics;
pub(crate) mod log_buffer;
pub(crate) mod publisher;
