//! Where speech begins and ends: the speech probability of each short frame in, the limits of segments out.
use std::{collections::VecDeque, time::Duration};

use crate::message::{MediaSpan, MediaTime};

/// When a segment begins and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndpointSettings {
    /// A frame begins speech from this probability on; speech goes on down to [`RELEASE`] of it. 0 to 1.
    pub threshold: f32,
    /// So much of the sound before the first speech belongs to the segment, and as much behind the last.
    pub pre_roll: Duration,
    /// Shorter speech opens no segment.
    pub min_speech: Duration,
    /// So much without speech ends a segment.
    pub silence: Duration,
    /// So much is enough in a long segment where what was said is a whole sentence. From `silence` on: sentences make no difference.
    pub sentence: Duration,
    /// No segment lasts longer. Taken as at least 200 ms more than what it takes to open one.
    pub longest: Duration,
}

impl Default for EndpointSettings {
    fn default() -> EndpointSettings {
        EndpointSettings {
            threshold: 0.5,
            pre_roll: Duration::from_millis(300),
            min_speech: Duration::from_millis(96),
            silence: Duration::from_millis(750),
            sentence: Duration::from_millis(450),
            longest: Duration::from_secs(10),
        }
    }
}

impl EndpointSettings {
    /// So long a pause is worth a look at what was said before it.
    pub fn pause(&self) -> Duration {
        if self.sentence < self.silence { self.sentence } else { self.silence / 2 }
    }

    /// Whether a sentence may end a segment.
    pub fn heeds_sentences(&self) -> bool {
        self.sentence < self.silence
    }

    /// Whether a frame of this probability goes on with speech.
    pub fn goes_on(&self, speech: f32) -> bool {
        speech >= self.threshold * RELEASE
    }
}

/// Hysteresis: once somebody speaks, this part of the threshold is enough to go on, so that weak syllables hold on.
pub const RELEASE: f32 = 0.7;
/// People pause within sentences, and recognisers end each decode as if a sentence did. So a sentence shortens the pause only in a segment
/// that has lasted as long as the first of these, and in full from the second on.
const LONG: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(14)];
/// Speech too short to open a segment is forgotten after so much silence.
const LAPSE: Duration = Duration::from_millis(64);
/// A segment that grows too long is cut in its last third.
const CUT_WITHIN: u32 = 3;

/// One frame of sound as the voice detector heard it. Frames follow each other without a hole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activity {
    pub span: MediaSpan,
    /// Probability of speech, 0 to 1.
    pub speech: f32,
    /// Root mean square of the samples, 0 to 1.
    pub level: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointEvent {
    /// A segment began at `start`, which lies before the frame that told so.
    Opened { start: MediaTime },
    /// It ended at `end`, behind the speech, of which it held so much up to `spoken_to`.
    Closed { end: MediaTime, spoken_to: MediaTime, speech: Duration },
    /// It grew too long: it ends at `at`, and the next begins there.
    Cut { at: MediaTime },
}

/// Follows one stream of frames.
#[derive(Debug)]
pub struct Endpoint {
    settings: EndpointSettings,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing before `floor` may be given to a segment any more; `now` is the end of the newest frame.
    Quiet {
        floor: MediaTime,
        now: MediaTime,
        run: Option<Run>,
    },
    Speaking(Open),
}

/// Speech that may be long enough to open a segment.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: MediaTime,
    speech: Duration,
    last: MediaTime,
}

#[derive(Debug)]
struct Open {
    start: MediaTime,
    /// The end of the newest frame.
    heard_to: MediaTime,
    last_speech: MediaTime,
    speech: Duration,
    /// So long a pause ends it.
    enough: Duration,
    /// The frames at which it may be cut.
    recent: VecDeque<Frame>,
    is_too_long: bool,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    start: MediaTime,
    strength: f32,
    /// How much speech the segment held before it.
    speech_before: Duration,
}

