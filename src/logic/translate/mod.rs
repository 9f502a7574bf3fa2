//! What is translated and when: which text, joined to whole sentences, asked for in time, given in order, never silently
//! missing. The [`Desk`] is all of it for one language; the others are its drawers.
mod breaker;
mod cutter;
mod desk;
#[cfg(test)]
mod desk_tests;
mod joiner;
mod queue;
mod rows;
mod text;

pub use breaker::BreakerSettings;
pub use desk::{Ask, Counts, Desk, DeskSettings};
pub use queue::{Again, Failure, Order, QueueSettings};
pub use text::divide;
