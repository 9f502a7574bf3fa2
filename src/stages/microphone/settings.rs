//! The settings of a microphone.
use std::time::Duration;

use crate::message::Channel;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MicrophoneSettings {
    /// `default`, or a device's name or id, or a part of one, in upper or lower case.
    pub device: String,
    pub channel: Channel,
    /// The audio that a card gathers before each callback. It is also the most that a sound server keeps for a program that is
    /// late; past that the server drops audio silently. At 20 ms a busy machine lost much, at 50 ms seldom a block.
    pub block: Duration,
    /// How often captured audio is taken from the ring.
    pub tick: Duration,
    /// The length of the longest frame.
    pub frame: Duration,
    /// How much audio may wait between callback and watcher. More is dropped, and the gap is marked.
    pub room: Duration,
    /// A device without a callback for this long counts as lost.
    pub silent_after: Duration,
    /// How long opening a device may take.
    pub open_within: Duration,
    /// The wait before the first attempt to reopen a lost device. It doubles up to `retry_at_most`.
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
