//! What a journal costs, and what is left of it after stops: `cargo bench --bench journal [stops=10000] [hours=24]`.
//!
//! - Stops, see `stops`: a child of this program writes entries, and is killed again and again.
//! - Writing: the time of one write of one entry, while a day of 8 tracks in 4 languages is in the file.
//! - Size of that file, the time of searches in it, and of its check when it is opened.
//!
//! `stops=0` and `hours=0` leave one of them out.
//!
//! As a test each takes a second.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a bench measures real time, and prints it"
)]
mod child;
mod cost;
mod stops;

use std::{env, path::Path, time::Duration};

use livecap::{
    journal::{BookSettings, Keep, RunFacts},
    wire::{At, CaptionEvent, CaptionKind, Event},
};

/// The file of the child's journal.
const CHILD: &str = "LIVECAP_BENCH_JOURNAL";
/// As in a pipeline.
const CHECK_FOR: Duration = Duration::from_secs(1);
const BEGIN: u64 = 1_800_000_000_000;
/// Finals of one track in an hour of talk.
const AN_HOUR: usize = 900;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Ok(path) = env::var(CHILD) {
        return child::write_until_stopped(Path::new(&path)).await;
    }
    let measures = env::args().any(|it| it == "--bench");
    let stops = asked("stops=", if measures { 1000 } else { 8 });
    let hours = asked("hours=", if measures { 24 } else { 1 });
    let folder = tempfile::tempdir().expect("a temporary folder");
    if stops > 0 {
        stops::run(folder.path(), stops);
    }
    if hours > 0 {
        let finals = if measures { hours * AN_HOUR } else { 20 };
        cost::run(&folder.path().join("day.db"), finals).await;
    }
}

fn asked(name: &str, usual: usize) -> usize {
    let given = env::args().find_map(|it| it.strip_prefix(name).map(str::to_owned));
    given.map_or(usual, |it| it.parse().expect("a number"))
}

fn settings(path: &Path) -> BookSettings {
    BookSettings {
        path: path.to_owned(),
        keep: Keep::default(),
        continue_within_ms: 60_000,
        history: 10,
        check_for: CHECK_FOR,
        run: RunFacts { started_at: BEGIN, file: "talk.toml".to_owned(), ..RunFacts::default() },
    }
}

/// Sentence `segment` of a track. A partial has two words that are settled.
fn caption(seq: u64, segment: u64, track: usize, lang: &str, text: String) -> CaptionEvent {
    let start = seq as f64;
    CaptionEvent {
        text,
        seq,
        track: format!("track{track}"),
        segment,
        revision: 3,
        kind: CaptionKind::Final,
        lang: lang.to_owned(),
        speaker: None,
        committed: None,
        start,
        end: start + 3.0,
        edited_by: None,
        words: None,
        at: At { captured: BEGIN, recognised: Some(400), translated: None, published: Some(401) },
    }
}

fn json(caption: CaptionEvent) -> String {
    serde_json::to_string(&Event::Caption(caption)).expect("plain JSON")
}

/// A final as a batch takes it.
fn entry(caption: CaptionEvent) -> (u64, u64, String) {
    (caption.seq, BEGIN + caption.seq, json(caption))
}
