//! The values that cross edges: sound, transcripts, translations, gaps and their traces. No I/O, no channels, no threads.
mod audio;
mod caption;
mod rewrite;
mod time;
mod trace;
mod transcript;
mod translation;

pub use audio::{AudioFrame, SampleRate, Speech};
pub use caption::{Caption, Gap, Why};
pub use rewrite::Rewriting;
pub use time::{MediaSpan, MediaTime};
pub use trace::{Hop, Milestone, Trace};
pub use transcript::{
    Kind, Language, OpenSegment, Revision, SegmentId, Segments, TrackName, Transcript, Word,
};
pub use translation::{Original, Took, Translated, Translation};
