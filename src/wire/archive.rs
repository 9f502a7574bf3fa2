//! What was kept of earlier events, as the archive gives it: lists of events, their passages, and what a search finds.
use serde::Serialize;
use utoipa::ToSchema;

use super::{SoundFile, WordTime};

/// One event, as a list of events shows it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventSummary {
    pub id: i64,
    pub stream: String,
    pub title: String,
    /// Unix time in ms.
    pub started_at: u64,
    /// Unix time in ms of the last sign of life of its last run.
    pub seen_at: u64,
    /// It was ended, or its last run was stopped.
    pub is_over: bool,
    pub runs: u64,
    pub entries: u64,
    /// What was said, in seconds of its timeline.
    pub seconds: f64,
    /// Of captions and translations.
    pub languages: Vec<String>,
    pub speakers: Vec<String>,
}

/// One event with its sound.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptEvent {
    pub summary: EventSummary,
    pub sounds: Vec<SoundFile>,
}

/// What is searched for. Everything but the words may be left out.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub words: String,
    pub event: Option<i64>,
    pub lang: Option<String>,
    pub speaker: Option<String>,
    /// Unix times in ms: not before, and before.
    pub from: Option<u64>,
    pub to: Option<u64>,
    /// The most hits of one page.
    pub limit: usize,
    /// From the last hit of the page before.
    pub after: Option<i64>,
}

/// The newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// Where the next page begins, if there are more.
    pub next: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    pub event: i64,
    pub title: String,
    pub seq: u64,
    /// Unix time in ms.
    pub at: u64,
    /// Seconds on the event's timeline.
    pub start: f64,
    pub track: Option<String>,
    pub lang: Option<String>,
    pub speaker: Option<String>,
    pub text: String,
    /// Where the words are in the text: first and after the last byte of each, in order.
    pub marks: Vec<(usize, usize)>,
}

impl Hit {
    /// The text in parts, each with whether it was searched for.
    pub fn parts(&self) -> Vec<(&str, bool)> {
        let mut parts = Vec::new();
        let mut at = 0;
        for (from, to) in &self.marks {
            parts.push((&self.text[at..*from], false));
            parts.push((&self.text[*from..*to], true));
            at = *to;
        }
        parts.push((&self.text[at..], false));
        parts.retain(|(text, _)| !text.is_empty());
        parts
    }
}

/// A place in a transcript: seconds on the timeline, and the number of what stands there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub start: f64,
    pub seq: u64,
}

/// Which passages of an event are wanted.
#[derive(Clone, Debug, Default)]
pub struct PassagesAsked {
    /// `None`: what was spoken, as it was.
    pub lang: Option<String>,
    pub speaker: Option<String>,
    /// Behind this place, or from the beginning on.
    pub after: Option<Place>,
    /// The last ones before this place; then `after` does not matter.
    pub before: Option<Place>,
    pub limit: usize,
}

/// In the order of the timeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Passages {
    pub passages: Vec<Passage>,
    /// There are more in the direction that was asked for.
    pub more: bool,
}

/// A final, a gap or a mark.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Passage {
    /// `caption`, `translation`, `gap` or `mark`.
    pub kind: &'static str,
    pub seq: u64,
    /// Seconds on the timeline of the event.
    pub start: f64,
    pub end: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Of a gap: its reason.
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub words: Option<Vec<WordTime>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_is_parts_of_text_and_never_markup() {
        let hit = |text: &str, marks: &[(usize, usize)]| Hit {
            event: 1,
            title: String::new(),
            seq: 1,
            at: 0,
            start: 0.0,
            track: None,
            lang: None,
            speaker: None,
            text: text.to_owned(),
            marks: marks.to_vec(),
        };
        let found = hit("Café <b> here", &[(0, 5), (7, 8)]);
        assert_eq!(found.parts(), [("Café", true), (" <", false), ("b", true), ("> here", false)]);
        assert_eq!(hit("none", &[]).parts(), [("none", false)]);
        assert_eq!(hit("all", &[(0, 3)]).parts(), [("all", true)]);
    }
}
