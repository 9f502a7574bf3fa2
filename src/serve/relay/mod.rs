//! The relay: events that clients emit are sent to all clients.
pub(crate) mod client_event;
pub(crate) mod escaped_names;
mod payload;
pub(crate) mod ring;
