//! The speakers of one server: the stages that they speak to, their places, their links.
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::{counts::SpeakerCounts, half_open::HalfOpen, links::Links, place::SpeakerPlace};

use crate::{
    flow::StageGauge,
    serve::access::rights::Token,
    wire::{Codec, RefusalCode},
};

/// What a client keeps for a connection that is lost.
const RING: Duration = Duration::from_secs(10);
/// How long a session can be resumed.
const RESUME: Duration = Duration::from_secs(60);

/// A `browser` stage, as its server takes it.
#[derive(Clone, Debug)]
pub struct SpeakerSettings {
    pub stage: String,
    /// What readers see of speakers without a name; numbered where there are several places. Without it a single speaker who gives
    /// no name is shown without one.
    pub name: Option<String>,
    pub places: usize,
    pub codecs: Vec<Codec>,
    pub max_lag: Duration,
    /// What each speaker has to present; `None`: whoever is on this machine may speak.
    pub token: Option<Token>,
    pub capture: Capture,
    /// Clients of other programs that it takes, beside those of `docs/ingest.md`.
    pub others: OtherClients,
}

/// What the page asks the browser to do with the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capture {
    pub echo_cancellation: bool,
    pub noise_suppression: bool,
    pub auto_gain: bool,
}

/// Clients of other programs that a stage takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherClients {
    pub whisper_live: bool,
    pub openai: bool,
}

pub(crate) struct SpeakerStage {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) codecs: Vec<Codec>,
    pub(crate) max_lag: Duration,
    pub(crate) capture: Capture,
    pub(super) token: Option<Token>,
    pub(super) others: OtherClients,
    pub(super) places: Vec<Arc<SpeakerPlace>>,
}

/// All speakers of one server. Without stages there are none.
pub struct Speakers {
    pub(super) stages: Vec<SpeakerStage>,
    /// When the server's clock began.
    pub(super) epoch: Instant,
    pub(super) ring: Duration,
    pub(super) resume: Duration,
    numbers: AtomicU64,
    pub(super) half_open: Arc<HalfOpen>,
    pub(crate) links: Links,
    pub(crate) counts: SpeakerCounts,
    pub(crate) tasks: TaskTracker,
}

/// How one place is doing.
#[derive(Clone, Debug)]
pub(crate) struct PlaceReading {
    pub(crate) stage: String,
    pub(crate) slot: usize,
    pub(crate) track: Option<String>,
    pub(crate) waiting: Duration,
    pub(crate) dropped: Duration,
    pub(crate) session: Option<SessionReading>,
}

#[derive(Clone, Debug)]
pub(crate) struct SessionReading {
    pub(crate) name: String,
    pub(crate) link: Option<u64>,
    pub(crate) connected: bool,
    pub(crate) muted: bool,
    pub(crate) codec: Codec,
    pub(crate) rate: u32,
    pub(crate) since: Duration,
    pub(crate) repeated: u64,
    pub(crate) peak_db: Option<f32>,
    pub(crate) clipped: u64,
}

impl Speakers {
    pub fn new(stages: Vec<SpeakerSettings>) -> Arc<Speakers> {
        let stages = stages.into_iter().map(SpeakerStage::new).collect();
        Arc::new(Speakers {
            stages,
            epoch: Instant::now(),
            ring: RING,
            resume: RESUME,
            numbers: AtomicU64::new(1),
            half_open: Arc::default(),
            links: Links::default(),
            counts: SpeakerCounts::default(),
            tasks: TaskTracker::new(),
        })
    }

    /// How the recogniser of a track stands, for the speaker on that track.
    pub fn recognised_by(&self, track: &str, gauge: &Arc<StageGauge>) {
        let theirs = self.places().filter(|it| it.track() == Some(track));
        theirs.for_each(|it| it.set_recogniser(gauge.clone()));
    }

    /// The place from which a source takes; `slot` is counted from 1.
    pub fn place(&self, stage: &str, slot: usize) -> Option<Arc<SpeakerPlace>> {
        let stage = self.stages.iter().find(|it| it.name == stage)?;
        stage.places.get(slot.checked_sub(1)?).cloned()
    }

    pub(crate) fn stages(&self) -> &[SpeakerStage] {
        &self.stages
    }

