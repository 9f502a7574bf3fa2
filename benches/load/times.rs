//! Times of deliveries: by which clock they are told, how they are counted, how long the last ones are waited for.
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;

/// After the last event, how long those under way are waited for.
pub const DRAIN: Duration = Duration::from_secs(15);

/// Microseconds since 1970.
pub fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64
}

/// Of µs, up to ten minutes.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("bounds that fit")
}
