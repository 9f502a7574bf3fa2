//! The pipeline behind a server, as far as viewers and operators see it.
pub(crate) mod attached;
pub(crate) mod diagnostics;
pub(crate) mod log_buffer;
