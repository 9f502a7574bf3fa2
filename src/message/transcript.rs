//! What is known of one spoken segment at one moment: its words, how many of them are committed, when and in which language they were said.
use std::{fmt, sync::Arc};

use super::{MediaSpan, Speaker, Trace};

/// The name of a recogniser in the pipeline file; each is a track of the broadcast.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackName(Arc<str>);

/// A language tag as Whisper and browsers write it: `en`, `nl`, `zh`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(Arc<str>);

macro_rules! text_newtype {
    ($($name:ident),*) => {$(
        impl $name {
            pub fn new(text: &str) -> $name { $name(text.into()) }
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )*};
}
text_newtype!(TrackName, Language);

/// Rises within a track, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentId(pub(super) u64);

/// Rises within a segment, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(pub(super) u32);

impl SegmentId {
    pub fn number(self) -> u64 {
        self.0
    }
}
impl Revision {
    pub fn number(self) -> u32 {
        self.0
    }
}

/// One word as the recogniser wrote it, with the space before it where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub text: String,
    pub span: MediaSpan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Partial,
    Final,
}

/// One state of a segment. A later revision replaces an earlier one; only an open segment makes them.
#[derive(Clone, Debug)]
pub struct Transcript {
    pub(super) track: TrackName,
    pub(super) segment: SegmentId,
    pub(super) revision: Revision,
    pub(super) kind: Kind,
    pub(super) words: Vec<Word>,
    pub(super) committed: usize,
    pub(super) span: MediaSpan,
    pub(super) language: Language,
    pub(super) speaker: Option<Speaker>,
    pub(super) trace: Trace,
}

impl Transcript {
    pub fn track(&self) -> &TrackName {
        &self.track
    }
    pub fn segment(&self) -> SegmentId {
        self.segment
    }
    pub fn revision(&self) -> Revision {
        self.revision
    }
    pub fn kind(&self) -> Kind {
        self.kind
    }
    pub fn words(&self) -> &[Word] {
        &self.words
    }
    /// The first of them, which will not change; all of them in a final.
    pub fn committed(&self) -> &[Word] {
        &self.words[..self.committed]
    }
    /// From where the segment began to the end of the newest sound that was looked at; of a final, to where it ended.
    pub fn span(&self) -> MediaSpan {
        self.span
    }
    pub fn language(&self) -> &Language {
        &self.language
    }
    /// Who spoke when the segment began, where its source knows it.
    pub fn speaker(&self) -> Option<&Speaker> {
        self.speaker.as_ref()
    }
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
    #[must_use]
    pub fn traced(self, trace: Trace) -> Transcript {
        Transcript { trace, ..self }
    }

    /// The whole text of the segment, without space around it.
    pub fn text(&self) -> String {
        joined(&self.words)
    }

    /// The beginning of [`text`](Self::text) that will not change; all of it in a final.
    pub fn committed_text(&self) -> String {
        joined(&self.words[..self.committed])
    }

    /// Whether this state takes the place of `older`: a higher revision of the same segment.
    pub fn supersedes(&self, older: &Transcript) -> bool {
        self.track == older.track && self.segment == older.segment && older.revision < self.revision
    }
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<String>().trim().to_owned()
}
