//! Events that clients emit, on their way to all clients.
pub(crate) mod client_event;
pub(crate) mod escaped_names;
mod payload;
pub(crate) mod ring;
