//! What one line means: JSON as `lines` writes it, `{"type":"final","text":"…"}`, or plain text, each line a final.
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use crate::{
    logic::{script, subtitle::timed},
    message::{
        Caption, Gap, Hop, Language, MediaSpan, MediaTime, Milestone, Segments, Trace, TrackName,
        Why,
    },
};

/// Makes one track of lines, whatever tracks they name.
#[derive(Debug)]
pub struct Understand {
    segments: Segments,
    language: Language,
    started: Instant,
    /// The segment that is open, as the lines number it.
    open: Option<(Option<String>, u64)>,
}

/// Where the line itself says that it belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub track: Option<String>,
    pub segment: Option<u64>,
    pub revision: Option<u32>,
}

/// No timeline is longer, and no sum of such times too large to be told.
const LATEST: Duration = Duration::from_secs(100_000_000);

/// The parts of a line that are read. Everything but the text may be absent.
#[derive(Debug, Default, Deserialize)]
struct Read {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    lang: Option<String>,
    track: Option<String>,
    segment: Option<u64>,
    revision: Option<u32>,
    committed: Option<String>,
    start: Option<f64>,
    end: Option<f64>,
    why: Option<String>,
}

impl Understand {
    /// `language` is that of lines which do not tell theirs.
    pub fn new(track: TrackName, language: Language) -> Understand {
        Understand { segments: Segments::new(track), language, started: Instant::now(), open: None }
    }

    /// The captions that one line stands for; a segment that it leaves behind is closed before. An error says what is wrong
    /// with it.
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
            // What another livecap gave up is missing here too.
            ("gap", _) => {
                return Ok((self.gap(&read).into_iter().collect(), Place::default()));
            }
            // Translations say nothing of this track's own words.
            _ => return Ok(Default::default()),
        };
        let captions = self.take(&read, &text);
        let Read { track, segment, revision, .. } = read;
        Ok((captions, Place { track, segment, revision }))
    }

    /// What the lines left open ends with them.
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

    /// Where it says that it stands; now, where it says nothing.
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
        // Segments of two tracks may have one number.
        if self.open.is_some() && whose.is_some() && self.open != whose {
            given.extend(
                self.segments.close(Vec::new(), span.start, trace).map(Caption::Transcript),
            );
            self.open = None;
        }
        if self.segments.current().is_none() {
            let language = read.lang.as_deref().map_or(self.language.clone(), Language::new);
            self.segments.open(span.start, language);
            self.open = whose;
        }
        let Some(open) = self.segments.current() else { return given };
        let words = timed(text, span);
        // What was committed stands, whatever this line says in its place; what follows it is taken from here.
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
