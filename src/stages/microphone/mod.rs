//! A microphone as a source of sound, lost and heard again as often as it takes. Only here are cpal and rtrb named.
//!
//! The sound card's callback mixes to mono and writes into a ring, and does nothing else. A watcher drains the ring every
//! few milliseconds into frames: its delay is what the card gathers before it calls, plus one [`MicrophoneSettings::tick`].
mod cards;
mod choice;
mod error;
mod line;
#[cfg(target_os = "linux")]
mod noise;
#[cfg(target_os = "linux")]
mod quiet;
mod settings;
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
    cards::{DeviceInfo, Shape, devices, find},
    choice::Channel,
    error::DeviceError,
    settings::MicrophoneSettings,
};
use crate::{
    flow::{Fault, Outlet, Source},
    message::AudioFrame,
};

/// Gives mono sound at the device's own rate until it is told to stop.
///
/// A device that is absent or lost is looked for again, for ever; the sound missed meanwhile is a hole in the timeline,
/// marked on the first frame after it. Only what waiting cannot mend is a [`Fault::Permanent`], and only before the device was first
/// heard: an ambiguous name, a channel that is not there, a device that may not be used.
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
