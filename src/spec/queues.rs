//! The second phase, edges: how much may wait, and what happens when that much does.
use std::time::Duration;

use super::{
    Code, Complaint, Port,
    plan::{Planned, Room, WhenFull},
    resolve::Queue,
    table::Table,
    units::Length,
};

/// What an edge holds unless the file says otherwise.
const SOUND: Duration = Duration::from_secs(2);
const CAPTIONS: usize = 64;

/// The edge into `taker` that carries `port`. `live`: its sound comes whether or not it is taken.
pub(super) fn edge(port: Port, queue: Queue, live: bool, taker: &Planned) -> (Room, WhenFull) {
    // What a recogniser may lag behind is its to give up, with a gap, not the edge's.
    let lag = if let Planned::Whisper(it) = taker { it.max_lag } else { Duration::ZERO };
    match port {
        Port::Audio | Port::Speech => {
            let when_full = if live { WhenFull::DropOldest } else { WhenFull::Wait };
            (
                Room::Span(queue.holds.unwrap_or(SOUND.max(lag))),
                queue.when_full.unwrap_or(when_full),
            )
        }
        // The history of the broadcast is what waits for it.
        Port::Events => (Room::Items(CAPTIONS), WhenFull::Wait),
        Port::Captions => (
            Room::Items(queue.size.unwrap_or(CAPTIONS)),
            queue.when_full.unwrap_or(WhenFull::Coalesce),
        ),
    }
}

/// Complains about a queue that does not suit what it carries; `None`: the stage listens to nobody.
pub(super) fn check(
    table: &Table<'_>,
    queue: Queue,
    port: Option<Port>,
    complaints: &mut Vec<Complaint>,
) {
    let Some(written) = table.keys.get("queue") else { return };
    let place = |key: &str| {
        let inner = written.get_ref().as_table().and_then(|it| it.get(key));
        inner.map_or_else(|| written.span(), toml::Spanned::span)
    };
    let title = table.title();
    let mut complain = |code, key: &str, title: String, label: &str, help: &str| {
        complaints.push(Complaint::new(code, title).mark(place(key), label).help(help));
    };
    match port {
        None => complain(
            Code::WrongQueue,
            "",
            format!("`{title}` listens to nobody and has no queue"),
            "nothing waits here",
            "queues belong to the stages that listen",
        ),
        Some(Port::Audio | Port::Speech) => {
            if queue.size.is_some() {
                let holds = Length(queue.holds.unwrap_or(SOUND));
                complain(
                    Code::WrongQueue,
                    "size",
                    format!("the queue of `{title}` carries sound, which is not counted"),
                    "sound is measured by its length",
                    &format!("queue = {{ holds = \"{holds}\" }}"),
                );
            }
            if queue.when_full == Some(WhenFull::Coalesce) {
                complain(
                    Code::WrongQueue,
                    "when-full",
                    format!("the queue of `{title}` carries sound, which has no newer versions"),
                    "only captions coalesce",
                    "when-full = \"drop-oldest\"",
                );
            }
        }
        Some(Port::Events) => complain(
            Code::WrongQueue,
            "",
            format!("`{title}` has no queue"),
            "the history of the broadcast is what waits for it",
            "`keep` of the broadcast says how much that is",
        ),
        Some(Port::Captions) => {
            if queue.holds.is_some() {
                complain(
                    Code::WrongQueue,
                    "holds",
                    format!("the queue of `{title}` carries captions, which have no length"),
                    "captions are counted",
                    &format!("queue = {{ size = {CAPTIONS} }}"),
                );
            }
            if matches!(queue.when_full, Some(WhenFull::DropOldest | WhenFull::DropNewest)) {
                complain(
                    Code::LossyCaptions,
                    "when-full",
                    format!("the queue of `{title}` could lose finished captions"),
                    "captions may wait or coalesce",
                    "when-full = \"coalesce\"",
                );
            }
        }
    }
}
