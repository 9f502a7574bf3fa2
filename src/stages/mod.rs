//! The kinds of stages, one file or folder each. A stage never sees an actor, a pipeline file never sees a stage.
mod items;
#[cfg(feature = "microphone")]
pub mod microphone;
pub mod wire;
