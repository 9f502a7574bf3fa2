//! Where the sound comes from: the microphone, a sound file, or samples on standard input; as speech at 16 kHz.
use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::ValueEnum;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

#[cfg(feature = "microphone")]
use crate::stages::microphone::{self, Microphone, MicrophoneSettings};
use crate::{
    cli::exit::Trouble,
    flow::{
        EdgeSettings, Fault, Inlet, Item, Outlet, Receiver, Room, Source, StageGauge, WhenFull,
        drive, edge,
    },
    message::{AudioFrame, Channel, RawFormat, SampleFormat, SampleRate, Speech},
    stages::{
        pcm::Pcm,
        recording::{Choice, PlaybackSpeed, Recording, RecordingSettings, SoundFile},
        resample::Resample,
    },
};

/// How fast a sound file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Speed {
    /// At its own pace
    #[value(name = "1")]
    Own,
    /// As far ahead of the clock as the server takes it, which is some seconds
    Max,
}

/// Of which stages are made.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    #[cfg(feature = "microphone")]
    Microphone(MicrophoneSettings),
    File(PathBuf, Choice, Speed),
    Standard(RawFormat),
}

/// How much sound waits between two of the stages here.
const WAITING: Duration = Duration::from_millis(200);

impl Origin {
    pub(super) fn of(
        input: Option<&Path>,
        device: Option<&str>,
        rate: u32,
        channel: Option<NonZeroUsize>,
        speed: Speed,
    ) -> Result<Origin, Trouble> {
        let channel = channel.map_or(Channel::Mix, |it| Channel::Number(it.get()));
        match input {
            None => Origin::microphone(device, channel),
            Some(path) if path == Path::new("-") => {
                let rate = SampleRate::new(rate).unwrap_or(SampleRate::SPEECH);
                let mono = RawFormat::new(SampleFormat::S16le, rate, NonZeroUsize::MIN);
                Ok(Origin::Standard(mono))
            }
            Some(path) => Ok(Origin::File(path.to_owned(), Choice { track: None, channel }, speed)),
        }
    }

    #[cfg(feature = "microphone")]
    fn microphone(device: Option<&str>, channel: Channel) -> Result<Origin, Trouble> {
        let usual = MicrophoneSettings::default();
        let device = device.map_or(usual.device.clone(), str::to_owned);
        Ok(Origin::Microphone(MicrophoneSettings { device, channel, ..usual }))
    }

    #[cfg(not(feature = "microphone"))]
    fn microphone(_device: Option<&str>, _channel: Channel) -> Result<Origin, Trouble> {
        let told = "this build is without the feature `microphone`: name a sound file, or `-`";
        Err(Trouble::Told(told.to_owned()))
    }

    /// Whether it can be had at all, before anybody is told that somebody speaks.
    pub(super) async fn check(&self) -> Result<(), Trouble> {
        let origin = self.clone();
        let checked = spawn_blocking(move || match origin {
            #[cfg(feature = "microphone")]
            Origin::Microphone(it) => microphone::find(&it.device, it.channel)
                .map(drop)
                .map_err(|error| Trouble::Told(error.to_string())),
            Origin::File(path, choice, _) => SoundFile::open_at(&path, &path, choice)
                .map(drop)
                .map_err(|error| Trouble::Told(error.to_string())),
            Origin::Standard(_) => Ok(()),
        });
        checked.await.map_err(|error| Trouble::Told(error.to_string()))?
    }

    /// It waits for who takes it, and nothing is missing where it waited.
    pub(super) fn waits(&self) -> bool {
        matches!(self, Origin::File(_, _, Speed::Max))
    }

    /// Silence on it is no loss: whoever writes has nothing.
    pub(super) fn may_rest(&self) -> bool {
        matches!(self, Origin::Standard(_))
    }

    pub(super) fn start(self, stop: CancellationToken) -> Sound {
        match self {
            #[cfg(feature = "microphone")]
            Origin::Microphone(settings) => start(Microphone::new(settings), stop),
            Origin::File(path, choice, speed) => {
                let speed = match speed {
                    Speed::Own => PlaybackSpeed::Times(1.0),
                    Speed::Max => PlaybackSpeed::Max,
                };
                let settings = RecordingSettings { choice, speed, ..RecordingSettings::new(path) };
                start(Recording::new(settings), stop)
            }
            Origin::Standard(format) => start(Pcm::new(format), stop),
        }
    }
}

/// Sound that comes, and what became of its source.
pub(super) struct Sound {
    pub(super) speech: Inlet<Speech>,
    working: JoinHandle<Result<(), Fault>>,
}

impl Sound {
    /// Once no more comes: why, if it did not end as it should.
    pub(super) async fn ended(self) -> Result<(), String> {
        match self.working.await {
            Ok(Ok(()) | Err(Fault::DownstreamGone)) => Ok(()),
            Ok(Err(fault)) => Err(fault.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn start<S: Source<Out = AudioFrame>>(mut source: S, stop: CancellationToken) -> Sound {
    let (gauge, resampling) = (StageGauge::new("sound"), StageGauge::new("resample"));
    let (out, taken) = wire(&gauge);
    let (speech, given) = wire(&resampling);
    let working = tokio::spawn(async move {
        let mut inlet = Inlet::new(vec![taken]);
        let (mut resample, mut kept) = (Resample::new(), ());
        let source = async {
            let ended = source.run(&out, stop).await;
            // Whoever takes sees the end only when its giver is gone.
            drop(out);
            ended
        };
        let resampling = drive(&mut resample, &mut kept, &mut inlet, &speech, &resampling);
        let (sourced, resampled) = tokio::join!(source, resampling);
        sourced.and(resampled)
    });
    Sound { speech: Inlet::new(vec![given]), working }
}

fn wire<T: Item>(gauge: &std::sync::Arc<StageGauge>) -> (Outlet<T>, Receiver<T>) {
    let settings = EdgeSettings { room: Room::Span(WAITING), when_full: WhenFull::Wait };
    let (sender, receiver) = edge(gauge.name(), "speaker", settings);
    (Outlet::new(vec![sender], gauge.clone()), receiver)
}
