//! JSON lines of captions, written where the stage listens to somebody, else read.
mod read;
mod write;

pub use read::ReadLines;
pub use write::{LineSheet, WriteLines};
