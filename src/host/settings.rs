//! What the supervisor holds stages to, and its own waits.
use std::time::Duration;

use crate::logic::budget::Budget;

/// Waits of the supervisor. Tests make them milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct HostSettings {
    /// How long stages may drain after they were told to stop, before those that hold out are ended.
    pub grace: Duration,
    /// How often stages are looked at for being stuck.
    pub look_every: Duration,
}

impl Default for HostSettings {
    fn default() -> HostSettings {
        HostSettings { grace: Duration::from_secs(5), look_every: Duration::from_millis(500) }
    }
}

/// What the supervisor holds a stage to.
#[derive(Clone, Debug)]
pub struct StageSettings {
    pub budget: Budget,
    /// How long it may be at one item before it is named as stuck.
    pub patience: Duration,
}

impl Default for StageSettings {
    fn default() -> StageSettings {
        StageSettings { budget: Budget::default(), patience: Duration::from_secs(10) }
    }
}
