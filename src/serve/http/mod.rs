//! HTTP: the listener, pages, the API and metrics.
mod api;
mod archive;
mod download;
mod event_pages;
mod inspect;
mod join;
pub(crate) mod listener;
mod metrics;
mod operator;
mod pages;
mod prefix;
pub(crate) mod router;
mod speaker_metrics;
mod speakers;
#[cfg(test)]
mod suites;
mod upgrade;
