//! The errors of a microphone, and what helps.
use std::time::Duration;

use cpal::ErrorKind;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no microphone `{wanted}`: {}", there_is(.there))]
    Absent { wanted: String, there: Vec<String> },
    #[error("no microphone is this machine's default: {}", there_is(.there))]
    NoDefault { there: Vec<String> },
    #[error("`{wanted}` is part of several microphones' names: {}; write more of the name, or its id", quoted(.matches))]
    Ambiguous { wanted: String, matches: Vec<String> },
    #[error(
        "there is no channel {wanted} on microphone `{device}`, which has {has}: take one of 1 to {has}, or mix them"
    )]
    NoChannel { device: String, wanted: usize, has: u16 },
    #[error(
        "microphone `{device}` may not be used: {cause}; allow this program to record in the system's settings"
    )]
    Denied { device: String, cause: String },
    #[error(
        "microphone `{device}` gives {shape}, which cannot be read; set it to 16-bit samples in the system's settings"
    )]
    Unreadable { device: String, shape: String },
    #[error("microphone `{device}` is gone: {cause}")]
    Lost { device: String, cause: String },
    #[error("microphone `{device}` has given nothing for {silent_for:?}")]
    Silent { device: String, silent_for: Duration },
    #[error("the sound system does not answer: {cause}; see that its server runs")]
    NoAnswer { cause: String },
}

impl DeviceError {
    /// Whether only a change of the pipeline file or of the system's settings can help.
    pub fn is_permanent(&self) -> bool {
        match self {
            DeviceError::Ambiguous { .. }
            | DeviceError::NoChannel { .. }
            | DeviceError::Denied { .. }
            | DeviceError::Unreadable { .. } => true,
            DeviceError::Absent { .. }
            | DeviceError::NoDefault { .. }
            | DeviceError::Lost { .. }
            | DeviceError::Silent { .. }
            | DeviceError::NoAnswer { .. } => false,
        }
    }
}

/// The error for what cpal reports about `device`.
pub(super) fn classify(device: &str, error: &cpal::Error) -> DeviceError {
    let (device, cause) = (device.to_owned(), error.to_string());
    match error.kind() {
        ErrorKind::PermissionDenied => DeviceError::Denied { device, cause },
        ErrorKind::HostUnavailable => DeviceError::NoAnswer { cause },
        _ => DeviceError::Lost { device, cause },
    }
}

fn there_is(devices: &[String]) -> String {
    match devices {
        [] => "this machine has none; plug one in, or start the sound server".to_owned(),
        [one] => format!("there is `{one}`; plug the other in, or name this one"),
        several => format!("there are {}; plug it in, or name one of these", quoted(several)),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
