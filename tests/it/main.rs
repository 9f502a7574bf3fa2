//! Every integration test, in one binary, so that it is linked once.
mod check;
mod edges;
mod engine;
mod numbers;
#[cfg(feature = "whisper")]
mod recognise;
mod sound;
