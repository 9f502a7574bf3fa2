//! Where sound comes from: microphone, recording, pcm, command.
use std::{num::NonZeroUsize, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{
    Code,
    plan::{self, Planned, SampleFormat},
    table::{Around, Settings},
    units::Length,
};
use crate::message::{SampleRate, Speaker};

/// A microphone or another input of this machine.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Microphone {
    /// `default`, or the name of the device, or a part of it. `livecap devices` lists the names.
    #[serde(default = "default_device")]
    #[schemars(length(min = 1))]
    device: String,
    /// Which channel to use, counted from 1; `mix` averages all.
    #[serde(default = "mix")]
    channel: Channel,
    #[serde(flatten)]
    whose: Whose,
}

/// Who speaks in the sound of a source.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Whose {
    /// Who speaks here: a name that readers see before what is said, such as `Ada`. One line.
    #[schemars(length(min = 1, max = 60))]
    speaker: Option<String>,
}

impl Whose {
    fn resolve(self, around: &mut Around<'_>) -> Option<Speaker> {
        let written = self.speaker?;
        let speaker = Speaker::named(&written);
        if speaker.is_none() {
            let title = format!("the `speaker` of `{}` is empty", around.title());
            let help = Some("speaker = \"Ada\"".to_owned());
            around.complain(Code::OutOfRange, "speaker", title, "at least one letter", help);
        }
        speaker
    }
}

fn default_device() -> String {
    "default".to_owned()
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Channel {
    Number(#[schemars(range(min = 1, max = 256))] u16),
    Word(Mix),
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mix {
    Mix,
}

fn mix() -> Channel {
    Channel::Word(Mix::Mix)
}

impl Channel {
    fn resolve(self) -> plan::Channel {
        match self {
            Channel::Number(number) => plan::Channel::Number(number.into()),
            Channel::Word(Mix::Mix) => plan::Channel::Mix,
        }
    }
}

impl Settings for Microphone {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        Some(Planned::Microphone(plan::Microphone {
            device: match self.device.as_str() {
                "default" => plan::DeviceChoice::Default,
                _ => plan::DeviceChoice::Named(self.device),
            },
            channel: self.channel.resolve(),
            speaker: self.whose.resolve(around),
        }))
    }
}

/// A recording, played like a microphone: WAV, FLAC, MP3, OGG, Opus, M4A, or the sound of an MP4, MKV or WebM video.
///
/// At a given speed it is a live source: it never waits for the stages behind it. With `speed = "max"` it does.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Recording {
    /// The sound file.
    #[schemars(length(min = 1))]
    path: String,
    /// Which channel to use, counted from 1; `mix` averages all.
    #[serde(default = "mix")]
    channel: Channel,
    /// Which track of sound to use if the file has several, counted from 1.
    #[schemars(range(min = 1, max = 256), extend("x-default" = "the one that the file marks, otherwise the first"))]
    track: Option<u16>,
    /// A multiple of the recording's own pace, or `max`: as fast as the next stage takes it.
    #[serde(default = "own_pace")]
    speed: Speed,
    /// Where in the file to begin.
    #[serde(default = "Length::ms::<0>")]
    #[schemars(extend("x-range" = ["0s", "24h"]))]
    start: Length,
    /// Start again after the end, until livecap is stopped.
    #[serde(default)]
    r#loop: bool,
    #[serde(flatten)]
    whose: Whose,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Speed {
    Times(#[schemars(range(max = 1000.0), extend("exclusiveMinimum" = 0))] f64),
    Word(Max),
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Max {
    Max,
}

fn own_pace() -> Speed {
    Speed::Times(1.0)
}

impl Settings for Recording {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        Some(Planned::Recording(plan::Recording {
            path: around.path(&self.path),
            channel: self.channel.resolve(),
            track: self.track.and_then(|it| NonZeroUsize::new(it.into())),
            speed: match self.speed {
                Speed::Times(times) => plan::PlaybackSpeed::Times(times),
                Speed::Word(Max::Max) => plan::PlaybackSpeed::Max,
            },
            start: self.start.0,
            repeat: self.r#loop,
            speaker: self.whose.resolve(around),
        }))
    }
}

/// Raw samples on standard input, interleaved. It waits for the stages behind it, and so does the program at the other end of
/// the pipe.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Pcm {
    #[serde(flatten)]
    samples: Samples,
    #[serde(flatten)]
    whose: Whose,
}

/// The format of raw samples.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Samples {
    /// The format of a sample.
    #[serde(default = "s16le")]
    format: SampleFormat,
    /// Samples per second, of each channel.
    #[serde(default = "speech_rate")]
    #[schemars(range(min = 4000, max = 384_000))]
    rate: u32,
    /// How many channels the samples have.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 64))]
    channels: u16,
    /// Which channel to use, counted from 1; `mix` averages all.
    #[serde(default = "mix")]
    channel: Channel,
}

fn s16le() -> SampleFormat {
    SampleFormat::S16le
}

fn speech_rate() -> u32 {
    SampleRate::SPEECH.hertz()
}

fn one() -> u16 {
    1
}

impl Settings for Pcm {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        let (samples, speaker) = (self.samples.resolve(around), self.whose.resolve(around));
        Some(Planned::Pcm(plan::Pcm { samples, speaker }))
    }
}

impl Samples {
    fn resolve(self, around: &mut Around<'_>) -> plan::RawFormat {
        let channel = self.channel.resolve();
        if let plan::Channel::Number(number) = channel
            && number > self.channels.into()
        {
            let title = format!("`{}` has no channel {number}", around.title());
            let what = format!(
                "`channels` says that there {}",
                match self.channels {
                    1 => "is one".to_owned(),
                    more => format!("are {more}"),
                }
            );
            let help = Some(format!("channels = {number}"));
            around.complain(Code::OutOfRange, "channel", title, &what, help);
        }
        // The schema has seen that neither is zero.
        let rate = SampleRate::new(self.rate).unwrap_or(SampleRate::SPEECH);
        let channels = NonZeroUsize::new(self.channels.into()).unwrap_or(NonZeroUsize::MIN);
        plan::RawFormat { format: self.format, rate, channels, channel }
    }
}

/// Another program that writes raw samples to its standard output, such as ffmpeg for RTSP, HLS or RTMP. It runs in the folder of
/// the pipeline file. It is restarted when it ends with a failure, and with `restart-when-ended` also when it ends without one. Its
/// standard error goes to the log.
///
/// It is a live source: sound that is not taken in time is dropped and marked as a gap. If the program reads a file, set
/// `when-full = "wait"` on the queue of the next stage.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Command {
    /// The program and its arguments, each a string of its own. No shell is used.
    #[schemars(length(min = 1))]
    command: Vec<String>,
    /// Whether the program is restarted also when it ends without a failure, for streams without an end such as a camera's.
    /// `restart` limits how often.
    #[serde(default)]
    restart_when_ended: bool,
    #[serde(flatten)]
    samples: Samples,
    #[serde(flatten)]
    whose: Whose,
}

impl Settings for Command {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        let mut words = self.command.into_iter();
        let program = words.next().unwrap_or_default();
        let bare = !program.contains(std::path::is_separator);
        Some(Planned::Command(plan::Command {
            program: if bare { PathBuf::from(program) } else { around.path(&program) },
            args: words.collect(),
            restart_when_ended: self.restart_when_ended,
            samples: self.samples.resolve(around),
            speaker: self.whose.resolve(around),
        }))
    }
}
