//! What the edges have to know of our messages: how long sound lasts, which captions may take the place of which.
use std::time::Duration;

use crate::{
    flow::Item,
    message::{AudioFrame, Caption, Kind, Speech, Why},
};

impl Item for AudioFrame {
    const PAUSES: bool = true;

    fn follow_a_pause(&mut self) {
        self.hole = Some(Why::Paused);
    }

    fn length(&self) -> Duration {
        self.duration()
    }

    fn peak(&self) -> Option<f32> {
        // What is no number does not count.
        Some(self.samples.iter().fold(0.0, |peak, it| it.abs().max(peak)))
    }
}

impl Item for Speech {
    fn length(&self) -> Duration {
        self.duration()
    }
}

impl Item for Caption {
    const OFFERED_AGAIN: bool = true;

    fn supersedes(&self, older: &Caption) -> bool {
        match (self, older) {
            // A final is never left out, whatever comes after it.
            (Caption::Transcript(new), Caption::Transcript(old)) => {
                old.kind() == Kind::Partial && new.supersedes(old)
            }
            (Caption::Translation(new), Caption::Translation(old)) => {
                old.kind == Kind::Partial && new.supersedes(old)
            }
            _ => false,
        }
    }

    fn is_fleeting(&self) -> bool {
        match self {
            Caption::Transcript(it) => it.kind() == Kind::Partial,
            Caption::Translation(it) => it.kind == Kind::Partial,
            Caption::Gap(_) => false,
        }
    }
}
