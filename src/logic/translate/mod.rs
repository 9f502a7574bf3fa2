//! What is translated and when: which text, joined to whole sentences, asked for in time, given in order, never silently
//! missing; what of an answer is a translation ([`cleaned`]). The [`Desk`] is all of it for one language; the others are its drawers.
mod answer;
mod breaker;
mod cutter;
mod desk;
#[cfg(test)]
mod desk_tests;
mod entities;
mod joiner;
mod labels;
mod queue;
mod quotes;
mod refusal;
mod rows;
mod text;
mod thoughts;

pub use answer::{NoTranslation, cleaned};
pub use breaker::BreakerSettings;
pub use desk::{Ask, Counts, Desk, DeskSettings};
pub use entities::decoded;
pub use queue::{Again, Failure, Order, QueueSettings};
pub use text::divide;
