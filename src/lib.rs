//! Livecap: a declared, supervised, observable pipeline from live sound to captions in many browsers.
//!
//! The modules in the order in which to read them; who may use whom stands in `ARCHITECTURE.md`, and `tests/tidy.rs` holds
//! them to it.
pub mod message;

pub mod languages;

pub mod logic;

pub mod spec;

pub mod models;

pub mod http_client;

pub mod flow;

pub mod wire;

#[cfg(feature = "journal")]
pub mod journal;

pub mod host;

pub mod serve;

pub mod stages;

pub mod assemble;

pub mod cli;
