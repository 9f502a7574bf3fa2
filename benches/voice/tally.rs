//! The errors of a detector: its decisions frame by frame, the segments made of them, and how they differ from the reference.
use std::{fs, ops::Range};

use livecap::{
    logic::{
        endpoint::{Activity, Endpoint, EndpointEvent, EndpointSettings},
        reference::Sentence,
    },
    message::{MediaSpan, MediaTime, SampleRate},
};

use crate::{
    detectors::Detect,
    noise::level,
    sounds::{SECOND, Sound},
};

/// Seconds: the accuracy of the times of sentences.
const TOLERANCE: f64 = 0.05;

#[derive(Default)]
pub(crate) struct Tally {
    /// How many words there are, and how many are outside of all segments.
    pub(crate) words: [usize; 2],
    /// How many pauses there are, and how many are inside of a segment.
    pub(crate) pauses: [usize; 2],
    /// How many sounds there are, and how many have no segment.
    sounds: [usize; 2],
    segments: usize,
    /// Seconds of sound, and seconds in segments.
    pub(crate) seconds: [f64; 2],
    /// Seconds of each sentence that are cut off at its beginning and at its end.
    cut: [Vec<f64>; 2],
    /// Seconds from the beginning of a voice to the decision for speech, and from its end to the decision against it.
    late: [Vec<f64>; 2],
}

impl Tally {
    pub(crate) fn add(&mut self, sound: &Sound, frames: &[Activity], threshold: f32) {
        let settings = EndpointSettings { threshold, ..EndpointSettings::default() };
        let (found, silence) = (segments(frames, settings), settings.silence.as_secs_f64());
        let count = |[all, some]: &mut [usize; 2], is_one| {
            (*all, *some) = (*all + 1, *some + usize::from(is_one))
        };
        count(&mut self.sounds, found.is_empty());
        self.segments += found.len();
        self.seconds[0] += sound.samples.len() as f64 / SECOND as f64;
        self.seconds[1] += found.iter().map(|it| it.end - it.start).sum::<f64>();
        let sentences = sound.reference.as_deref().unwrap_or_default();
        for (at, Sentence { start, end, words, .. }) in sentences.iter().enumerate() {
            for middle in words.iter().flatten().map(|it| (it.start + it.end) / 2.0) {
                count(&mut self.words, !found.iter().any(|it| it.contains(&middle)));
            }
            let mut over = found.iter().filter(|it| it.end > *start && it.start < *end);
            if let Some(first) = over.next() {
                self.cut[0].push(first.start - start);
                self.cut[1].push(end - over.next_back().unwrap_or(first).end);
            }
            let before = at.checked_sub(1).map_or(0.0, |at| sentences[at].end);
            let next = sentences.get(at + 1).map_or(*end, |it| it.start);
            let ends = |it: &Activity| it.span.end().as_secs_f64();
            let near = |it: &&Activity| ends(it) > *start && it.span.start.as_secs_f64() < next;
            let mut near_frames = frames.iter().filter(near);
            if start - before >= silence {
                let begun = near_frames.clone().find(|it| it.speech >= threshold);
                self.late[0].extend(begun.map(|it| ends(it) - start));
            }
            if next - end >= silence {
                let last = near_frames.rfind(|it| settings.continues_speech(it.speech));
                self.late[1].extend(last.map(|it| ends(it) - end));
                count(&mut self.pauses, found.iter().any(|it| it.start < *end && it.end > next));
            }
        }
    }

    /// The end of its row in the table.
    pub(crate) fn row(&self) -> String {
        let ([words, missed], [pauses, joined]) = (self.words, self.pauses);
        let ([sounds, silent], [seconds, inside], count) =
            (self.sounds, self.seconds, self.segments);
        if words == 0 {
            return format!(
                "{} of {sounds} | {count} | {inside:.1} of {seconds:.0} |\n",
                sounds - silent
            );
        }
        let part = |of: &Vec<f64>, part: f64| {
            let mut sorted = of.clone();
            sorted.sort_by(f64::total_cmp);
            let at = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
            sorted.get(at).map_or("-".to_owned(), |it| format!("{:.0}", it * 1000.0))
        };
        let cut = |of: &Vec<f64>| match of.iter().filter(|it| **it > TOLERANCE).count() {
            0 => "0".to_owned(),
            count => format!("{count}, to {}", part(of, 1.0)),
        };
        let late = |of: &Vec<f64>| format!("{}, {}", part(of, 0.5), part(of, 0.95));
        let times = [self.cut.each_ref().map(cut), self.late.each_ref().map(late)].concat();
        format!("{missed} of {words} | {joined} of {pauses} | {} |\n", times.join(" | "))
    }
}

/// The probability of speech in each frame, and the processor time in nanoseconds; 0 where Linux does not report it.
pub(crate) fn detect(length: usize, begin: fn() -> Detect, sound: &Sound) -> (Vec<Activity>, f64) {
    let processor = || {
        let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        statistics.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or(0.0)
    };
    let place = |frame: usize| MediaTime::of_sample((frame * length) as u64, SampleRate::SPEECH);
    let (mut detect, begun): (Detect, f64) = (begin(), processor());
    let activity = |(at, samples)| {
        let span = MediaSpan::between(place(at), place(at + 1));
        Activity { span, speech: detect(samples), level: level(samples) }
    };
    let frames = sound.samples.chunks_exact(length).enumerate().map(activity).collect();
    (frames, processor() - begun)
}

/// The segments that livecap makes of these frames, in seconds.
fn segments(frames: &[Activity], settings: EndpointSettings) -> Vec<Range<f64>> {
    let (mut endpoint, mut start, mut found) = (Endpoint::new(settings), 0.0, Vec::new());
    let mut follow = |event| match event {
        Some(EndpointEvent::Opened { start: at }) => start = at.as_secs_f64(),
        Some(EndpointEvent::Closed { end: at, .. } | EndpointEvent::Cut { at }) => {
            found.push(start..at.as_secs_f64());
            start = at.as_secs_f64();
        }
        None => (),
    };
    frames.iter().for_each(|it| follow(endpoint.step(*it)));
    follow(frames.last().and_then(|it| endpoint.finish(it.span.end())));
    found
}
