//! A sound file as a source: in real time, N times that, or as fast as it is read; once, or repeated.
//!
//! A paced recording is a live source: sample `t` is due at start + `t` / speed, whether or not anybody takes it. That moment
//! counts as its capture time. A frame that comes late does not shift those after it. Frames are decoded about a second ahead,
//! on the blocking threads.
mod edit_cursor;
mod error;
mod mp4;
#[cfg(feature = "opus")]
mod opus_packets;
mod probe;
mod sound_file;
mod tracks;
mod unsupported_kinds;
mod wav_sizes;

use std::{path::PathBuf, time::Duration};

use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

pub use error::SoundFileError;
#[cfg(feature = "opus")]
pub(super) use opus_packets::OpusPackets;
pub use sound_file::{Choice, SoundFile};

pub use crate::message::PlaybackSpeed;
use crate::{
    flow::{Fault, Outlet, Source},
    message::{AudioFrame, MediaTime, SampleRate, Trace},
};

/// At a lower speed, due times are beyond what a clock can represent.
const SLOWEST: f64 = 0.001;

#[derive(Clone, Debug)]
pub struct RecordingSettings {
    pub path: PathBuf,
    /// The name for error messages. `None`: the path.
    pub called: Option<PathBuf>,
    pub choice: Choice,
    pub speed: PlaybackSpeed,
    /// How much of the start of the file is skipped, in each round. The timeline starts at the first sample given.
    pub start: Duration,
    /// Starts again at the end of the file. The timeline continues.
    pub repeat: bool,
    /// The length of a frame, 10 to 20 ms.
    pub frame: Duration,
}

impl RecordingSettings {
    /// The whole file, once, in real time.
    pub fn new(path: impl Into<PathBuf>) -> RecordingSettings {
        RecordingSettings {
            path: path.into(),
            called: None,
            choice: Choice::default(),
            speed: PlaybackSpeed::Times(1.0),
            start: Duration::ZERO,
            repeat: false,
            frame: Duration::from_millis(20),
        }
    }
}

/// The source. A truncated or damaged file gives all audio that can be decoded, then ends with a permanent fault that names
/// the file and the place. A restarted run continues where the one before ended.
pub struct Recording {
    settings: RecordingSettings,
    /// When the first sample was due.
    epoch: Option<Instant>,
    /// The rate of the timeline, the same for all rounds.
    rate: Option<SampleRate>,
    given: u64,
    /// The value of `given` at the start of this round.
    round: u64,
}

impl Recording {
    pub fn new(settings: RecordingSettings) -> Recording {
        Recording { settings, epoch: None, rate: None, given: 0, round: 0 }
    }

    /// Opens the file where this round continues.
    async fn open(&mut self) -> Result<ReadAhead, Fault> {
        let RecordingSettings { path: place, called, choice, start, .. } = self.settings.clone();
        let (skip, first_rate) = (self.given - self.round, self.rate);
        let opened = spawn_blocking(move || {
            let path = called.unwrap_or_else(|| place.clone());
            let mut file = SoundFile::open_at(&place, &path, choice)?;
            let (rate, first) = (file.rate(), first_rate.unwrap_or(file.rate()));
            if rate != first {
                let (at, from, to) = (Duration::ZERO, first.hertz(), rate.hertz());
                return Err(SoundFileError::RateChanged { path, at, from, to });
            }
            file.skip_to(rate.samples_in(start) as u64 + skip)?;
            Ok(file)
        });
        let file = join(opened).await?.map_err(Fault::permanent)?;
        self.rate = Some(file.rate());
        Ok(ReadAhead { next: Some(decode(file)) })
    }

    /// When the sample after `count` samples of the timeline is due. `None` at maximum speed.
    fn due(&self, epoch: Instant, count: u64, rate: SampleRate) -> Option<Instant> {
        match self.settings.speed {
            PlaybackSpeed::Max => None,
            PlaybackSpeed::Times(speed) => {
                let time = MediaTime::of_sample(count, rate).since_start();
                Some(epoch + time.div_f64(speed))
            }
        }
    }

