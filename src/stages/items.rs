//! How edges treat messages: the duration of audio, and which captions coalesce.
use std::time::Duration;

use crate::{
    flow::{Item, Mended},
    logic::sample_repair::{self, Repairs},
    message::{AudioFrame, Caption, Kind, Speech, Why},
};

impl Item for AudioFrame {
    const PAUSES: bool = true;

    fn interruption(&self) -> Option<AudioFrame> {
        let speaker = self.speaker.clone();
        let silent = AudioFrame::interruption(self.start, self.rate, self.trace);
        Some(AudioFrame { speaker, ..silent })
    }

    fn follow_a_pause(&mut self) {
        self.hole = Some(Why::Paused);
    }

    fn length(&self) -> Duration {
        self.duration()
    }

    fn mend(&mut self) -> Vec<Mended> {
        if sample_repair::are_valid(&self.samples) {
            return Vec::new();
        }
        let mut samples = self.samples.to_vec();
        let Repairs { silenced, clamped } = sample_repair::repair(&mut samples);
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
        let peak = self.samples.iter().fold(0.0, |peak: f32, it| it.abs().max(peak));
        (!self.is_interruption()).then_some(peak)
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
            // A final is never replaced.
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::Instant;

    use super::*;
    use crate::{
        flow::{EdgeSettings, Gate, Inlet, Offer, Outlet, Room, StageGauge, WhenFull, edge},
        message::{MediaTime, SampleRate, Trace},
    };

    #[tokio::test]
    async fn a_pause_interrupts_at_once_and_is_the_reason_of_the_hole_behind_it() {
        let room = Room::Span(Duration::from_secs(1));
        let (sender, receiver) =
            edge("mic", "speech", EdgeSettings { room, when_full: WhenFull::DropOldest });
        let gate = Gate::default();
        let mic = Outlet::new(vec![sender], StageGauge::new("mic")).gated(gate.clone());
        let frame = |ms| AudioFrame {
            start: MediaTime::new(Duration::from_millis(ms)),
            rate: SampleRate::SPEECH,
            samples: Arc::new([0.5; 160]),
            hole: None,
            speaker: None,
            trace: Trace::starting(Instant::now()),
        };
        for ms in [0, 10, 20, 30, 40] {
            match ms {
                10 => gate.pause(),
                30 => gate.resume(),
                _ => (),
            }
            mic.send(frame(ms)).await.unwrap();
        }
        drop(mic);
        let (mut inlet, mut given) = (Inlet::new(vec![receiver]), Vec::new());
        while let Some(Offer::Handle(frame)) = inlet.next().await {
            let start = frame.start.since_start().as_millis();
            given.push((start, frame.is_interruption(), frame.hole));
        }
        assert_eq!(
            given,
            [(0, false, None), (10, true, None), (30, false, Some(Why::Paused)), (40, false, None)]
        );
    }
}
