//! The JSON of entries and messages in Redis (`docs/cluster.md`). They are untrusted input: what is not valid is refused and logged.
use serde::{Deserialize, Serialize};

use crate::{
    serve::captions::log::Entry,
    wire::{Event, PageInfo, StateEvent, TrackInfo},
};

/// The version of the format. Other versions are refused.
pub(super) const VERSION: u32 = 1;

/// The longest name of a stream, in letters.
const LONGEST_STREAM: usize = 64;

/// One entry of the stream in Redis.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    v: u32,
    /// When it was published, in ms of the writer's Unix time. Its retention counts from there.
    pub(super) at: u64,
    pub(super) event: Event,
    /// The last clearing before it. The facts come by another connection, maybe later.
    #[serde(default)]
    pub(super) clears: Option<Clears>,
}

/// What nodes know of a run beside its events. It is stored in Redis for nodes that start later, and published when it changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RunInfo {
    pub(super) v: u32,
    pub(super) stream: String,
    /// The address of the writer.
    pub(super) writer: String,
    /// Unix time in ms.
    pub(super) started_at: u64,
    pub(super) tracks: Vec<TrackInfo>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) notice: Option<String>,
    /// What the pages say of the event, without its logo, which only the writer has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<PageInfo>,
    pub(super) keep: Kept,
    /// All numbered events before this one are in Redis, as far as they are kept.
    pub(super) next: u64,
    pub(super) clears: Clears,
    /// No event will follow number `next` - 1.
    pub(super) ended: bool,
    pub(super) state: StateEvent,
}

/// The retention of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) count: usize,
    pub(super) age_ms: u64,
}

/// How often the screen was cleared, and the number of the event after the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clears {
    pub(super) count: u64,
    pub(super) before: u64,
}

/// A published message, which is not stored.
#[derive(Debug, Deserialize)]
struct Published {
    v: u32,
    stream: String,
    #[serde(default)]
    partial: Option<Event>,
    #[serde(default)]
    facts: Option<RunInfo>,
}

/// A message that was received.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    /// A partial, with the stream that it belongs to.
    Partial(String, Event),
    RunInfo(RunInfo),
}

impl RunInfo {
    /// Whether they are equal, apart from how far Redis is.
    pub(super) fn is_as(&self, other: &RunInfo) -> bool {
        let timeless = |it: &RunInfo| RunInfo { next: 0, ..it.clone() };
        timeless(self) == timeless(other)
    }

    fn check(self) -> Result<RunInfo, String> {
        version(self.v)?;
        let plain = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
        let length = self.stream.len();
        if !(1..=LONGEST_STREAM).contains(&length) || !self.stream.bytes().all(plain) {
            return Err("its `stream` is no name of a run".to_owned());
        }
        if self.next == 0 || self.keep.count == 0 {
            return Err("`next` and `keep.count` are at least 1".to_owned());
        }
        Ok(self)
    }
}

/// Encodes an entry for the stream in Redis. `clears`: the clearings of the log before it.
pub(super) fn item(entry: &Entry, at: u64, clears: Option<Clears>) -> String {
    let (kind, event) = entry.parts();
    let clears = clears.map_or(String::new(), |Clears { count, before }| {
        format!(r#","clears":{{"count":{count},"before":{before}}}"#)
    });
    format!(r#"{{"v":{VERSION},"at":{at},"event":{{"{kind}":{event}}}{clears}}}"#)
}

pub(super) fn partial(stream: &str, entry: &Entry) -> String {
    let (kind, event) = entry.parts();
    format!(r#"{{"v":{VERSION},"stream":"{stream}","partial":{{"{kind}":{event}}}}}"#)
}

/// Encodes a message with the facts, which are JSON already.
pub(super) fn news(stream: &str, facts: &str) -> String {
    format!(r#"{{"v":{VERSION},"stream":"{stream}","facts":{facts}}}"#)
}

pub(super) fn read_item(text: &str) -> Result<Item, String> {
    let item: Item = serde_json::from_str(text).map_err(|error| error.to_string())?;
    version(item.v)?;
    Ok(item)
}

pub(super) fn read_run_info(text: &str) -> Result<RunInfo, String> {
    serde_json::from_str::<RunInfo>(text).map_err(|error| error.to_string())?.check()
}

pub(super) fn read_news(text: &[u8]) -> Result<News, String> {
    let news: Published = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    version(news.v)?;
    match (news.partial, news.facts) {
        (Some(event), None) if event.is_partial() => Ok(News::Partial(news.stream, event)),
        (None, Some(facts)) => Ok(News::RunInfo(facts.check()?)),
        _ => Err("it holds neither a partial nor facts".to_owned()),
    }
}

pub(super) fn version(v: u32) -> Result<(), String> {
    match v {
        VERSION => Ok(()),
        other => Err(format!(
            "it is of version {other}, and this livecap reads version {VERSION}: run the same livecap everywhere"
        )),
    }
}
