//! Sound to captions: finds where somebody speaks, looks again and again at what is being said, and settles it.
//!
//! What the stage decides it asks of `logic::endpoint` and `logic::agree`; what is said it asks of a [`Recogniser`], which
//! blocks and so has a thread of its own. A look is waited for in `handle`: sound that comes meanwhile waits on the edge.
//! When that grows old, partials are left out first, then looks get rarer; past `max_lag` the oldest sound is given up, with
//! a gap. Each step is counted.
mod decode;
mod recogniser;
mod segment;
mod session;
mod sound;
mod streaming;
#[cfg(test)]
mod tests;
mod track;
mod voice;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

pub use self::{
    recogniser::{Ask, Effort, Hypothesis, RecogniseError, Recogniser, Wanted},
    session::{Hypothesised, StreamingRecogniser, StreamingSession},
    streaming::RecogniseStream,
    track::Track,
    voice::{FRAME, NeuralVoiceActivity, VoiceActivity},
};
use self::{segment::Settled, sound::Sound, track::recognised};
use crate::{
    flow::{Engine, Fault, Outlet, Stage, StageGauge},
    logic::{
        agree::{Agreement, AgreementSettings},
        endpoint::{Activity, Endpoint, EndpointEvent, EndpointSettings},
        guard::{GuardSettings, Guards},
        pace::{Pace, PaceSettings},
        suits::Smaller,
        window::WindowSettings,
    },
    message::{Caption, Hop, Language, MediaSpan, MediaTime, SampleRate, Speech, Trace, Why, Word},
};

/// Frames whose places differ by less are taken to follow each other: sources round.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Less speech behind the newest word shown is not waited for: words are placed to some tenths of a second.
const UNSURE: Duration = Duration::from_millis(300);

/// So much sound before what may become part of a segment is held: a short segment and a pause.
const HELD: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, PartialEq)]
pub struct RecogniseSettings {
    /// What a segment is said to be in before its first look; looks settle it.
    pub language: Option<Language>,
    /// When there are looks at an open segment.
    pub pace: PaceSettings,
    /// Whether they give partials. Without, there are looks at pauses only, for what is a whole sentence.
    pub partials: bool,
    pub agreement: AgreementSettings,
    pub window: WindowSettings,
    /// Sound older than this is given up. `None` where the source waits: then no sound is old, and nothing is left out.
    pub max_lag: Option<Duration>,
    pub endpoint: EndpointSettings,
    pub guards: GuardSettings,
    /// Whether each look is told what was said before its segment.
    pub condition: bool,
    /// What finals are decoded with.
    pub effort: Effort,
    /// Models that are here and could take the place of this one where it is too slow.
    pub smaller: Vec<Smaller>,
}

impl Default for RecogniseSettings {
    fn default() -> RecogniseSettings {
        RecogniseSettings {
            language: None,
            pace: PaceSettings::default(),
            partials: true,
            agreement: AgreementSettings::default(),
            window: WindowSettings::default(),
            max_lag: Some(Duration::from_secs(4)),
            endpoint: EndpointSettings::default(),
            guards: GuardSettings::default(),
            condition: false,
            effort: Effort::Final,
            smaller: Vec::new(),
        }
    }
}

/// One life of a recogniser.
pub struct Recognise<R: Recogniser> {
    settings: RecogniseSettings,
    engine: Engine<R>,
    voice: Box<dyn VoiceActivity>,
    track: Arc<Mutex<Track>>,
    endpoint: Endpoint,
    agreement: Agreement,
    sound: Sound,
    /// Whether it has said what the life before left unsaid.
    recovered: bool,
    pace: Pace,
    guards: Guards,
    gauge: Arc<StageGauge>,
    /// Looks at the open segment begin here.
    look_from: MediaTime,
    /// The look at the pause that the open segment is in.
    settled: Option<Settled>,
    /// The language of the open segment, once a look has settled it.
    language: Option<Language>,
    /// The language that the newest decode before that was heard in.
    guessed: Option<Language>,
    /// The text of the newest final.
    before: String,
    /// Words that decodes will hear again, although they stand in the segment before: it was cut, to be weak, before them.
    said: Vec<Word>,
    /// Whether the newest partial ended in words that may still change.
    tail_shown: bool,
    /// The newest decode went round in a loop.
    looped: bool,
    /// Where the segment before began, and its words, where they are few.
    fragment: Option<(MediaTime, Vec<Word>)>,
    /// Whether the model is too slow here for partials.
    finals_only: bool,
    /// The end of the newest word that was shown of the open segment, or its beginning.
    shown_to: MediaTime,
    /// Of the newest frame.
    trace: Option<Trace>,
    /// When it was done with the frame before.
    rested: Option<Instant>,
}

