//! The values that cross edges: sound, transcripts, gaps and their traces. No I/O, no channels, no threads.
mod audio;
mod caption;
mod time;
mod trace;
mod transcript;

pub use audio::{AudioFrame, SampleRate, Speech};
pub use caption::{Caption, Gap, Why};
pub use time::{MediaSpan, MediaTime};
pub use trace::{Hop, Milestone, Trace};
pub use transcript::{
    Kind, Language, OpenSegment, Revision, SegmentId, Segments, TrackName, Transcript, Word,
};
