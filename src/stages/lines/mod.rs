//! JSON lines of captions: written if the stage has an input, otherwise read.
mod read;
mod understand;
mod write;

pub use read::ReadLines;
pub use understand::{Place, Understand};
pub use write::{LineWriter, WriteLines};
