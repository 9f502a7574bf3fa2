//! A scripted device on a paused clock. The value of each sample is its capture time.
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
    ring::{RingProducer, StreamStatus, ring},
    watch::{Backend, Opened},
};
use crate::message::SampleRate;

/// One sample per millisecond.
pub(super) const RATE: SampleRate = SampleRate::new(1_000).unwrap();

/// The result of one attempt to open the device.
#[derive(Clone, Debug)]
pub(super) enum Turn {
    Fails(DeviceError),
    Hangs,
    /// Opens, does all this, then gives nothing.
    Opens(Vec<Act>),
}

/// One step of the script, with its length in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Callbacks every 10 ms.
    Gives(u64),
    /// Callbacks every 10 ms with twice as much audio as time has passed.
    Rushes(u64),
    /// No callback, then all the audio at once.
    Stalls(u64),
    /// No audio, and the device reports a loss.
    Skips(u64),
    /// The stream fails and gives nothing any more.
    Breaks,
}

/// A device that follows its script. After the last turn it is absent.
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

/// Dropping it ends the stream.
pub(super) struct StreamHandle(JoinHandle<()>);

impl Drop for StreamHandle {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Backend for Script {
    type StreamHandle = StreamHandle;

    async fn open(
        &mut self,
        settings: &MicrophoneSettings,
    ) -> Result<Opened<StreamHandle>, DeviceError> {
        self.opened_at.lock().unwrap().push(self.begun.elapsed());
        match self.turns.pop_front() {
            None => Err(absent()),
            Some(Turn::Fails(cause)) => Err(cause),
            Some(Turn::Hangs) => std::future::pending().await,
            Some(Turn::Opens(acts)) => {
                let (producer, consumer, status) = ring(RATE, settings.room);
                let handle =
                    StreamHandle(tokio::spawn(perform(acts, self.begun, producer, status)));
                Ok(Opened { device: "script".to_owned(), rate: RATE, consumer, handle })
            }
        }
    }
}

/// The unit of sample values. It is a power of two, so values are exact and stay within full scale for four minutes.
const LONGEST_MS: f32 = 262_144.0;

/// The value of the sample captured at this millisecond.
fn sample_at(ms: u64) -> f32 {
    ms as f32 / LONGEST_MS
}

/// The millisecond at which a sample was captured.
pub(super) fn moment_of(sample: f32) -> f32 {
    sample * LONGEST_MS
}

async fn perform(acts: Vec<Act>, begun: Instant, mut producer: RingProducer, status: StreamStatus) {
    let mut give = |length: u64| {
        let now = begun.elapsed().as_millis() as u64;
        let samples: Vec<f32> = (now - length..now).map(sample_at).collect();
        producer.push(samples.into_iter(), Instant::now());
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
                status.skip();
            }
            Act::Breaks => status.fail(|| "unplugged".to_owned()),
        }
    }
    // The producer is kept: a stream that gives nothing is still open.
    std::future::pending::<()>().await;
    drop(producer);
}
