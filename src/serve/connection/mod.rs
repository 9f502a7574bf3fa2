//! One TCP connection of a client: what is read of it, and how fast it takes what is written.
pub(crate) mod backpressure;
pub(crate) mod frames;
pub(crate) mod stream;
