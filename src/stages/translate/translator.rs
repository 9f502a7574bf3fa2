//! Who translates: one trait, and what every answer is held to.
use futures::future::BoxFuture;

use crate::logic::translate::{Again, Ask, Failure};

/// Letters of a reason.
const TOLD: usize = 240;

/// A service that translates one text at a time. The stage asks several at once, and holds each to a time-out.
pub trait Translator: Send + Sync + 'static {
    fn translate(&self, ask: Ask) -> BoxFuture<'static, Result<String, Failure>>;
}

/// Something that may well be better the next time.
pub(super) fn passing(why: impl AsRef<str>) -> Failure {
    Failure { why: short(why.as_ref()), again: Again::Soon }
}

/// Something that the same request will meet again.
pub(super) fn lasting(why: impl AsRef<str>) -> Failure {
    Failure { why: short(why.as_ref()), again: Again::Never }
}

/// One line: it stands in the log of captions, and in what viewers are told, as often as captions are given up.
fn short(why: &str) -> String {
    let line = why.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(TOLD).collect()
}

/// A caption is one line, and one that says something is not translated by nothing.
pub(super) fn one_line(answer: &str) -> Result<String, Failure> {
    let line = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { Err(passing("the answer was empty")) } else { Ok(line) }
}
