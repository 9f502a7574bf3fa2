//! A pipeline whose every part was seen to fit: what `check` gives and what is assembled.
use std::{
    collections::BTreeMap, fmt, num::NonZeroUsize, ops::Range, path::PathBuf, time::Duration,
};

use super::{Kind, Port, units::Length};
pub use super::{kind::Planned, recogniser::*, settings::*};

/// A whole pipeline. Only [`check`](super::check()) makes one, so that whoever holds it needs no check of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub(super) name: String,
    pub(super) grace: Duration,
    pub(super) folder: PathBuf,
    pub(super) page: Option<Page>,
    pub(super) stages: Vec<Stage>,
}

impl Plan {
    /// As its header says, else the file's name without its ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long the stages may take to drain once the sources were told to stop.
    pub fn grace(&self) -> Duration {
        self.grace
    }

    /// Where the pipeline file lies; every path of the plan was taken from here.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// What the pages say of the event; `None` without such a table.
    pub fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }

    /// Upstream first: a feed's giver always stands before its taker.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// How many recognisers share the machine; one where there is none.
    pub fn recognisers(&self) -> NonZeroUsize {
        let count = self.stages.iter().filter(|it| matches!(it.work, Planned::Whisper(_))).count();
        NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN)
    }

    /// The feeds that listen to stage number `giver`, with the number of the stage that they feed.
    pub fn listeners(&self, giver: usize) -> impl Iterator<Item = (usize, &Feed)> {
        self.stages
            .iter()
            .enumerate()
            .flat_map(|(taker, stage)| stage.feeds.iter().map(move |feed| (taker, feed)))
            .filter(move |(_, feed)| feed.giver == giver)
    }
}

/// One stage with its edges.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub name: String,
    /// Of its header in the pipeline file, counted from 1.
    pub line: usize,
    pub restart: Restart,
    /// How long one item may take before the stage counts as stuck.
    pub patience: Duration,
    /// What it listens to; none for a source. Several only where [`Kind::takes_several`] says so.
    pub feeds: Vec<Feed>,
    pub work: Planned,
    /// Whether it stands in no file: the resampler between a source and a stage that takes speech.
    pub implied: bool,
    /// Which copy it is, where each speaker of a stage has one.
    pub copy_of: Option<CopyOf>,
    pub(super) places: Places,
}

impl Stage {
    pub fn kind(&self) -> Kind {
        self.work.kind()
    }

    /// `whisper.english`, as in the header.
    pub fn title(&self) -> String {
        format!("{}.{}", self.kind().name(), self.name)
    }

    /// What it gives to its listeners; `None` for a sink.
    pub fn gives(&self) -> Option<Port> {
        self.kind().gives(!self.feeds.is_empty())
    }
}

/// One of the copies of a stage, one for each speaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyOf {
    /// As the file has it.
    pub name: String,
    /// From 1.
    pub number: usize,
    pub count: usize,
}

/// An edge, as its taker sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The number of the giving stage in [`Plan::stages`].
    pub giver: usize,
    pub carries: Port,
    pub room: Room,
    pub when_full: WhenFull,
}

/// How much may wait on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Edges of text.
    Items(usize),
    /// Edges of sound: so much of the audio timeline.
    Span(Duration),
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Room::Items(items) => items.fmt(f),
            Room::Span(span) => Length(*span).fmt(f),
        }
    }
}

/// What happens to an item that finds its edge full.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// The stage before waits until there is room.
    Wait,
    /// The oldest item is dropped and counted. Sound only.
    DropOldest,
    /// The new item is dropped and counted. Sound only.
    DropNewest,
    /// A newer partial replaces an older one of its segment; finals wait for room. Text only.
    Coalesce,
}

impl WhenFull {
    pub const fn name(self) -> &'static str {
        match self {
            WhenFull::Wait => "wait",
            WhenFull::DropOldest => "drop-oldest",
            WhenFull::DropNewest => "drop-newest",
            WhenFull::Coalesce => "coalesce",
        }
    }
}

/// How often a stage that failed is started anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// So many times within `within`; the next failure is the last.
    pub limit: u32,
    pub within: Duration,
    /// Before the first restart; each further one waits twice as long.
    pub wait: Duration,
}

/// What the pages of every broadcast say of the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub title: Option<String>,
    pub subtitle: Option<String>,
    pub welcome: Option<String>,
    /// Unix time in ms.
    pub starts: Option<i64>,
    /// A picture for people: SVG, PNG, WebP or JPEG.
    pub logo: Option<PathBuf>,
    /// `#rrggbb`
    pub accent: Option<String>,
    pub(super) places: Places,
}

/// Where the stage's header and keys stand in the file, in bytes: for complaints about the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) header: Range<usize>,
    pub(super) values: BTreeMap<String, Range<usize>>,
}

impl Places {
    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// The value of `key`, or the header where the key was left to its default.
    pub(super) fn of(&self, key: &str) -> Range<usize> {
        self.values.get(key).unwrap_or(&self.header).clone()
    }
}
