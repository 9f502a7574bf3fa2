//! The settings of stages: from how a plan has them to how the stages take them.
use std::{num::NonZeroUsize, path::Path, time::Duration};

use crate::{
    logic::{
        downmix::Downmix,
        replace::{RuleError, Rules},
    },
    spec::plan,
    stages::{
        command::CommandSettings,
        pcm::RawSettings,
        record::RecordSettings,
        recording::{Choice, PlaybackSpeed, RecordingSettings},
        subtitles::SubtitleSettings,
    },
};

/// How long a child process that was told to end may take for it.
const COMMAND_GRACE: Duration = Duration::from_secs(2);

#[cfg(feature = "microphone")]
pub(super) fn microphone(
    settings: &plan::Microphone,
) -> crate::stages::microphone::MicrophoneSettings {
    use crate::stages::microphone::{Channel, MicrophoneSettings};
    MicrophoneSettings {
        device: match &settings.device {
            plan::DeviceChoice::Default => "default".to_owned(),
            plan::DeviceChoice::Named(name) => name.clone(),
        },
        channel: match settings.channel {
            plan::Channel::Mix => Channel::Mix,
            plan::Channel::Number(number) => Channel::Number(number),
        },
        ..MicrophoneSettings::default()
    }
}

pub(super) fn recording(settings: &plan::Recording) -> RecordingSettings {
    RecordingSettings {
        speed: match settings.speed {
            plan::Speed::Times(times) => PlaybackSpeed::Times(times),
            plan::Speed::Max => PlaybackSpeed::Max,
        },
        start: settings.start,
        choice: Choice { track: settings.track, downmix: downmix(settings.channel) },
        repeat: settings.repeat,
        ..RecordingSettings::new(&settings.path)
    }
}

/// `folder`: where the child runs. An error where it cannot be told where its program lies.
pub(super) fn command(settings: &plan::Command, folder: &Path) -> Result<CommandSettings, String> {
    let program = settings.program.clone();
    Ok(CommandSettings {
        // A path, other than a bare name, is seen from where livecap runs, and the child runs elsewhere.
        program: match program.components().count() {
            1 => program,
            _ => std::path::absolute(&program).map_err(|error| error.to_string())?,
        },
        args: settings.args.clone(),
        restart_when_ended: settings.restart_when_ended,
        folder: Some(folder.to_path_buf()),
        samples: raw(&settings.samples),
        grace: COMMAND_GRACE,
    })
}

pub(super) fn record(settings: &plan::Record) -> RecordSettings {
    RecordSettings { path: settings.path.clone(), format: settings.format }
}

pub(super) fn raw(samples: &plan::Samples) -> RawSettings {
    let channels = NonZeroUsize::new(samples.channels.into()).unwrap_or(NonZeroUsize::MIN);
    let downmix = downmix(samples.channel);
    RawSettings { downmix, ..RawSettings::new(samples.format, samples.rate, channels) }
}

fn downmix(channel: plan::Channel) -> Downmix {
    match channel {
        plan::Channel::Mix => Downmix::Mean,
        plan::Channel::Number(number) => Downmix::Channel(usize::from(number.saturating_sub(1))),
    }
}

pub(super) fn subtitles(settings: &plan::Subtitles) -> SubtitleSettings {
    SubtitleSettings {
        template: settings.path.clone(),
        format: settings.format,
        roll: settings.roll,
    }
}

pub(super) fn rules(settings: &plan::Replace) -> Result<Rules, RuleError> {
    let plan::Replace { words, mask, unwanted, patterns } = settings;
    Rules::new(unwanted, mask, words, patterns)
}
