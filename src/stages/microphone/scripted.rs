//! A device that does what its script says, on a clock that tests hold: each sample's value is when it was captured.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{
    DeviceError, MicrophoneSettings,
    line::{Ear, Trouble, line},
    watch::{Backend, Opened},
};
use crate::message::SampleRate;

/// One sample a millisecond.
pub(super) const RATE: SampleRate = SampleRate::new(1_000).unwrap();

/// What one attempt to open the device meets.
#[derive(Clone, Debug)]
pub(super) enum Turn {
    Fails(DeviceError),
    Hangs,
    /// Opens, does all this, then gives nothing.
    Opens(Vec<Act>),
}

/// Each takes so many milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Callbacks every 10 ms.
    Gives(u64),
    /// The same, each with as much again as time has passed.
    Rushes(u64),
    /// No callback, then all of it at once.
    Stalls(u64),
    /// Nothing of it comes, and the device says that it lost something.
    Skips(u64),
    /// The stream ends with an error, after which nothing comes.
    Breaks,
}

/// After its last turn the device is absent.
pub(super) struct Script {
    turns: VecDeque<Turn>,
    begun: Instant,
    pub(super) opened_at: Arc<Mutex<Vec<Duration>>>,
}

impl Script {
    pub(super) fn new(turns: impl IntoIterator<Item = Turn>) -> Script {
        let turns = turns.into_iter().collect();
        Script { turns, begun: Instant::now(), opened_at: Arc::default() }
    }
}

pub(super) fn absent() -> DeviceError {
    DeviceError::Absent { wanted: "script".to_owned(), there: Vec::new() }
}

/// Dropped, it ends the stream.
pub(super) struct Held(JoinHandle<()>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Backend for Script {
    type Held = Held;

    async fn open(&mut self, settings: &MicrophoneSettings) -> Result<Opened<Held>, DeviceError> {
        self.opened_at.lock().unwrap().push(self.begun.elapsed());
        match self.turns.pop_front() {
            None => Err(absent()),
            Some(Turn::Fails(cause)) => Err(cause),
            Some(Turn::Hangs) => std::future::pending().await,
            Some(Turn::Opens(acts)) => {
                let (ear, heard, trouble) = line(RATE, settings.room);
                let held = Held(tokio::spawn(perform(acts, self.begun, ear, trouble)));
                Ok(Opened { device: "script".to_owned(), rate: RATE, heard, held })
            }
        }
    }
}

/// Milliseconds are told in units of this, a power of two: within full scale for four minutes, and exact.
const LONGEST_MS: f32 = 262_144.0;

/// The sample that was captured at this millisecond.
fn sample_at(ms: u64) -> f32 {
    ms as f32 / LONGEST_MS
}

/// The millisecond at which a sample was captured.
pub(super) fn moment_of(sample: f32) -> f32 {
    sample * LONGEST_MS
}

async fn perform(acts: Vec<Act>, begun: Instant, mut ear: Ear, trouble: Trouble) {
    let mut give = |length: u64| {
        let now = begun.elapsed().as_millis() as u64;
        let samples: Vec<f32> = (now - length..now).map(sample_at).collect();
        ear.hear(samples.into_iter(), Instant::now());
    };
    let pass = |length: u64| sleep(Duration::from_millis(length));
    for act in acts {
        match act {
            Act::Gives(length) => {
                for _ in 0..length / 10 {
                    pass(10).await;
                    give(10);
                }
            }
            Act::Rushes(length) => {
                for _ in 0..length / 10 {
                    pass(10).await;
                    give(10);
                    give(10);
                }
            }
            Act::Stalls(length) => {
                pass(length).await;
                give(length);
            }
            Act::Skips(length) => {
                pass(length).await;
                trouble.skip();
            }
            Act::Breaks => trouble.fail(|| "unplugged".to_owned()),
        }
    }
    // The ear is kept: a stream that gives nothing is still a stream.
    std::future::pending::<()>().await;
    drop(ear);
}
