//! Speakers who send their sound over a WebSocket (`docs/ingest.md`): who is let in, their places, and what comes of them.
//!
//! A place has a queue, from which the source of its stage takes, and at most one session. A session outlives its connections for
//! a while. What a client can make the server keep is bounded in each of these.
mod admission;
mod connected;
mod connection;
mod counts;
mod half_open;
mod intake;
mod links;
mod place;
mod queue;
mod roster;
mod session;

pub(crate) use admission::{LONGEST_NAME, name};
pub(crate) use connection::ingest;
pub use place::SpeakerPlace;
pub use queue::{Heard, Sound};
pub(crate) use roster::PlaceReading;
pub use roster::{Capture, SpeakerPlaces, SpeakerSettings, Speakers};
