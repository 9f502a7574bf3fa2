//! The trait of translation services, and the checks of every response.
use futures::future::BoxFuture;

use crate::logic::translate::{Again, Ask, Failure};

/// The most letters of a reason.
const TOLD: usize = 240;

/// A service that translates one text per request. The stage sends several at once, each with a timeout.
pub trait Translator: Send + Sync + 'static {
    fn translate(&self, ask: Ask) -> BoxFuture<'static, Result<String, Failure>>;
}

/// A failure that may pass.
pub(super) fn passing(why: impl AsRef<str>) -> Failure {
    Failure { why: short(why.as_ref()), again: Again::Soon }
}

/// A failure that the same request would meet again.
pub(super) fn lasting(why: impl AsRef<str>) -> Failure {
    Failure { why: short(why.as_ref()), again: Again::Never }
}

/// The reason as one short line: it is in each caption that is given up, and in the log.
fn short(why: &str) -> String {
    let line = why.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(TOLD).collect()
}

/// Makes one line of the response. An empty translation of a text is refused.
pub(super) fn one_line(answer: &str) -> Result<String, Failure> {
    let line = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { Err(passing("the answer was empty")) } else { Ok(line) }
}
