//! Every integration test, in one binary, so that it is linked once.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests say what they saw"
)]
#[cfg(feature = "journal")]
mod archive;
#[cfg(feature = "whisper")]
mod bench;
#[cfg(feature = "whisper")]
mod bench_suite;
mod broadcast;
mod check;
mod corrections;
#[cfg(all(feature = "microphone", target_os = "linux"))]
mod devices;
mod edges;
mod engine;
#[cfg(feature = "journal")]
mod exports;
mod import;
#[cfg(feature = "journal")]
mod journal;
#[cfg(feature = "whisper")]
mod languages;
#[cfg(feature = "journal")]
mod large_archive;
#[cfg(feature = "whisper")]
mod live;
mod lives;
#[cfg(feature = "journal")]
mod masked;
mod models;
mod numbers;
mod packaging;
mod panics;
mod plan;
#[cfg(feature = "whisper")]
mod real_decodes;
#[cfg(feature = "whisper")]
mod real_weights;
#[cfg(feature = "whisper")]
mod recognise;
mod relay;
mod replay;
#[cfg(feature = "journal")]
mod replayed;
#[cfg(feature = "journal")]
mod reported;
#[cfg(feature = "whisper")]
mod run;
#[cfg(target_os = "linux")]
mod service;
mod sound;
mod speakers;
mod stuck;
mod support;
#[cfg(feature = "whisper")]
mod transcribe;
mod translate;
