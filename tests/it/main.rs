//! Every integration test, in one binary, so that it is linked once.
mod edges;
mod engine;
mod numbers;
mod check;
#[cfg(feature = "whisper")]
mod recognise;
