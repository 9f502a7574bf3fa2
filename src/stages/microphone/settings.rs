//! Which microphone is listened to, and how long each thing may take.
use std::time::Duration;

use super::Channel;

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