impl Endpoint {
    pub fn new(settings: EndpointSettings) -> Endpoint {
        let to_open = settings.pre_roll + settings.min_speech * 8;
        let longest = settings.longest.max(to_open + Duration::from_millis(200));
        let state = State::Quiet { floor: MediaTime::ZERO, now: MediaTime::ZERO, run: None };
        Endpoint { settings: EndpointSettings { longest, ..settings }, state }
    }

    /// Where the sound begins that may still become part of a segment; what lies before can be forgotten.
    pub fn keep_from(&self) -> MediaTime {
        match &self.state {
            State::Quiet { floor, now, run } => {
                (run.map_or(*now, |run| run.start) - self.settings.pre_roll).max(*floor)
            }
            State::Speaking(open) => open.start,
        }
    }

    /// Up to here it is decided what is speech; for an open segment, up to its start.
    pub fn decided_to(&self) -> MediaTime {
        match &self.state {
            State::Quiet { now, run, .. } => run.map_or(*now, |run| run.start),
            State::Speaking(open) => open.start,
        }
    }

    /// The end of the newest speech of the open segment.
    pub fn spoken_to(&self) -> Option<MediaTime> {
        match &self.state {
            State::Quiet { .. } => None,
            State::Speaking(open) => Some(open.last_speech),
        }
    }

    /// Starts afresh: the stream goes on at `at`, and nothing before it belongs to what comes.
    pub fn restart(&mut self, at: MediaTime) {
        self.state = State::Quiet { floor: at, now: at, run: None };
    }

    /// The stream ended at `at`, or is torn there.
    pub fn finish(&mut self, at: MediaTime) -> Option<EndpointEvent> {
        let event = match &self.state {
            State::Quiet { .. } => None,
            State::Speaking(open) => Some(self.closed(open, at)),
        };
        self.restart(at);
        event
    }

    /// In a pause: what was said before it is a whole sentence, which is `sure` from 0 to 1. The surer, and the longer the open segment, the
    /// shorter the pause that ends it; it ends here if the pause is that long already.
    pub fn end_sentence(&mut self, sure: f32) -> Option<EndpointEvent> {
        let EndpointSettings { silence, sentence, .. } = self.settings;
        let State::Speaking(open) = &mut self.state else { return None };
        let [long, longer] = LONG;
        let beyond = open.last_speech.since(open.start).saturating_sub(long);
        let part =
            beyond.div_duration_f64(longer - long).min(1.0) * f64::from(sure.clamp(0.0, 1.0));
        open.enough = silence - silence.saturating_sub(sentence).mul_f64(part);
        self.end_pause()
    }

    /// Ends the open segment if it is in a pause that is long enough.
    fn end_pause(&mut self) -> Option<EndpointEvent> {
        let State::Speaking(open) = &self.state else { return None };
        let now = open.heard_to;
        if now.since(open.last_speech) < open.enough {
            return None;
        }
        // The other half of the pause is the pre-roll of who speaks next.
        let event = self.closed(open, (open.last_speech + open.enough / 2).min(now));
        let floor = if let EndpointEvent::Closed { end, .. } = event { end } else { now };
        self.state = State::Quiet { floor, now, run: None };
        Some(event)
    }

    /// The words of the open segment up to `at` are a final: what comes behind them is a segment of its own.
    pub fn go_on_from(&mut self, at: MediaTime) {
        if let State::Speaking(open) = &mut self.state {
            open.start = at.clamp(open.start, open.heard_to);
        }
    }

    /// The open segment has grown too long to be decoded in time: it is cut with the next frame, as one that reached its limit.
    pub fn cut_soon(&mut self) {
        if let State::Speaking(open) = &mut self.state {
            open.is_too_long = true;
        }
    }

    /// Takes the next frame.
    pub fn step(&mut self, frame: Activity) -> Option<EndpointEvent> {
        match &mut self.state {
            State::Quiet { .. } => self.listen(frame),
            State::Speaking(_) => self.follow(frame),
        }
    }

