//! Captions to browsers: a log of numbered events, a cursor into it for every viewer, pages and an API on one port.
mod log;
#[cfg(test)]
mod log_tests;
mod pages;