    /// Sends one frame when it is due. False if it was stopped before.
    async fn give(
        &mut self,
        samples: &[f32],
        rate: SampleRate,
        out: &Outlet<AudioFrame>,
        stop: &CancellationToken,
    ) -> Result<bool, Fault> {
        let epoch = *self.epoch.get_or_insert_with(Instant::now);
        let start = MediaTime::of_sample(self.given, rate);
        let end = self.given + samples.len() as u64;
        let due = self.due(epoch, end, rate);
        let waited = async {
            match due {
                Some(due) => sleep_until(due).await,
                // Edges that drop never wait, so other tasks must get a turn here.
                None => tokio::task::consume_budget().await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(false),
            () = waited => (),
        }
        let trace = Trace::starting(due.unwrap_or_else(Instant::now));
        // Counted before it is sent: a frame that is being sent when a run ends is lost, and not sent twice.
        self.given = end;
        out.send(AudioFrame {
            start,
            rate,
            samples: samples.into(),
            hole: None,
            speaker: None,
            trace,
        })
        .await?;
        Ok(true)
    }
}

impl Source for Recording {
    type Out = AudioFrame;

    async fn run(
        &mut self,
        out: &Outlet<AudioFrame>,
        stop: CancellationToken,
    ) -> Result<(), Fault> {
        if let PlaybackSpeed::Times(speed) = self.settings.speed
            && !(speed.is_finite() && speed >= SLOWEST)
        {
            return Err(Fault::permanent(format!(
                "a recording cannot run at a speed of {speed}; use {SLOWEST} or more, or \"max\""
            )));
        }
        loop {
            let mut ahead = self.open().await?;
            let rate = self.rate.unwrap_or(SampleRate::SPEECH);
            let frame = rate.samples_in(self.settings.frame).max(1);
            let mut held: Vec<f32> = Vec::new();
            let end = loop {
                let batch = ahead.take().await?;
                held.extend(batch.samples);
                let whole =
                    if batch.end.is_some() { held.len() } else { held.len() / frame * frame };
                for samples in held[..whole].chunks(frame) {
                    if !self.give(samples, rate, out, &stop).await? {
                        return Ok(());
                    }
                }
                held.drain(..whole);
                if let Some(end) = batch.end {
                    break end;
                }
            };
            end.map_err(Fault::permanent)?;
            if !self.settings.repeat || stop.is_cancelled() {
                return Ok(());
            }
            self.round = self.given;
        }
    }
}

/// Reads the file one batch ahead.
struct ReadAhead {
    next: Option<JoinHandle<(SoundFile, Batch)>>,
}

struct Batch {
    samples: Vec<f32>,
    end: Option<Result<(), SoundFileError>>,
}

impl ReadAhead {
    async fn take(&mut self) -> Result<Batch, Fault> {
        let Some(next) = self.next.take() else {
            return Ok(Batch { samples: Vec::new(), end: Some(Ok(())) });
        };
        let (file, batch) = join(next).await?;
        if batch.end.is_none() {
            self.next = Some(decode(file));
        }
        Ok(batch)
    }
}

/// Decodes about a second. It is a new blocking task each time, not one thread for all: it never waits for its reader.
fn decode(mut file: SoundFile) -> JoinHandle<(SoundFile, Batch)> {
    spawn_blocking(move || {
        let enough = file.rate().hertz() as usize;
        let mut samples = Vec::with_capacity(enough);
        let mut end = None;
        while samples.len() < enough && end.is_none() {
            match file.next_chunk() {
                Ok(Some(chunk)) => samples.extend(chunk),
                Ok(None) => end = Some(Ok(())),
                Err(error) => end = Some(Err(error)),
            }
        }
        (file, Batch { samples, end })
    })
}

async fn join<T>(task: JoinHandle<T>) -> Result<T, Fault> {
    task.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => Fault::panicked(&*panic),
        Err(error) => Fault::transient(error),
    })
}
