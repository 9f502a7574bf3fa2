//! Captions to browsers: a log of numbered events, a cursor into it for every viewer, pages and an API on one port.
//!
//! A [`Server`] is bound once and outlives every run of the stage that writes to it by its [`Publisher`]. What travels is
//! described in `docs/protocol.md`.
mod api;
mod bell;
mod captions;
mod cluster;
mod connection;
mod counts;
mod diary;
mod door;
mod emitted;
mod entry;
mod escapes;
mod frames;
mod handout;
mod http;
mod hub;
mod insight;
mod inspect;
mod limits;
mod log;
#[cfg(test)]
mod log_tests;
mod metrics;
mod pages;
mod pipeline;
mod prefix;
mod publisher;
mod refusal;
mod relay;
mod rights;
mod server;
mod settings;
mod sockets;
#[cfg(test)]
mod suites;
mod tls;
mod traffic;
mod transcript;
mod tree;
mod upgrade;
mod viewer;
mod wants;

pub use cluster::{ClusterAddress, ClusterSettings, Role};
pub use diary::Diary;
pub use limits::PerAddress;
pub use log::Keep;
pub use publisher::Publisher;
pub use relay::Passes;
pub use rights::{Token, Tokens};
pub use server::{BindError, Server};
pub use settings::Settings;
pub use tls::TlsFiles;