    /// Whether a token is one for speakers.
    pub(crate) fn knows(&self, token: &str) -> bool {
        let hash = Token::new(token);
        self.stages.iter().any(|it| it.token.as_ref() == Some(&hash))
            || self.links.by_token(token).is_some()
    }

    /// Whether a stage has a token.
    pub(crate) fn have_tokens(&self) -> bool {
        self.stages.iter().any(SpeakerStage::has_token)
    }

    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Relaxed)
    }

    /// The server's clock.
    pub(super) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Ends the session of whoever came by this link.
    pub(crate) fn end_link(&self, id: u64, code: RefusalCode) {
        for place in self.places() {
            let mut state = place.lock();
            if let Some(session) = state.session.take_if(|it| it.link == Some(id)) {
                session.order(code);
                state.queue.quiet();
                drop(state);
                place.ring();
            }
        }
    }

    /// Gives another name to whoever came by this link.
    pub(crate) fn rename_link(&self, id: u64, name: &str) {
        for place in self.places() {
            if let Some(session) = &mut place.lock().session
                && session.link == Some(id)
            {
                session.rename(name);
            }
        }
    }

    fn places(&self) -> impl Iterator<Item = &Arc<SpeakerPlace>> {
        self.stages.iter().flat_map(|it| &it.places)
    }

    pub(crate) fn read(&self) -> Vec<PlaceReading> {
        self.places().map(|it| read(it)).collect()
    }
}

fn read(place: &SpeakerPlace) -> PlaceReading {
    let state = place.lock();
    let session = state.session.as_ref().map(|it| SessionReading {
        name: it.name.to_string(),
        link: it.link,
        connected: it.is_connected(),
        muted: it.muted,
        codec: it.format().codec,
        rate: it.format().rate,
        since: it.since.elapsed(),
        repeated: it.repeated,
        peak_db: it.peak_db,
        clipped: it.clipped,
    });
    PlaceReading {
        stage: place.stage().to_owned(),
        slot: place.slot(),
        track: place.track().map(str::to_owned),
        waiting: state.queue.held(),
        dropped: state.queue.dropped(),
        session,
    }
}

impl SpeakerStage {
    fn new(settings: SpeakerSettings) -> SpeakerStage {
        let SpeakerSettings { stage, name, places, codecs, max_lag, token, capture, others } =
            settings;
        let (is_named, label) =
            (name.is_some() || places > 1, name.unwrap_or_else(|| stage.clone()));
        let place = |slot: usize| {
            let fallback = if places > 1 { format!("{label} {slot}") } else { label.clone() };
            Arc::new(SpeakerPlace::new(&stage, slot, &fallback, is_named, max_lag))
        };
        let places = (1..=places).map(place).collect();
        SpeakerStage { name: stage, label, codecs, max_lag, capture, token, others, places }
    }

    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }
}

impl Default for SpeakerPlaces {
    fn default() -> SpeakerPlaces {
        SpeakerPlaces(Speakers::new(Vec::new()))
    }
}

/// The speakers of a server, as its settings have them.
#[derive(Clone)]
pub struct SpeakerPlaces(pub Arc<Speakers>);

impl fmt::Debug for SpeakerPlaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.stages.iter().map(|it| &it.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: Option<&str>, places: usize) -> Vec<Option<String>> {
        let capture =
            Capture { echo_cancellation: false, noise_suppression: false, auto_gain: true };
        let settings = SpeakerSettings {
            stage: "panel".into(),
            name: name.map(str::to_owned),
            places,
            codecs: vec![Codec::PcmS16le],
            max_lag: Duration::from_secs(1),
            token: None,
            capture,
            others: OtherClients::default(),
        };
        let stage = SpeakerStage::new(settings);
        stage.places.iter().map(|it| it.speaker().map(|it| it.to_string())).collect()
    }

    #[test]
    fn only_a_single_speaker_without_a_name_is_shown_without_one() {
        assert_eq!(shown(None, 1), [None]);
        assert_eq!(shown(Some("Guest"), 1), [Some("Guest".into())]);
        assert_eq!(shown(None, 2), [Some("panel 1".into()), Some("panel 2".into())]);
        assert_eq!(shown(Some("Guest"), 2), [Some("Guest 1".into()), Some("Guest 2".into())]);
    }
}
