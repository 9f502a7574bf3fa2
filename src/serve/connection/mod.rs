//! One TCP connection of a client: the frames read from it, and backpressure.
pub(crate) mod backpressure;
pub(crate) mod frames;
pub(crate) mod stream;
