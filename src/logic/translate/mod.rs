//! What is translated and when: which text, joined to whole sentences, asked for in time, given in order, never silently
//! missing; what of an answer is a translation ([`cleaned`]). The [`Scheduler`] is all of it for one language; the others are its drawers.
mod answer;
mod breaker;
mod clause_splitter;
mod entities;
mod labels;
mod queue;
mod quotes;
mod refusal;
mod rows;
mod scheduler;
#[cfg(test)]
mod scheduler_tests;
mod sentence_buffer;
mod text;
mod thoughts;

pub use answer::{NoTranslation, cleaned};
pub use entities::decoded;
pub use queue::{Again, Failure, Order, QueueSettings};
pub use scheduler::{Ask, Counts, Scheduler, SchedulerSettings};
pub use text::divide;
