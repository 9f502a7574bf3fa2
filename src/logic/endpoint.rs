//! Endpointing: turns the speech probability of each short frame into the start and end of segments.
use std::{collections::VecDeque, time::Duration};

use crate::message::{MediaSpan, MediaTime};

/// When a segment starts and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndpointSettings {
    /// Speech starts with a frame of at least this probability, 0 to 1. It continues down to [`RELEASE_FACTOR`] times this.
    pub threshold: f32,
    /// This much audio before the first speech belongs to the segment, and as much after the last speech.
    pub pre_roll: Duration,
    /// Shorter speech opens no segment.
    pub min_speech: Duration,
    /// This much silence ends a segment.
    pub silence: Duration,
    /// This much silence is enough after a whole sentence in a long segment. From `silence` on, sentences make no difference.
    pub sentence: Duration,
    /// No segment lasts longer. At least 200 ms more than it takes to open a segment.
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
    /// The length of pause after which the segment is decoded.
    pub fn pause(&self) -> Duration {
        if self.sentence < self.silence { self.sentence } else { self.silence / 2 }
    }

    /// Whether a sentence may end a segment early.
    pub fn uses_sentences(&self) -> bool {
        self.sentence < self.silence
    }

    /// Whether a frame of this probability continues speech.
    pub fn continues_speech(&self, speech: f32) -> bool {
        speech >= self.threshold * RELEASE_FACTOR
    }
}

/// Hysteresis: within speech this share of the threshold is enough, so that weak syllables continue it.
pub const RELEASE_FACTOR: f32 = 0.7;
/// People pause within sentences, and recognisers end each decode as if a sentence did. So a sentence shortens the pause only
/// in segments longer than the first of these, and fully from the second on.
const LONG_SEGMENT: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(14)];
/// Speech too short to open a segment is forgotten after this much silence.
const RUN_GAP: Duration = Duration::from_millis(64);
/// A segment that grows too long is cut in its last third.
const CUT_PART: u32 = 3;

/// One frame of audio and its voice activity. Frames follow each other without a gap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activity {
    pub span: MediaSpan,
    /// The probability of speech, 0 to 1.
    pub speech: f32,
    /// The root mean square of the samples, 0 to 1.
    pub level: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointEvent {
    /// A segment started at `start`, which lies before the frame that caused the event.
    Opened { start: MediaTime },
    /// The segment ended at `end`. Its speech ended at `speech_end` and lasted `speech` in all.
    Closed { end: MediaTime, speech_end: MediaTime, speech: Duration },
    /// The segment grew too long. It ends at `at`, and the next one starts there.
    Cut { at: MediaTime },
}

/// The endpointer of one stream of frames.
#[derive(Debug)]
pub struct Endpoint {
    settings: EndpointSettings,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No segment may start before `floor`. `now` is the end of the newest frame.
    Silence {
        floor: MediaTime,
        now: MediaTime,
        run: Option<SpeechRun>,
    },
    Speech(OpenSegment),
}

/// Speech that may become long enough to open a segment.
#[derive(Clone, Copy, Debug)]
struct SpeechRun {
    start: MediaTime,
    speech: Duration,
    last: MediaTime,
}

#[derive(Debug)]
struct OpenSegment {
    start: MediaTime,
    /// The end of the newest frame.
    audio_end: MediaTime,
    speech_end: MediaTime,
    speech: Duration,
    /// This much silence ends the segment.
    required_silence: Duration,
    /// The frames at which the segment may be cut.
    recent: VecDeque<Frame>,
    is_cut_due: bool,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    start: MediaTime,
    strength: f32,
    /// The segment's speech before this frame.
    speech_before: Duration,
}

impl Endpoint {
    pub fn new(settings: EndpointSettings) -> Endpoint {
        let to_open = settings.pre_roll + settings.min_speech * 8;
        let longest = settings.longest.max(to_open + Duration::from_millis(200));
        let state = State::Silence { floor: MediaTime::ZERO, now: MediaTime::ZERO, run: None };
        Endpoint { settings: EndpointSettings { longest, ..settings }, state }
    }