    fn listen(&mut self, frame: Activity) -> Option<EndpointEvent> {
        let Endpoint { settings, state: State::Quiet { floor, now, run } } = self else {
            return None;
        };
        let end = frame.span.end();
        *now = end;
        let needed = settings.threshold * if run.is_some() { RELEASE } else { 1.0 };
        if frame.speech < needed {
            *run = run.filter(|run| end.since(run.last) < LAPSE);
            return None;
        }
        let fresh = Run { start: frame.span.start, speech: Duration::ZERO, last: end };
        let run = run.get_or_insert(fresh);
        run.speech += frame.span.length;
        run.last = end;
        if run.speech < settings.min_speech {
            return None;
        }
        let start = (run.start - settings.pre_roll).max(*floor);
        let speech = run.speech;
        let recent = VecDeque::new();
        let enough = settings.silence;
        let open = Open {
            start,
            heard_to: end,
            last_speech: end,
            speech,
            enough,
            recent,
            is_too_long: false,
        };
        self.state = State::Speaking(open);
        Some(EndpointEvent::Opened { start })
    }

    fn follow(&mut self, frame: Activity) -> Option<EndpointEvent> {
        let Endpoint { settings, state: State::Speaking(open) } = self else { return None };
        let end = frame.span.end();
        let length = end.since(open.start);
        let cut = (open.is_too_long || length > settings.longest)
            .then(|| open.cut(length.min(settings.longest)));
        open.take(frame, settings);
        if let Some(at) = cut {
            return Some(EndpointEvent::Cut { at });
        }
        self.end_pause()
    }

    /// Behind the last speech there is breath that a detector no longer takes for a word; the sound goes up to `at`.
    fn closed(&self, open: &Open, at: MediaTime) -> EndpointEvent {
        let end = open.last_speech + self.settings.pre_roll.min(self.settings.silence);
        let (spoken_to, speech) = (open.last_speech, open.speech);
        EndpointEvent::Closed { end: end.min(at), spoken_to, speech }
    }
}

impl Open {
    fn take(&mut self, frame: Activity, settings: &EndpointSettings) {
        // The probability tells a pause from a word; the level tells places inside of words apart.
        let strength = frame.speech + frame.level;
        let speech_before = self.speech;
        self.recent.push_back(Frame { start: frame.span.start, strength, speech_before });
        let cut_from = frame.span.end() - settings.longest / CUT_WITHIN;
        while self.recent.front().is_some_and(|it| it.start < cut_from) {
            self.recent.pop_front();
        }
        self.heard_to = frame.span.end();
        if settings.goes_on(frame.speech) {
            self.last_speech = frame.span.end();
            self.enough = settings.silence;
            self.speech += frame.span.length;
        }
    }

    /// Ends the segment at its weakest place so far, and begins the next one there.
    fn cut(&mut self, longest: Duration) -> MediaTime {
        let smooth = |at: usize| {
            let near = at.saturating_sub(1)..(at + 2).min(self.recent.len());
            let count = near.len() as f32;
            self.recent.range(near).map(|it| it.strength).sum::<f32>() / count
        };
        let limit = self.start + longest;
        let cut_from = self.start + longest * (CUT_WITHIN - 1) / CUT_WITHIN;
        let late = (0..self.recent.len()).filter(|at| self.recent[*at].start >= cut_from);
        let weakest = late.min_by(|a, b| smooth(*a).total_cmp(&smooth(*b)));
        let frame = weakest.map(|at| self.recent[at]).filter(|frame| frame.start <= limit);
        let (at, before) = frame.map_or((limit, self.speech), |it| (it.start, it.speech_before));
        *self = Open {
            start: at,
            heard_to: self.heard_to,
            last_speech: self.last_speech.max(at),
            speech: self.speech.saturating_sub(before),
            enough: self.enough,
            recent: VecDeque::new(),
            is_too_long: false,
        };
        at
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
