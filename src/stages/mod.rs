//! The kinds of stages, one file or folder each. A stage never sees an actor, a pipeline file never sees a stage.
pub mod broadcast;
mod items;
pub mod wire;
