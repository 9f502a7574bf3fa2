//! A segment in another language: which of its revisions that is of, and its text, or why there is none.
use std::time::Duration;

use super::{
    Kind, Language, MediaSpan, Revision, SegmentId, Speaker, Trace, TrackName, Transcript,
};

/// What a translation is of: one revision of one segment.
#[derive(Clone, Debug)]
pub struct Original {
    pub track: TrackName,
    pub segment: SegmentId,
    pub revision: Revision,
    pub language: Language,
    pub speaker: Option<Speaker>,
    pub span: MediaSpan,
}

impl From<&Transcript> for Original {
    fn from(it: &Transcript) -> Original {
        Original {
            track: it.track().clone(),
            segment: it.segment(),
            revision: it.revision(),
            language: it.language().clone(),
            speaker: it.speaker().cloned(),
            span: it.span(),
        }
    }
}

/// Of the final, or of the beginning of a partial that will not change: so nothing that was shown of it is taken back.
#[derive(Clone, Debug)]
pub struct Translation {
    pub of: Original,
    pub language: Language,
    pub kind: Kind,
    pub text: Translated,
    pub took: Took,
    /// That of the original, with the translator's own work.
    pub trace: Trace,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Translated {
    Text(String),
    /// It was given up, and why: the original stands in its place. Finals only.
    Not(String),
}

/// Where the time of one translation went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// From its arrival until it was last asked for: waits for a free place, for more of the sentence, after failures.
    pub queue: Duration,
    /// From then until the answer.
    pub request: Duration,
    /// From then until everything before it was there too.
    pub order: Duration,
}

impl Translation {
    /// Empty where it was given up.
    pub fn text(&self) -> &str {
        match &self.text {
            Translated::Text(text) => text,
            Translated::Not(_) => "",
        }
    }

    /// Whether it takes the place of `older`: of a higher revision of the same segment, in the same language.
    pub fn supersedes(&self, older: &Translation) -> bool {
        self.language == older.language
            && self.of.track == older.of.track
            && self.of.segment == older.of.segment
            && older.of.revision < self.of.revision
    }
}
