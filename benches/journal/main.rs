//! What a journal costs, and what is left of it after stops: `cargo bench --bench journal [stops=10000] [hours=24]`,
//! and what it costs viewers: `cargo bench --bench journal -- lag=RECORDING model=MODEL [rounds=3] [viewers=20]`.
//!
//! - Stops, see `stops`: a child of this program writes entries, and is killed again and again.
//! - Writing: the time of one write of one entry, while a day of 8 tracks in 4 languages is in the file.
//! - Lag, see `lag`: a broadcast with a journal and one without it show the same captions.
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
mod entries;
mod lag;
mod slow;
mod stops;

use std::{env, path::Path};

/// Finals of one track in an hour of talk.
const AN_HOUR: usize = 900;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Ok(path) = env::var(entries::CHILD) {
        return child::write_until_stopped(Path::new(&path)).await;
    }
    if let Some(recording) = text("lag=") {
        let model = text("model=").expect("lag= needs model=");
        return lag::run(&recording, &model, asked("rounds=", 3), asked("viewers=", 20)).await;
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
    text(name).map_or(usual, |it| it.parse().expect("a number"))
}

fn text(name: &str) -> Option<String> {
    env::args().find_map(|it| it.strip_prefix(name).map(str::to_owned))
}
