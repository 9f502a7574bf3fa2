//! The process that is stopped: it writes sentences, and says each number once it is kept.
use std::{io::Write, path::Path, time::Duration};

use livecap::{
    journal::{Book, JournalError},
    wire::{Batch, CaptionKind},
};
use rand::RngExt;

use super::entries::{BEGIN, caption, entry, json, settings};

/// Said for each write that failed.
pub(super) const FAILED: &str = "!";
const PAUSE: Duration = Duration::from_millis(2);

/// As the keeper of a broadcast does: what was not kept is written again, and is said once it is kept.
pub(super) async fn write_until_stopped(path: &Path) {
    let (book, opened) = loop {
        match Book::open(settings(path)).await {
            Ok(opened) => break opened,
            Err(error) => wait(&error).await,
        }
    };
    assert!(opened.set_aside.is_none(), "the journal was broken");
    let mut seq = opened.continued.next;
    let mut segment = opened.continued.segments.get("track0").copied().unwrap_or(1);
    loop {
        if rand::rng().random_bool(0.5) {
            let mut spoken = caption(seq, segment, 0, "en", "good morning every".to_owned());
            spoken.kind = CaptionKind::Partial;
            spoken.committed = rand::rng().random_bool(0.7).then(|| "good morning".to_owned());
            keep(&book, Batch { open: Some(vec![json(spoken)]), ..batch() }).await;
        }
        let count = rand::rng().random_range(1..=4);
        let entries = (0..count).map(|it| {
            let words = " good morning".repeat(rand::rng().random_range(1..40));
            let text = format!("{}{words}", seq + it);
            entry(caption(seq + it, segment + it, 0, "en", text))
        });
        keep(&book, Batch { entries: entries.collect(), open: Some(Vec::new()), ..batch() }).await;
        (seq, segment) = (seq + count, segment + count);
        say(&(seq - 1).to_string());
        if rand::rng().random_bool(0.1)
            && let Err(error) = book.sync().await
        {
            wait(&error).await;
        }
    }
}

fn batch() -> Batch {
    Batch { now: BEGIN, ..Batch::default() }
}

async fn keep(book: &Book, batch: Batch) {
    while let Err(error) = book.write(batch.clone()).await {
        wait(&error).await;
    }
}

async fn wait(error: &JournalError) {
    assert!(error.may_pass(), "{error}");
    say(FAILED);
    tokio::time::sleep(PAUSE).await;
}

fn say(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").expect("somebody reads");
    out.flush().expect("somebody reads");
}
