//! Tells of a live source of raw samples that its rate or its channels are not what they are said to be.
use std::time::Duration;

use tokio::time::Instant;

use crate::{
    flow::{Item, Outlet, StageState},
    logic::tempo::{Heard, Tempo},
    message::Why,
};

/// Belongs to one life of a source.
#[derive(Default)]
pub(super) struct Watch {
    tempo: Tempo,
    told: bool,
}

impl Watch {
    /// Why sound is missing that was given up on the way: nobody takes it as fast as it comes.
    pub(super) fn hole(&self) -> Option<Why> {
        self.told.then_some(Why::Source)
    }

    /// Since `since` it was waited for sound, which has come now.
    pub(super) fn waited(&mut self, since: Instant) {
        self.tempo.idled(since.elapsed());
    }

    /// The stage is degraded as long as its sound comes at another speed than it should.
    pub(super) fn hears<T: Item>(&mut self, sound: Duration, now: Instant, out: &Outlet<T>) {
        let gauge = out.gauge();
        match self.tempo.hears(sound, now) {
            Some(Heard::Wrong(rate)) => {
                let why = format!(
                    "gives {rate:.1} s of sound a second: rate or channels are wrong, or it does not give sound at its own pace (ffmpeg: -re)"
                );
                if !self.told {
                    tracing::warn!(stage = gauge.name(), "{why}");
                }
                gauge.set(StageState::Degraded, Some(why));
                self.told = true;
            }
            Some(Heard::Right) if self.told => {
                self.told = false;
                gauge.set(StageState::Running, None);
            }
            Some(Heard::Right) | None => (),
        }
    }
}
