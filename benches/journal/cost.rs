//! The time of writes, of searches and of the check of a large file, and its size.
use std::{path::Path, time::Instant};

use hdrhistogram::Histogram;
use livecap::{
    journal::{Book, Reader, Search},
    wire::Batch,
};
use rand::RngExt;
use rusqlite::Connection;

use super::entries::{BEGIN, caption, entry, settings};

const LANGUAGES: [&str; 4] = ["en", "nl", "es", "uk"];
const TRACKS: usize = 8;

pub(super) async fn run(path: &Path, finals: usize) {
    const WORDS: [&str; 12] = [
        "the", "council", "agrees", "on", "water", "and", "schools", "budget", "we", "vote",
        "tomorrow", "morning",
    ];
    let (book, _) = Book::open(settings(path)).await.expect("the journal opens");
    let mut rng = rand::rng();
    let mut sentence = || {
        let count = rng.random_range(6..24);
        // Most words of a talk are rare.
        let rare = format!("w{}", rng.random_range(0..20_000));
        let words = (0..count).map(|_| WORDS[rng.random_range(0..WORDS.len())].to_owned());
        words.chain([rare]).collect::<Vec<_>>().join(" ")
    };
    let begun = Instant::now();
    let mut seq = 0;
    for written in 1..=finals {
        let mut entries = Vec::new();
        for track in 0..TRACKS {
            for lang in LANGUAGES {
                seq += 1;
                entries.push(entry(caption(seq, seq, track, lang, sentence())));
            }
        }
        book.write(Batch { now: BEGIN, entries, ..Batch::default() }).await.expect("it is kept");
        if written % finals.div_ceil(4) == 0
            && let Some(resident) = resident()
        {
            println!("after {seq} entries: {resident} MB of memory");
        }
    }
    book.sync().await.expect("it is synced");
    let filled = begun.elapsed();
    let bytes = path.metadata().map_or(0, |it| it.len());
    println!(
        "{seq} entries in {:.0} s: {:.0} MB, {} bytes each",
        filled.as_secs_f64(),
        bytes as f64 / 1e6,
        bytes / seq
    );
    let mut writes = Histogram::<u64>::new(3).expect("3 digits");
    for _ in 0..finals.min(2000) {
        seq += 1;
        let entries = vec![entry(caption(seq, seq, 0, "en", sentence()))];
        let begun = Instant::now();
        book.write(Batch { now: BEGIN, entries, ..Batch::default() }).await.expect("it is kept");
        writes.record(begun.elapsed().as_micros() as u64).expect("it fits");
    }
    told("one write", &writes);
    let reader = Reader::open(path).expect("the journal opens");
    for (what, words) in [
        ("search for a rare word", "w777"),
        ("search for a common word", "water"),
        ("search for two words", "council tomorrow"),
        ("search for a phrase", "\"we vote tomorrow\""),
        ("search for a beginning", "w77"),
    ] {
        let mut searches = Histogram::<u64>::new(3).expect("3 digits");
        for round in 0..finals.min(100) {
            let lang = LANGUAGES[round % 4].to_owned();
            let search = Search {
                words: words.to_owned(),
                limit: 50,
                lang: Some(lang),
                ..Search::default()
            };
            let begun = Instant::now();
            reader.search(&search).expect("it is searched");
            searches.record(begun.elapsed().as_micros() as u64).expect("it fits");
        }
        told(what, &searches);
    }
    drop(reader);
    if let Some(resident) = resident() {
        println!("after the searches: {resident} MB of memory");
    }
    book.close().await;
    let whole = Connection::open(path).expect("it opens");
    for check in ["quick_check", "integrity_check"] {
        let begun = Instant::now();
        let intact: String = whole
            .query_row(&format!("PRAGMA {check}"), [], |row| row.get(0))
            .expect("it can be checked");
        assert_eq!(intact, "ok");
        println!("{check}: {:.2} s", begun.elapsed().as_secs_f64());
    }
    let begun = Instant::now();
    let (book, _) = Book::open(settings(path)).await.expect("the journal opens");
    println!("a start with this file: {:.2} s", begun.elapsed().as_secs_f64());
    book.close().await;
}

/// Memory of this process, where Linux tells it.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<usize>().ok().map(|it| it / 1024)
}

fn told(what: &str, times: &Histogram<u64>) {
    let ms = |quantile| times.value_at_quantile(quantile) as f64 / 1000.0;
    println!("{what}: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms", ms(0.5), ms(0.95), ms(0.99));
}
