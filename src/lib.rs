//! Livecap: a declared, supervised, observable pipeline from live sound to captions in many browsers.
//!
//! The modules, lowest first; each may use those above it, never those below (`tests/tidy.rs` holds them to it).
pub mod cli;
pub mod flow;
pub mod message;
pub mod stages;
