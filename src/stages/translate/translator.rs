//! Who translates: one trait, and what every answer is held to.
use futures::future::BoxFuture;

use crate::logic::translate::{Again, Ask, Failure};

/// A service that translates one text at a time. The stage asks several at once, and holds each to a time-out.
pub trait Translator: Send + Sync + 'static {
    fn translate(&self, ask: Ask) -> BoxFuture<'static, Result<String, Failure>>;
}

/// Something that may well be better the next time.
pub(super) fn passing(why: impl Into<String>) -> Failure {
    Failure { why: why.into(), again: Again::Soon }
}

/// Something that the same request will meet again.
pub(super) fn lasting(why: impl Into<String>) -> Failure {
    Failure { why: why.into(), again: Again::Never }
}

/// A caption is one line, and one that says something is not translated by nothing.
pub(super) fn one_line(answer: &str) -> Result<String, Failure> {
    let line = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { Err(passing("the answer was empty")) } else { Ok(line) }
}
