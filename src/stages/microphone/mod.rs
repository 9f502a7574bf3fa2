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
mod stream;
mod timeline;
mod watch;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::{cards::SoundCards, watch::Watcher};
pub use self::{
    cards::{DeviceInfo, Shape, devices, find},
    choice::Channel,
    error::DeviceError,
};
use crate::{
    flow::{Fault, Outlet, Source},
    message::AudioFrame,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MicrophoneSettings {
    /// `default`, or a device's name or id, or a part of one, in upper or lower case.
    pub device: String,
    pub channel: Channel,
    /// The sound that a card is asked to gather before each callback, and the most that a sound server keeps for a
    /// program that is late, past which it drops sound without a word: at 20 ms a busy machine lost much, at 50 ms seldom a block.
    pub block: Duration,
    /// How often what was captured is taken.
    pub tick: Duration,
    /// The longest frame given.
    pub frame: Duration,
    /// How much may wait between callback and watcher. What comes on top is given up, and the hole says so.
    pub room: Duration,
    /// Without a callback for so long, a device counts as lost.
    pub silent_after: Duration,
    /// How long opening a device may take.
    pub open_within: Duration,
    /// The wait before a lost device is looked for again. It doubles up to `retry_at_most`.
    pub retry: Duration,
    pub retry_at_most: Duration,
}

impl Default for MicrophoneSettings {
    fn default() -> MicrophoneSettings {
        MicrophoneSettings {
            device: "default".to_owned(),
            channel: Channel::Mix,
            block: Duration::from_millis(50),
            tick: Duration::from_millis(10),
            frame: Duration::from_millis(20),
            room: Duration::from_secs(4),
            silent_after: Duration::from_secs(2),
            open_within: Duration::from_secs(10),
            retry: Duration::from_millis(250),
            retry_at_most: Duration::from_secs(5),
        }
    }
}

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
