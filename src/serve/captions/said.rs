//! Where a caption belongs: whose it is, which segment, when, and whether it is settled.
use super::entry::kind_of;
use crate::{
    message::{Kind, Language, TrackName},
    wire::CaptionKind,
};

/// Where a caption belongs.
pub(super) struct Said {
    pub(super) whose: (TrackName, Option<Language>),
    pub(super) segment: u64,
    /// Seconds on the audio timeline.
    pub(super) span: (f64, f64),
    pub(super) kind: Kind,
}

impl Said {
    pub(super) fn new(
        track: &str,
        lang: Option<Language>,
        segment: u64,
        span: (f64, f64),
        kind: CaptionKind,
    ) -> Said {
        Said { whose: (TrackName::new(track), lang), segment, span, kind: kind_of(kind) }
    }
}
