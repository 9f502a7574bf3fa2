//! Parses lines: JSON as `lines` writes it, `{"type":"final","text":"…"}`, or plain text, where each line is a final.
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use crate::{
    logic::{script, subtitle::timed},
    message::{
        Caption, Gap, Hop, Language, MediaSpan, MediaTime, Milestone, Segments, Speaker, Trace,
        TrackName, Why,
    },
};

/// Turns lines into captions of one track, whatever tracks they name.
#[derive(Debug)]
pub struct Understand {
    segments: Segments,
    language: Language,
    started: Instant,
    /// The number of the open segment in the lines.
    open: Option<(Option<String>, u64)>,
}

/// The track and segment that a line states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub track: Option<String>,
    pub segment: Option<u64>,
    pub revision: Option<u32>,
}

/// The longest time that is accepted, so that sums of times do not overflow.
const LATEST: Duration = Duration::from_secs(100_000_000);

/// The fields of a line. All but the text may be absent.
#[derive(Debug, Default, Deserialize)]
struct Read {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    lang: Option<String>,
    speaker: Option<String>,
    track: Option<String>,
    segment: Option<u64>,
    revision: Option<u32>,
    committed: Option<String>,
    start: Option<f64>,
    end: Option<f64>,
    why: Option<String>,
}

impl Understand {
    /// `language`: that of lines without one.
    pub fn new(track: TrackName, language: Language) -> Understand {
        Understand { segments: Segments::new(track), language, started: Instant::now(), open: None }
    }

    /// The captions of one line. If the line begins another segment, the open one is closed first. An error says what is wrong with
    /// the line.
    pub fn line(&mut self, line: &str) -> Result<(Vec<Caption>, Place), String> {
        let line = line.trim();
        if line.is_empty() {
            return Ok(Default::default());
        }
        let read = if line.starts_with('{') {
            serde_json::from_str::<Read>(line).map_err(|error| error.to_string())?
        } else {
            let (kind, text) = ("final".to_owned(), Some(line.to_owned()));
            Read { kind, text, ..Read::default() }
        };
        let text = match (read.kind.as_str(), &read.text) {
            ("final" | "intermediate", Some(text)) => text.clone(),
            ("final" | "intermediate", None) => return Err("the key `text` is missing".to_owned()),
            // A gap of another livecap is a gap here, too.
            ("gap", _) => {
                return Ok((self.gap(&read).into_iter().collect(), Place::default()));
            }
            // Translations have no words of this track.
            _ => return Ok(Default::default()),
        };
        let captions = self.take(&read, &text);
        let Read { track, segment, revision, .. } = read;
        Ok((captions, Place { track, segment, revision }))
    }

    /// Closes the open segment at the end of the input.
    pub fn end(&mut self) -> Option<Caption> {
        let end = MediaTime::new(self.started.elapsed());
        let last = self.segments.close(Vec::new(), end, Trace::starting(Instant::now()));
        last.map(Caption::Transcript)
    }

    fn gap(&self, read: &Read) -> Option<Caption> {
        let why = read.why.as_deref().and_then(Why::named)?;
        let trace = Trace::starting(Instant::now());
        let track = self.segments.track().clone();
        Some(Caption::Gap(Gap { track, span: self.span(read), why, trace }))
    }

    /// The time that a line states, or now.
    fn span(&self, read: &Read) -> MediaSpan {
        let elapsed = MediaTime::new(self.started.elapsed());
        let place = |seconds: Option<f64>| {
            let seconds = seconds.and_then(|it| Duration::try_from_secs_f64(it).ok());
            seconds.filter(|it| *it <= LATEST).map_or(elapsed, MediaTime::new)
        };
        MediaSpan::between(place(read.start), place(read.end))
    }

    fn take(&mut self, read: &Read, text: &str) -> Vec<Caption> {
        let now = Instant::now();
        let trace = Trace::starting(now).with(Milestone::Captured, Hop { begun: now, done: now });
        let span = self.span(read);
        let mut given = Vec::new();
        let whose = read.segment.map(|it| (read.track.clone(), it));
        let speaker = read.speaker.as_deref().and_then(Speaker::named);
        let other = speaker.is_some() && speaker.as_ref() != self.segments.speaker();
        // Segments of two tracks may have the same number.
        if (self.open.is_some() && whose.is_some() && self.open != whose) || other {
            given.extend(
                self.segments.close(Vec::new(), span.start, trace).map(Caption::Transcript),
            );
            self.open = None;
        }
        if self.segments.current().is_none() {
            let language = read.lang.as_deref().map_or(self.language.clone(), Language::new);
            self.segments.set_speaker(speaker);
            self.segments.open(span.start, language);
            self.open = whose;
        }
        let Some(open) = self.segments.current() else { return given };
        let words = timed(text, span);
        // Committed words stay, whatever this line has in their place. The words after them are taken from this line.
        let kept = open.committed().len();
        let tail = words.get(kept..).unwrap_or_default().to_vec();
        if read.kind == "final" {
            given.extend(self.segments.close(tail, span.end(), trace).map(Caption::Transcript));
            self.open = None;
            return given;
        }
        let committed = read.committed.as_deref().map_or(0, |it| script::units(it).len());
        let agreed = committed.saturating_sub(kept).min(tail.len());
        let (agreed, tail) = (tail[..agreed].to_vec(), tail[agreed..].to_vec());
        given.push(Caption::Transcript(open.revise(agreed, tail, span.end(), trace)));
        given
    }
}
