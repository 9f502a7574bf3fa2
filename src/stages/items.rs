//! What the edges have to know of our messages: how long sound lasts, which captions may take the place of which.
use std::time::Duration;

use crate::{
    flow::{Item, Mended},
    logic::sane::{self, Unsound},
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

    fn mend(&mut self) -> Vec<Mended> {
        if sane::is_sane(&self.samples) {
            return Vec::new();
        }
        let mut samples = self.samples.to_vec();
        let Unsound { silenced, clamped } = sane::mend(&mut samples);
        self.samples = samples.into();
        let silenced = Mended {
            what: "samples-silenced",
            count: silenced,
            warning: "samples that are no numbers became silence; check the format of the input",
        };
        let clamped = Mended {
            what: "samples-clamped",
            count: clamped,
            warning: "samples far beyond full scale were clamped; check the format of the input",
        };
        [silenced, clamped].into_iter().filter(|it| it.count > 0).collect()
    }

    fn peak(&self) -> Option<f32> {
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
