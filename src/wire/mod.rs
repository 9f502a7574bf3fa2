//! The events as they travel to clients and on pipes (`docs/protocol.md`).
mod archive;
mod caption;
mod clock;
mod correction;
mod event;
mod ingest;
mod inspect;
mod kept;
mod line;
mod mask;
mod page;
mod sound_file;
mod sound_message;
mod state;
mod translation;

pub use archive::{
    EventSummary, Found, Hit, KeptEvent, Passage, Passages, PassagesAsked, Place, Search,
};
pub use caption::{At, CaptionEvent, CaptionKind, GapEvent, MarkEvent, Painted, WordTime};
pub use clock::Clock;
pub use correction::{CorrectionEvent, corrected_words};
pub use event::Event;
pub use ingest::{
    Codec, FromSpeaker, INGEST_PATH, INGEST_VERSION, IngestAck, IngestFormat, IngestHello,
    IngestState, IngestWelcome, LostBy, RefusalCode, ToSpeaker,
};
pub use inspect::{
    ApiState, EdgeState, Graph, GraphEdge, GraphStage, Latency, LogLine, LogLines, LogState,
    NodeState, Percentiles, SourceLevel, StageWork,
};
pub use kept::{Batch, Continued};
pub use line::Line;
pub use page::PageInfo;
pub use sound_file::{SoundFile, SoundFiles};
pub use sound_message::{
    LONGEST_SOUND, LONGEST_SOUND_MS, NotSound, SOUND_HEAD, SoundHead, samples_in,
};
pub(crate) use state::level_db;
pub use state::{Hello, Next, StageState, StateEvent, TrackInfo};
pub use translation::{Of, PlainTranslation, TookMs, TranslationEvent};

/// The version of the caption protocol that `hello` tells and `auth.v` asks for.
pub const VERSION: u32 = 1;
