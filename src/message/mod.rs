//! The values that cross edges: sound, transcripts, translations, gaps and their traces; and the settings that pipeline
//! files and stages share. No I/O, no channels, no threads.
mod audio;
mod caption;
mod format;
mod rewrite;
mod segment;
mod settings;
mod speaker;
mod time;
mod trace;
mod transcript;
mod translation;

pub use audio::{AudioFrame, Speech};
pub use caption::{Caption, Gap, Why};
pub use format::{RecordFormat, SampleFormat, SubtitleFormat, WhenExists};
pub use rewrite::Rewriting;
pub use segment::{OpenSegment, Segments};
pub use settings::{
    BreakerSettings, Channel, PlaybackSpeed, RawFormat, RecordSettings, RelayFilter, Retention,
    SubtitleSettings,
};
pub use speaker::Speaker;
pub use time::{MediaSpan, MediaTime, SampleRate};
pub use trace::{Hop, Milestone, Trace};
pub use transcript::{Kind, Language, Revision, SegmentId, TrackName, Transcript, Word};
pub use translation::{Original, Took, Translated, Translation};
