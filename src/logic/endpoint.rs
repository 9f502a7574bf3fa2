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
    /// So much is enough where what was said is a whole sentence. From `silence` on: sentences make no difference.
    pub sentence: Duration,
    /// No segment lasts longer. Taken as at least 200 ms more than what it takes to open one.
    pub longest: Duration,
}

impl Default for EndpointSettings {
    fn default() -> EndpointSettings {
        EndpointSettings {
            threshold: 0.6,
            pre_roll: Duration::from_millis(300),
            min_speech: Duration::from_millis(96),
            silence: Duration::from_millis(500),
            sentence: Duration::from_millis(250),
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
    /// The frames at which it may be cut.
    recent: VecDeque<Frame>,
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

    /// In a pause: what was said before it is a whole sentence, so the open segment ends here.
    pub fn end_sentence(&mut self) -> Option<EndpointEvent> {
        let State::Speaking(open) = &self.state else { return None };
        // The other half of the pause is the pre-roll of who speaks next.
        let end = (open.last_speech + self.settings.sentence / 2).min(open.heard_to);
        let event = EndpointEvent::Closed { end, spoken_to: open.last_speech, speech: open.speech };
        self.state = State::Quiet { floor: end, now: open.heard_to, run: None };
        Some(event)
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
        let open = Open { start, heard_to: end, last_speech: end, speech, recent };
        self.state = State::Speaking(open);
        Some(EndpointEvent::Opened { start })
    }

    fn follow(&mut self, frame: Activity) -> Option<EndpointEvent> {
        let Endpoint { settings, state: State::Speaking(open) } = self else { return None };
        let end = frame.span.end();
        let cut = (end.since(open.start) > settings.longest).then(|| open.cut(settings.longest));
        open.take(frame, settings);
        if let Some(at) = cut {
            return Some(EndpointEvent::Cut { at });
        }
        if end.since(open.last_speech) < settings.silence {
            return None;
        }
        let State::Speaking(open) = &self.state else { return None };
        let event = self.closed(open, end);
        let floor = if let EndpointEvent::Closed { end, .. } = event { end } else { end };
        self.state = State::Quiet { floor, now: end, run: None };
        Some(event)
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
        let cut_from = self.start + settings.longest * (CUT_WITHIN - 1) / CUT_WITHIN;
        if frame.span.start >= cut_from {
            // The probability tells a pause from a word; the level tells places inside of words apart.
            let strength = frame.speech + frame.level;
            let speech_before = self.speech;
            self.recent.push_back(Frame { start: frame.span.start, strength, speech_before });
        }
        self.heard_to = frame.span.end();
        if settings.goes_on(frame.speech) {
            self.last_speech = frame.span.end();
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
        let weakest = (0..self.recent.len()).min_by(|a, b| smooth(*a).total_cmp(&smooth(*b)));
        let limit = self.start + longest;
        let frame = weakest.map(|at| self.recent[at]).filter(|frame| frame.start <= limit);
        let (at, before) = frame.map_or((limit, self.speech), |it| (it.start, it.speech_before));
        *self = Open {
            start: at,
            heard_to: self.heard_to,
            last_speech: self.last_speech.max(at),
            speech: self.speech.saturating_sub(before),
            recent: VecDeque::new(),
        };
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: Duration = Duration::from_millis(16);

    fn at(frames: usize) -> MediaTime {
        MediaTime::ZERO + FRAME * frames as u32
    }

    fn settings() -> EndpointSettings {
        EndpointSettings { longest: Duration::from_secs(3), ..EndpointSettings::default() }
    }

    /// The segments of a stream of frames, the last one ended with it.
    fn segments(settings: EndpointSettings, speech: &[f32]) -> Vec<MediaSpan> {
        let mut endpoint = Endpoint::new(settings);
        let mut found = Vec::new();
        let mut open = None;
        let frame = |(n, speech): (usize, &f32)| Activity {
            span: MediaSpan { start: at(n), length: FRAME },
            speech: *speech,
            level: 0.0,
        };
        let mut kept = MediaTime::ZERO;
        let mut take = |event| match event {
            Some(EndpointEvent::Opened { start }) => {
                assert!(open.replace(start).is_none(), "opened twice");
            }
            Some(EndpointEvent::Closed { end, .. }) => {
                found.push(MediaSpan::between(open.take().expect("closed unopened"), end));
            }
            Some(EndpointEvent::Cut { at }) => {
                found.push(MediaSpan::between(open.replace(at).expect("cut unopened"), at));
            }
            None => (),
        };
        for activity in speech.iter().enumerate().map(frame) {
            let event = endpoint.step(activity);
            if let Some(EndpointEvent::Opened { start }) = event {
                assert!(start >= kept, "needs sound that was given up");
            }
            take(event);
            assert!(endpoint.keep_from() >= kept, "wants back what was given up");
            kept = endpoint.keep_from();
        }
        take(endpoint.finish(at(speech.len())));
        found
    }

    fn stretches(lengths: &[(usize, f32)]) -> Vec<f32> {
        lengths.iter().flat_map(|(count, speech)| vec![*speech; *count]).collect()
    }

    #[test]
    fn a_segment_begins_before_its_speech_and_ends_behind_it() {
        let found = segments(settings(), &stretches(&[(50, 0.0), (40, 0.9), (50, 0.0)]));
        let breath = Duration::from_millis(300);
        assert_eq!(found, [MediaSpan::between(at(50) - breath, at(90) + breath)]);
    }

    #[test]
    fn a_click_opens_nothing_and_a_short_pause_closes_nothing() {
        assert_eq!(segments(settings(), &stretches(&[(9, 0.0), (3, 0.9), (50, 0.0)])), []);
        let speech = stretches(&[(30, 0.9), (20, 0.0), (30, 0.9), (50, 0.0)]);
        assert_eq!(segments(settings(), &speech).len(), 1);
    }

    #[test]
    fn what_is_too_long_is_cut_at_its_weakest_place() {
        let speech = stretches(&[(150, 0.9), (4, 0.4), (60, 0.9), (50, 0.0)]);
        let found = segments(settings(), &speech);
        assert_eq!(found.len(), 2);
        assert!((at(150)..=at(154)).contains(&found[0].end()), "{found:?}");
        assert_eq!(found[1].start, found[0].end());
    }

    #[test]
    fn a_whole_sentence_ends_in_half_of_its_pause_and_leaves_the_rest_to_the_next() {
        let mut endpoint = Endpoint::new(settings());
        let frame = |n: usize, speech| Activity {
            span: MediaSpan { start: at(n), length: FRAME },
            speech,
            level: 0.0,
        };
        assert_eq!(endpoint.end_sentence(), None, "nothing is open");
        for n in 0..60 {
            endpoint.step(frame(n, if n < 40 { 0.9 } else { 0.0 }));
        }
        let event = endpoint.end_sentence();
        let end = at(40) + settings().sentence / 2;
        let speech = FRAME * 40;
        assert_eq!(event, Some(EndpointEvent::Closed { end, spoken_to: at(40), speech }));
        assert_eq!(endpoint.keep_from(), end);
        let opened = (60..70).find_map(|n| endpoint.step(frame(n, 0.9)));
        assert_eq!(
            opened,
            Some(EndpointEvent::Opened { start: end.max(at(60) - settings().pre_roll) })
        );
    }

    proptest! {
        #[test]
        fn segments_hold_all_speech_do_not_overlap_and_stay_short(
            lengths in prop::collection::vec((1usize..120, prop_oneof![Just(0.0f32), Just(0.4), Just(0.6), Just(0.95)]), 1..40),
            silence in 100u64..900,
            longest in 1_500u64..4_000,
        ) {
            let settings = EndpointSettings {
                silence: Duration::from_millis(silence),
                longest: Duration::from_millis(longest),
                ..EndpointSettings::default()
            };
            let speech = stretches(&lengths);
            let found = segments(settings, &speech);
            for span in &found {
                prop_assert!(span.length <= settings.longest, "{span:?}");
            }
            for pair in found.windows(2) {
                prop_assert!(pair[0].end() <= pair[1].start, "{pair:?}");
            }
            // Every stretch of speech that is long enough lies in segments, whole, and what comes before it does too.
            let holds = |place: MediaTime| found.iter().any(|it| it.start <= place && place < it.end());
            let mut from = 0;
            while from < speech.len() {
                let run = speech[from..].iter().take_while(|it| **it >= settings.threshold).count();
                if FRAME * run as u32 >= settings.min_speech {
                    for n in from..from + run {
                        prop_assert!(holds(at(n)), "frame {n} of {found:?}");
                    }
                    let before = at(from) - settings.pre_roll;
                    let earlier = found.iter().filter(|it| it.start < before).any(|it| it.end() > before);
                    prop_assert!(earlier || holds(before) , "pre-roll of frame {from} in {found:?}");
                }
                from += run.max(1);
            }
        }
    }
}
