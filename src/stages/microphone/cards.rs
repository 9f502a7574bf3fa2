//! The machine's sound cards: a list of the devices, and streams from them on threads of their own.
use std::{
    sync::{
        Arc, OnceLock,
        mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use cpal::{
    Device, Host, HostId, Stream,
    traits::{DeviceTrait, HostTrait},
};
use serde::Serialize;
use tokio::sync::oneshot;

#[cfg(target_os = "linux")]
use super::stderr_capture::StderrCapture;
use super::{
    choice::{Label, SelectedChannel, choose},
    error::DeviceError,
    settings::MicrophoneSettings,
    stream,
    watch::{Backend, Opened},
};
use crate::message::Channel;

/// How long the sound system may take to list its devices.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The most threads that may hang in the sound system. With more, no further stream is opened.
const MOST_THREADS: usize = 8;

/// An input device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// The name for people.
    pub name: String,
    /// The host's id of the device, which is unique.
    pub id: String,
    pub host: String,
    /// Whether `default` means this device.
    pub default: bool,
    /// The format of its stream. `None` where another program has the device, or it cannot be opened.
    pub opens: Option<StreamFormat>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamFormat {
    /// Samples per second of each channel.
    pub rate: u32,
    pub channels: u16,
    /// `i16`, `f32`, …
    pub format: String,
}

/// All input devices.
pub fn devices() -> Result<Vec<DeviceInfo>, DeviceError> {
    with_timeout(|| {
        let host = host(None)?;
        let found = inputs(&host)?;
        let default = host.default_input_device().and_then(|device| device.id().ok());
        let info = |found: Found| {
            let opens = found.device.default_input_config().ok().map(|config| StreamFormat {
                rate: config.sample_rate(),
                channels: config.channels(),
                format: config.sample_format().to_string(),
            });
            let default = default.is_some() && found.device.id().ok() == default;
            let Label { name, id } = found.label;
            DeviceInfo { name, id, host: host.id().name().to_owned(), default, opens }
        };
        Ok(found.into_iter().map(info).collect())
    })
}

/// Finds the device that `device` means, with `channel` on it, without opening it.
pub fn find(device: &str, channel: Channel) -> Result<DeviceInfo, DeviceError> {
    let there = devices()?;
    let labels: Vec<Label> =
        there.iter().map(|info| Label { name: info.name.clone(), id: info.id.clone() }).collect();
    let at = if is_default(device) {
        let default = there.iter().position(|info| info.default);
        default.ok_or_else(|| DeviceError::NoDefault { there: usable(&there) })?
    } else {
        choose(device, &labels).map_err(|error| match error {
            DeviceError::Absent { wanted, .. } => {
                DeviceError::Absent { wanted, there: usable(&there) }
            }
            other => other,
        })?
    };
    let info = there[at].clone();
    if let Some(shape) = &info.opens {
        SelectedChannel::of(channel, &info.name, shape.channels)?;
    }
    Ok(info)
}

#[derive(Default)]
pub(super) struct SoundCards {
    /// The host of the first stream. If a device disappears with its sound server, it is awaited on this host: another host
    /// would take the card from the server that is about to return.
    host: Arc<OnceLock<HostId>>,
    threads: Arc<()>,
}

/// Dropping it makes the thread close the stream. Nobody waits for that, because it can hang.
pub(super) struct StreamHandle(
    #[expect(dead_code, reason = "its drop is the signal")] SyncSender<()>,
);

impl Backend for SoundCards {
    type StreamHandle = StreamHandle;

    async fn open(
        &mut self,
        settings: &MicrophoneSettings,
    ) -> Result<Opened<StreamHandle>, DeviceError> {
        #[cfg(target_os = "linux")]
        let _capture = StderrCapture::begin();
        if Arc::strong_count(&self.threads) > MOST_THREADS {
            let cause = format!("{MOST_THREADS} streams hang in it");
            return Err(DeviceError::NoAnswer { cause });
        }
        let (answer, opened) = oneshot::channel();
        let (settings, known, alive) = (settings.clone(), self.host.clone(), self.threads.clone());
        let thread = thread::Builder::new().name("microphone".to_owned()).spawn(move || {
            let (hold, released) = sync_channel(0);
            let stream = match open(&settings, &known) {
                Ok((stream, opened)) => {
                    let opened = Opened {
                        device: opened.device,
                        rate: opened.rate,
                        consumer: opened.consumer,
                        handle: StreamHandle(hold),
                    };
                    // If nobody waits any more, the stream is closed at once.
                    answer.send(Ok(opened)).is_ok().then_some(stream)
                }
                Err(cause) => {
                    let _ = answer.send(Err(cause));
                    None
                }
            };
            if stream.is_some() {
                // It ends with an error when the other end is dropped, which is the signal.
                let _ = released.recv();
            }
            drop(stream);
            drop(alive);
        });
        if let Err(cause) = thread {
            return Err(DeviceError::NoAnswer { cause: cause.to_string() });
        }
        opened.await.unwrap_or_else(|_| {
            Err(DeviceError::NoAnswer { cause: "it panicked while opening".to_owned() })
        })
    }
}

fn open(
    settings: &MicrophoneSettings,
    known: &OnceLock<HostId>,
) -> Result<(Stream, Opened<()>), DeviceError> {
    let host = host(known.get().copied())?;
    let found = inputs(&host)?;
    let labels: Vec<Label> = found.iter().map(|found| found.label.clone()).collect();
    let device = if is_default(&settings.device) {
        let there = || labels.iter().map(|label| label.name.clone()).collect();
        host.default_input_device().ok_or_else(|| DeviceError::NoDefault { there: there() })?
    } else {
        found[choose(&settings.device, &labels)?].device.clone()
    };
    let opened = stream::open(&device, &label(&device).name, settings)?;
    let _ = known.set(host.id());
    Ok(opened)
}

/// The PulseAudio host where its server answers, because it reports what happens to a device. Elsewhere the system's default
/// host.
fn host(known: Option<HostId>) -> Result<Host, DeviceError> {
    match known {
        Some(id) => cpal::host_from_id(id)
            .map_err(|error| DeviceError::NoAnswer { cause: error.to_string() }),
        None => {
            #[cfg(target_os = "linux")]
            super::cookie::ensure();
            let pulse = "pulseaudio".parse().and_then(cpal::host_from_id);
            Ok(pulse.unwrap_or_else(|_| cpal::default_host()))
        }
    }
}

struct Found {
    device: Device,
    label: Label,
}

fn inputs(host: &Host) -> Result<Vec<Found>, DeviceError> {
    let devices =
        host.input_devices().map_err(|error| DeviceError::NoAnswer { cause: error.to_string() })?;
    let found = devices.map(|device| Found { label: label(&device), device });
    // ALSA's `null` is a device on every machine, and gives silence.
    Ok(found.filter(|found| found.label.id != "null").collect())
}

fn label(device: &Device) -> Label {
    let id = device.id().map(|id| id.id().to_owned()).unwrap_or_default();
    let name = device.description().map(|it| it.name().to_owned()).unwrap_or_else(|_| id.clone());
    Label { name, id }
}

fn is_default(device: &str) -> bool {
    device.trim().eq_ignore_ascii_case("default")
}

/// The names to suggest. Devices that cannot be opened are left out: a machine without a sound card lists a dozen ALSA
/// plugins.
fn usable(there: &[DeviceInfo]) -> Vec<String> {
    let opens = there.iter().filter(|info| info.opens.is_some());
    opens.map(|info| info.name.clone()).collect()
}

/// Runs `query` on another thread, so that a sound server that hangs does not block the caller.
fn with_timeout<T: Send + 'static>(
    query: impl FnOnce() -> Result<T, DeviceError> + Send + 'static,
) -> Result<T, DeviceError> {
    // Captured here and not in the thread, which may hang for ever.
    #[cfg(target_os = "linux")]
    let _capture = StderrCapture::begin();
    let (answer, answered) = sync_channel(1);
    thread::spawn(move || {
        let _ = answer.send(query());
    });
    answered.recv_timeout(ANSWER_WITHIN).unwrap_or_else(|error| {
        let cause = match error {
            RecvTimeoutError::Timeout => format!("not within {ANSWER_WITHIN:?}"),
            RecvTimeoutError::Disconnected => "it panicked when asked".to_owned(),
        };
        Err(DeviceError::NoAnswer { cause })
    })
}
