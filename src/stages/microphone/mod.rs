//! A microphone as a source of audio, which returns after it was lost. Only here are cpal and rtrb named.
//!
//! The sound card's callback mixes to mono and writes into a ring, and does nothing else. A watcher drains the ring every few
//! milliseconds into frames. Its delay is what the card gathers before it calls, plus one [`MicrophoneSettings::tick`].
mod cards;
mod choice;
#[cfg(target_os = "linux")]
mod cookie;
mod error;
#[cfg(target_os = "linux")]
mod library_lines;
mod meter;
mod ring;
mod settings;
#[cfg(target_os = "linux")]
mod stderr_capture;
mod stream;
mod timeline;
mod watch;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

use tokio_util::sync::CancellationToken;

use self::{cards::SoundCards, watch::Watcher};
pub use self::{
    cards::{DeviceInfo, StreamFormat, devices, find},
    error::DeviceError,
    meter::Meter,
    settings::MicrophoneSettings,
};
pub use crate::message::Channel;
use crate::{
    flow::{Fault, Outlet, Source},
    message::AudioFrame,
};

/// Gives mono audio at the device's own rate until it is stopped.
///
/// A device that is absent or lost is looked for again, for ever. The audio missed meanwhile is a gap in the timeline, marked
/// on the first frame after it. Errors that waiting cannot fix are a [`Fault::Permanent`], and only before the device was
/// first opened: an ambiguous name, a missing channel, a device that may not be used.
pub struct Microphone(Watcher<SoundCards>);

impl Microphone {
    pub fn new(settings: MicrophoneSettings) -> Microphone {
        Microphone(Watcher::new(SoundCards::default(), settings))
    }
}

impl Source for Microphone {
    type Out = AudioFrame;

    async fn run(
        &mut self,
        out: &Outlet<AudioFrame>,
        stop: CancellationToken,
    ) -> Result<(), Fault> {
        self.0.run(out, stop).await
    }
}
