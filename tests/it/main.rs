//! Every integration test, in one binary, so that it is linked once.
mod check;
mod edges;
mod engine;
#[cfg(feature = "microphone")]
mod microphone;
mod numbers;
#[cfg(feature = "whisper")]
mod recognise;
mod plan;
mod models;
mod support;
mod sound;
