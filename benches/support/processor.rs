//! The processor time of a thread, as Linux tells it.
use std::time::Duration;

/// Processor time of this thread so far.
pub(crate) fn processor() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("this needs Linux");
    let nanoseconds = told.split_whitespace().next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number of nanoseconds"))
}