impl<R: Recogniser> Recognise<R> {
    /// `track` is the same for every life.
    pub fn new(
        settings: RecogniseSettings,
        engine: Engine<R>,
        voice: impl VoiceActivity,
        track: Arc<Mutex<Track>>,
    ) -> Recognise<R> {
        Recognise {
            endpoint: Endpoint::new(settings.endpoint),
            agreement: Agreement::new(settings.agreement),
            pace: Pace::new(settings.pace),
            guards: Guards::new(settings.guards.clone()),
            gauge: StageGauge::new(""),
            settings,
            engine,
            voice: Box::new(voice),
            track,
            sound: Sound::default(),
            recovered: false,
            look_from: MediaTime::ZERO,
            settled: None,
            language: None,
            guessed: None,
            before: String::new(),
            said: Vec::new(),
            tail_shown: false,
            looped: false,
            fragment: None,
            finals_only: false,
            shown_to: MediaTime::ZERO,
            trace: None,
            rested: None,
        }
    }

    /// Counts what it does when it is behind, and what its guards leave out, on `gauge`.
    #[must_use]
    pub fn counting_on(self, gauge: Arc<StageGauge>) -> Recognise<R> {
        Recognise { gauge, ..self }
    }

    fn track(&self) -> MutexGuard<'_, Track> {
        // Every change of it is whole before anything can panic.
        self.track.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first thing in a life.
    async fn recover(&mut self, begun: Instant, out: &Outlet<Caption>) -> Result<(), Fault> {
        if std::mem::replace(&mut self.recovered, true) {
            return Ok(());
        }
        let (captions, heard_to) = {
            let mut track = self.track();
            (track.recover(self.traced(begun)), track.heard_to)
        };
        self.start_at(heard_to);
        for caption in captions {
            out.send(caption).await?;
        }
        Ok(())
    }

    /// Goes on with sound that has nothing to do with what came before.
    fn start_at(&mut self, at: MediaTime) {
        self.sound = Sound::starting(at);
        self.fragment = None;
        self.endpoint.restart(at);
        self.voice.forget();
        let mut track = self.track();
        (track.heard_to, track.decided_to) = (at, at);
    }

    /// Sound is missing up to `end`: what is open ends, and a gap says so.
    async fn tear(
        &mut self,
        end: MediaTime,
        why: Why,
        begun: Instant,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        self.finish(out).await?;
        let start = self.sound.end();
        tracing::debug!(missing = ?end.since(start), why = why.name(), "sound is missing");
        let gap = self.track().gap(start, end, why, self.traced(begun));
        self.start_at(end);
        match gap {
            Some(gap) => Ok(out.send(gap).await?),
            None => Ok(()),
        }
    }

    /// The sound ends here, or is torn.
    async fn finish(&mut self, out: &Outlet<Caption>) -> Result<(), Fault> {
        let end = self.endpoint.finish(self.sound.end());
        self.follow(end, out).await
    }

    /// No sound follows for now: what was said is said.
    async fn interrupt(&mut self, out: &Outlet<Caption>) -> Result<(), Fault> {
        self.finish(out).await?;
        self.start_at(self.sound.end());
        self.gauge.waits_since(None);
        Ok(())
    }

    async fn follow(
        &mut self,
        event: Option<EndpointEvent>,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        match event {
            None => Ok(()),
            Some(EndpointEvent::Opened { start }) => {
                self.open(start, Vec::new());
                Ok(())
            }
            Some(EndpointEvent::Closed { end, spoken_to, speech }) => {
                self.close(end, (!speech.is_zero()).then_some(spoken_to), out).await
            }
            Some(EndpointEvent::Cut { at }) => {
                // The cut is made where it is weakest, which may lie before words that were promised already.
                let mut said = self.committed();
                said.retain(|word| word.span.start + word.span.length / 2 > at);
                self.close(at, Some(at), out).await?;
                self.open(at, said);
                Ok(())
            }
        }
    }

