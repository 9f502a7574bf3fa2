//! Every integration test, in one binary, so that it is linked once.
mod edges;
mod engine;
#[cfg(feature = "microphone")]
mod microphone;
mod numbers;
mod support;
