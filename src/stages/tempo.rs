//! Reports a live source of raw samples whose rate or channels are wrong.
use std::time::Duration;

use tokio::time::Instant;

use crate::{
    flow::{Item, Outlet, StageState},
    logic::tempo::{Tempo, TempoVerdict},
    message::Why,
};

/// The watch over one run of a source.
#[derive(Default)]
pub(super) struct Watch {
    tempo: Tempo,
    is_wrong: bool,
}

impl Watch {
    /// The reason for dropped audio while the source is too fast: nobody can keep up with it.
    pub(super) fn hole(&self) -> Option<Why> {
        self.is_wrong.then_some(Why::Source)
    }

    /// The source waited for audio since `since`, until now.
    pub(super) fn waited(&mut self, since: Instant) {
        self.tempo.add_wait(since.elapsed());
    }

    /// Takes audio. The stage is degraded while its audio comes too fast or too slowly.
    pub(super) fn add<T: Item>(&mut self, sound: Duration, now: Instant, out: &Outlet<T>) {
        let gauge = out.gauge();
        match self.tempo.add(sound, now) {
            Some(TempoVerdict::Wrong(rate)) => {
                let why = format!(
                    "gives {rate:.1} s of sound a second: rate or channels are wrong, or it does not give sound at its own pace (ffmpeg: -re)"
                );
                if !self.is_wrong {
                    tracing::warn!(stage = gauge.name(), "{why}");
                }
                gauge.set(StageState::Degraded, Some(why));
                self.is_wrong = true;
            }
            Some(TempoVerdict::Right) if self.is_wrong => {
                self.is_wrong = false;
                gauge.set(StageState::Running, None);
            }
            Some(TempoVerdict::Right) | None => (),
        }
    }
}