    /// Sound before this is of no use any more. Decodes of an open segment may begin before it, with words of the one before.
    fn needed_from(&self) -> MediaTime {
        let kept = self.endpoint.keep_from() - HELD;
        if self.endpoint.spoken_to().is_some() { kept.min(self.look_from) } else { kept }
    }

    /// When the oldest speech whose words have not been shown was captured. `captured`: the newest sound.
    fn oldest_unshown(&self, captured: Instant) -> Option<Instant> {
        let spoken_to = self.endpoint.spoken_to()?;
        let from = self.sound.spoken_from(self.shown_to)?;
        let waits = spoken_to.since(from) > UNSURE;
        waits.then(|| captured.checked_sub(self.sound.end().since(from)))?
    }

    fn traced(&self, begun: Instant) -> Trace {
        let done = Instant::now();
        recognised(self.trace.unwrap_or_else(|| Trace::starting(begun)), Hop { begun, done })
    }
}

impl<R: Recogniser> Stage for Recognise<R> {
    type In = Speech;
    type Out = Caption;
    type Kept = Arc<Mutex<Track>>;

    async fn handle(
        &mut self,
        _: &mut Self::Kept,
        frame: Speech,
        out: &Outlet<Caption>,
    ) -> Result<(), Fault> {
        let begun = Instant::now();
        self.trace = Some(frame.trace);
        // One that was waited for is the newest there is; those that wait follow each other at once.
        let waited = |rested| begun.saturating_duration_since(rested) >= frame.duration() / 16;
        let is_newest = self.rested.is_none_or(waited);
        self.recover(begun, out).await?;
        if frame.is_interruption() {
            self.interrupt(out).await?;
            self.rested = Some(Instant::now());
            return Ok(());
        }
        {
            let mut track = self.track();
            track.came_to = track.came_to.max(frame.span().end());
        }
        let age = begun.saturating_duration_since(frame.trace.captured());
        if self.settings.max_lag.is_some_and(|most| age > most) {
            // Left out like sound that never came: the next frame that is young enough tells of the hole.
            self.gauge.count("frames-given-up");
            tracing::debug!(?age, "sound is given up");
            self.rested = Some(Instant::now());
            return Ok(());
        }
        if frame.start.since(self.sound.end()) > TOLERANCE {
            self.tear(frame.start, frame.hole.unwrap_or(Why::Overload), begun, out).await?;
        }
        // A source that goes back in time gives sound that was heard already.
        let back = self.sound.end().since(frame.start);
        let skip = if back > TOLERANCE { SampleRate::SPEECH.samples_in(back) } else { 0 };
        if skip > 0 {
            tracing::warn!(?back, "sound comes twice, the second one is left out");
        }
        self.sound.append(frame.samples.get(skip..).unwrap_or_default());
        self.track().heard_to = self.sound.end();

        while let Some((span, samples)) = self.sound.next_frame() {
            let speech = self.voice.hear(samples);
            let activity = Activity { span, speech, level: level(samples) };
            if self.settings.endpoint.goes_on(speech) {
                let start = span.start - self.voice.lag();
                self.sound.mark_spoken(MediaSpan { start, ..span });
            }
            let event = self.endpoint.step(activity);
            self.follow(event, out).await?;
        }
        self.sound.forget_before(self.needed_from());
        self.track().decided_to = self.endpoint.decided_to();
        let captured = frame.trace.captured();
        self.gauge.waits_since(self.oldest_unshown(captured));
        if let Some(due) = self.due(is_newest) {
            self.look_again(due, out).await?;
            self.gauge.waits_since(self.oldest_unshown(captured));
        }
        self.rested = Some(Instant::now());
        Ok(())
    }

    async fn flush(&mut self, _: &mut Self::Kept, out: &Outlet<Caption>) -> Result<(), Fault> {
        let begun = Instant::now();
        self.recover(begun, out).await?;
        self.finish(out).await?;
        let came_to = self.track().came_to;
        if came_to.since(self.sound.end()) > TOLERANCE {
            self.tear(came_to, Why::Overload, begun, out).await?;
        }
        Ok(())
    }

    fn on_terminate(track: &mut Self::Kept) -> Vec<Caption> {
        track.lock().unwrap_or_else(PoisonError::into_inner).on_terminate(Instant::now())
    }
}

fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|it| it * it).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}
