//! Pipeline files: read, checked and explained. A file becomes a [`Plan`], or every complaint about it.
mod kind;
pub mod plan;
mod settings;

pub use kind::{Kind, Port};
pub use plan::{Plan, Planned};