    /// The start of the audio that may still become part of a segment. Earlier audio is not needed.
    pub fn needed_from(&self) -> MediaTime {
        match &self.state {
            State::Silence { floor, now, run } => {
                (run.map_or(*now, |run| run.start) - self.settings.pre_roll).max(*floor)
            }
            State::Speech(open) => open.start,
        }
    }

    /// Up to here it is decided what is speech. For an open segment, this is its start.
    pub fn decided_to(&self) -> MediaTime {
        match &self.state {
            State::Silence { now, run, .. } => run.map_or(*now, |run| run.start),
            State::Speech(open) => open.start,
        }
    }

    /// The end of the newest speech of the open segment.
    pub fn speech_end(&self) -> Option<MediaTime> {
        match &self.state {
            State::Silence { .. } => None,
            State::Speech(open) => Some(open.speech_end),
        }
    }

    /// Starts again at `at`: nothing before it belongs to what follows.
    pub fn restart(&mut self, at: MediaTime) {
        self.state = State::Silence { floor: at, now: at, run: None };
    }

    /// The stream ended at `at`, or audio is missing from there on.
    pub fn finish(&mut self, at: MediaTime) -> Option<EndpointEvent> {
        let event = match &self.state {
            State::Silence { .. } => None,
            State::Speech(open) => Some(self.closed_event(open, at)),
        };
        self.restart(at);
        event
    }

    /// In a pause: the words before it are a whole sentence with this confidence, 0 to 1. The higher the confidence and the
    /// longer the segment, the shorter the pause that ends it. The segment ends at once if the pause is that long already.
    pub fn end_of_sentence(&mut self, confidence: f32) -> Option<EndpointEvent> {
        let EndpointSettings { silence, sentence, .. } = self.settings;
        let State::Speech(open) = &mut self.state else { return None };
        let [long, longer] = LONG_SEGMENT;
        let beyond = open.speech_end.since(open.start).saturating_sub(long);
        let part =
            beyond.div_duration_f64(longer - long).min(1.0) * f64::from(confidence.clamp(0.0, 1.0));
        open.required_silence = silence - silence.saturating_sub(sentence).mul_f64(part);
        self.end_pause()
    }

    /// Ends the open segment if its pause is long enough.
    fn end_pause(&mut self) -> Option<EndpointEvent> {
        let State::Speech(open) = &self.state else { return None };
        let now = open.audio_end;
        if now.since(open.speech_end) < open.required_silence {
            return None;
        }
        // The other half of the pause is the pre-roll of the next speech.
        let event = self.closed_event(open, (open.speech_end + open.required_silence / 2).min(now));
        let floor = if let EndpointEvent::Closed { end, .. } = event { end } else { now };
        self.state = State::Silence { floor, now, run: None };
        Some(event)
    }

    /// Moves the start of the open segment to `at`: its words up to there became a final.
    pub fn move_start(&mut self, at: MediaTime) {
        if let State::Speech(open) = &mut self.state {
            open.start = at.clamp(open.start, open.audio_end);
        }
    }

    /// The open segment takes too long to decode. It is cut at the next frame, as if it had reached its maximum length.
    pub fn cut_at_next_frame(&mut self) {
        if let State::Speech(open) = &mut self.state {
            open.is_cut_due = true;
        }
    }

    /// Takes the next frame.
    pub fn step(&mut self, frame: Activity) -> Option<EndpointEvent> {
        match &mut self.state {
            State::Silence { .. } => self.step_silence(frame),
            State::Speech(_) => self.step_speech(frame),
        }
    }

