//! The settings of stages: from how a plan has them to how the stages take them.
use std::{path::Path, time::Duration};

use crate::{
    logic::replace::{RuleError, Rules},
    spec::plan,
    stages::{
        command::CommandSettings,
        recording::{Choice, RecordingSettings},
    },
};

/// How long a child process that was told to end may take for it.
const COMMAND_GRACE: Duration = Duration::from_secs(2);

#[cfg(feature = "microphone")]
pub(super) fn microphone(
    settings: &plan::Microphone,
) -> crate::stages::microphone::MicrophoneSettings {
    use crate::stages::microphone::MicrophoneSettings;
    MicrophoneSettings {
        device: match &settings.device {
            plan::DeviceChoice::Default => "default".to_owned(),
            plan::DeviceChoice::Named(name) => name.clone(),
        },
        channel: settings.channel,
        ..MicrophoneSettings::default()
    }
}

pub(super) fn recording(settings: &plan::Recording) -> RecordingSettings {
    RecordingSettings {
        speed: settings.speed,
        start: settings.start,
        choice: Choice { track: settings.track, channel: settings.channel },
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
        samples: settings.samples,
        grace: COMMAND_GRACE,
    })
}

pub(super) fn rules(settings: &plan::Replace) -> Result<Rules, RuleError> {
    let plan::Replace { words, mask, unwanted, patterns } = settings;
    Rules::new(unwanted, mask, words, patterns)
}
