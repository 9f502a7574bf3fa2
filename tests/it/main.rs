//! Every integration test, in one binary, so that it is linked once.
mod check;
mod edges;
mod engine;
#[cfg(feature = "microphone")]
mod microphone;
mod models;
mod numbers;
mod plan;
#[cfg(feature = "whisper")]
mod recognise;
mod sound;
mod support;
mod broadcast;
