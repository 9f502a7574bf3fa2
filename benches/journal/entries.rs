//! What the benches of the journal write, and how its file is opened.
use std::{path::Path, time::Duration};

use livecap::{
    journal::{BookSettings, Keep, RunFacts},
    wire::{At, CaptionEvent, CaptionKind, Event},
};

/// The file of the child's journal.
pub(super) const CHILD: &str = "LIVECAP_BENCH_JOURNAL";
/// As in a pipeline.
const CHECK_FOR: Duration = Duration::from_secs(1);
pub(super) const BEGIN: u64 = 1_800_000_000_000;

pub(super) fn settings(path: &Path) -> BookSettings {
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
pub(super) fn caption(
    seq: u64,
    segment: u64,
    track: usize,
    lang: &str,
    text: String,
) -> CaptionEvent {
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

pub(super) fn json(caption: CaptionEvent) -> String {
    serde_json::to_string(&Event::Caption(caption)).expect("plain JSON")
}

/// A final as a batch takes it.
pub(super) fn entry(caption: CaptionEvent) -> (u64, u64, String) {
    (caption.seq, BEGIN + caption.seq, json(caption))
}