    fn step_silence(&mut self, frame: Activity) -> Option<EndpointEvent> {
        let Endpoint { settings, state: State::Silence { floor, now, run } } = self else {
            return None;
        };
        let end = frame.span.end();
        *now = end;
        let needed = settings.threshold * if run.is_some() { RELEASE_FACTOR } else { 1.0 };
        if frame.speech < needed {
            *run = run.filter(|run| end.since(run.last) < RUN_GAP);
            return None;
        }
        let new = SpeechRun { start: frame.span.start, speech: Duration::ZERO, last: end };
        let run = run.get_or_insert(new);
        run.speech += frame.span.length;
        run.last = end;
        if run.speech < settings.min_speech {
            return None;
        }
        let start = (run.start - settings.pre_roll).max(*floor);
        let speech = run.speech;
        let recent = VecDeque::new();
        let required_silence = settings.silence;
        let open = OpenSegment {
            start,
            audio_end: end,
            speech_end: end,
            speech,
            required_silence,
            recent,
            is_cut_due: false,
        };
        self.state = State::Speech(open);
        Some(EndpointEvent::Opened { start })
    }

    fn step_speech(&mut self, frame: Activity) -> Option<EndpointEvent> {
        let Endpoint { settings, state: State::Speech(open) } = self else { return None };
        let end = frame.span.end();
        let length = end.since(open.start);
        let cut = (open.is_cut_due || length > settings.longest)
            .then(|| open.cut(length.min(settings.longest)));
        open.take(frame, settings);
        if let Some(at) = cut {
            return Some(EndpointEvent::Cut { at });
        }
        self.end_pause()
    }

    /// The event that ends the segment. Some audio after the last speech belongs to it: breath and weak sounds that the
    /// detector does not count as speech. The audio ends at `at`.
    fn closed_event(&self, open: &OpenSegment, at: MediaTime) -> EndpointEvent {
        let end = open.speech_end + self.settings.pre_roll.min(self.settings.silence);
        let (speech_end, speech) = (open.speech_end, open.speech);
        EndpointEvent::Closed { end: end.min(at), speech_end, speech }
    }
}

impl OpenSegment {
    fn take(&mut self, frame: Activity, settings: &EndpointSettings) {
        // The probability separates pauses from words, and the level finds weak places within words.
        let strength = frame.speech + frame.level;
        let speech_before = self.speech;
        self.recent.push_back(Frame { start: frame.span.start, strength, speech_before });
        let cut_from = frame.span.end() - settings.longest / CUT_PART;
        while self.recent.front().is_some_and(|it| it.start < cut_from) {
            self.recent.pop_front();
        }
        self.audio_end = frame.span.end();
        if settings.continues_speech(frame.speech) {
            self.speech_end = frame.span.end();
            self.required_silence = settings.silence;
            self.speech += frame.span.length;
        }
    }

    /// Ends the segment at its weakest place so far, and starts the next one there.
    fn cut(&mut self, longest: Duration) -> MediaTime {
        let mean_strength = |at: usize| {
            let near = at.saturating_sub(1)..(at + 2).min(self.recent.len());
            let count = near.len() as f32;
            self.recent.range(near).map(|it| it.strength).sum::<f32>() / count
        };
        let limit = self.start + longest;
        let cut_from = self.start + longest * (CUT_PART - 1) / CUT_PART;
        let late = (0..self.recent.len()).filter(|at| self.recent[*at].start >= cut_from);
        let weakest = late.min_by(|a, b| mean_strength(*a).total_cmp(&mean_strength(*b)));
        let frame = weakest.map(|at| self.recent[at]).filter(|frame| frame.start <= limit);
        let (at, before) = frame.map_or((limit, self.speech), |it| (it.start, it.speech_before));
        *self = OpenSegment {
            start: at,
            audio_end: self.audio_end,
            speech_end: self.speech_end.max(at),
            speech: self.speech.saturating_sub(before),
            required_silence: self.required_silence,
            recent: VecDeque::new(),
            is_cut_due: false,
        };
        at
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
