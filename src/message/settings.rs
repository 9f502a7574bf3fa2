//! Settings that a stage takes as a pipeline file states them.
use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use super::{RecordFormat, SampleFormat, SampleRate, SubtitleFormat, WhenExists};

/// Which of a source's channels are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// All of them, averaged.
    #[default]
    Mix,
    /// One of them, counted from 1.
    Number(usize),
}

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlaybackSpeed {
    /// This many times its own speed, above 0. It is a live source: it never waits for its listeners.
    Times(f64),
    /// As fast as it is read.
    Max,
}

/// Interleaved raw samples, and the channel of them that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFormat {
    pub format: SampleFormat,
    pub rate: SampleRate,
    pub channels: NonZeroUsize,
    pub channel: Channel,
}

impl RawFormat {
    /// All channels, averaged.
    pub fn new(format: SampleFormat, rate: SampleRate, channels: NonZeroUsize) -> RawFormat {
        RawFormat { format, rate, channels, channel: Channel::Mix }
    }
}

/// How much of what was said a server keeps for those who come late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Numbered events.
    pub count: usize,
    pub age: Duration,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { count: 10_000, age: Duration::from_hours(4) }
    }
}

/// Which events of clients a server passes on, by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayFilter {
    Nothing,
    Everything,
    Only(Vec<String>),
}

/// When a service that fails again and again is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// So many failures in a row open the breaker.
    pub failures: u32,
    /// For so long nothing is asked; twice as long after each probe that fails.
    pub wait: Duration,
    /// But no longer than this.
    pub longest: Duration,
}

impl Default for BreakerSettings {
    fn default() -> BreakerSettings {
        let (wait, longest) = (Duration::from_secs(1), Duration::from_secs(15));
        BreakerSettings { failures: 5, wait, longest }
    }
}

/// Where subtitles are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubtitleSettings {
    /// The files; `{lang}` and `{track}` in their name stand for what each holds.
    pub template: PathBuf,
    pub format: SubtitleFormat,
    /// A new file after so much of the timeline; `None`: never.
    pub roll: Option<Duration>,
    pub when_exists: WhenExists,
}

/// Where sound is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSettings {
    pub path: PathBuf,
    pub format: RecordFormat,
}
