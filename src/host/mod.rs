//! Lives of stages: one actor each, one supervisor above them. The only folder that names ractor.
//!
//! Actors carry runs (start, stop, fail, restart); sound and captions travel on the bounded edges of `flow`.
mod actor;
mod hosted;
mod pipeline;
mod settings;
mod supervisor;
mod verdict;

pub use hosted::Factory;
pub use pipeline::{Pipeline, Running};
pub use settings::{HostSettings, StageSettings};
pub use supervisor::{Failure, Outcome};
pub use verdict::{Verdict, verdict};
