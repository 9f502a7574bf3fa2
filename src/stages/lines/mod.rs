//! JSON lines of captions, written where the stage listens to somebody, else read.
mod read;
mod understand;
mod write;

pub use read::ReadLines;
pub use understand::{Place, Understand};
pub use write::{LineWriter, WriteLines};
