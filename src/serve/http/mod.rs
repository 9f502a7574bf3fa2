//! The HTTP side: connections, pages, the API, and what a monitor reads.
mod api;
mod download;
mod inspect;
pub(crate) mod listener;
mod metrics;
mod pages;
mod prefix;
pub(crate) mod router;
#[cfg(test)]
mod suites;
mod upgrade;
