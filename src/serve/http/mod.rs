//! HTTP: the listener, pages, the API and metrics.
mod api;
mod archive;
mod correct;
mod download;
mod editable;
mod event_pages;
mod holding;
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
mod stage_edits;
#[cfg(test)]
mod suites;
mod transcriptions;
mod upgrade;
