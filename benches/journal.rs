//! What a journal costs, and what is left of it after kills: `cargo bench --bench journal [kills=10000] [hours=24]`.
//!
//! - Kills: a child of this program writes entries and says each number once it is kept. It is killed at a random moment, and the
//!   next one continues. At the end no number that was said may be missing, none may be there twice, and there may be no hole.
//! - Writing: the time of one write of one entry, while a day of 8 tracks in 4 languages is in the file.
//! - Size of that file, and the time of searches in it.
//!
//! As a test each takes a second.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a bench measures real time, and prints it"
)]
use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use livecap::{
    journal::{Book, BookSettings, Keep, Reader, RunFacts, Search},
    wire::{At, Batch, CaptionEvent, CaptionKind, Event},
};
use rand::RngExt;

/// The file of the child's journal.
const CHILD: &str = "LIVECAP_BENCH_JOURNAL";
const BEGIN: u64 = 1_800_000_000_000;
const LANGUAGES: [&str; 4] = ["en", "nl", "es", "uk"];
const TRACKS: usize = 8;
/// Finals of one track in an hour of talk.
const AN_HOUR: usize = 900;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Ok(path) = env::var(CHILD) {
        return write_until_killed(Path::new(&path)).await;
    }
    let measures = env::args().any(|it| it == "--bench");
    let kills = asked("kills=", if measures { 1000 } else { 3 });
    let hours = asked("hours=", if measures { 24 } else { 1 });
    let folder = tempfile::tempdir().expect("a temporary folder");
    kill(&folder.path().join("kills.db"), kills);
    cost(&folder.path().join("day.db"), if measures { hours * AN_HOUR } else { 20 }).await;
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
        run: RunFacts { started_at: BEGIN, file: "talk.toml".to_owned(), ..RunFacts::default() },
    }
}

fn entry(seq: u64, track: usize, lang: &str, text: String) -> (u64, u64, String) {
    let start = seq as f64;
    let event = Event::Caption(CaptionEvent {
        text,
        seq,
        track: format!("track{track}"),
        segment: seq,
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
    });
    (seq, BEGIN + seq, serde_json::to_string(&event).expect("plain JSON"))
}

async fn write_until_killed(path: &Path) {
    let (book, opened) = Book::open(settings(path)).await.expect("the journal opens");
    let mut out = std::io::stdout();
    for seq in opened.continued.next.. {
        let text = "good morning ".repeat(1 + rand::rng().random_range(0..40));
        let entries = vec![entry(seq, 0, "en", text)];
        book.write(Batch { now: BEGIN, entries, ..Batch::default() }).await.expect("it is kept");
        writeln!(out, "{seq}").expect("somebody reads");
        out.flush().expect("somebody reads");
    }
}

fn kill(path: &Path, kills: usize) {
    let begun = Instant::now();
    let mut said = 0;
    for round in 0..kills {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .env(CHILD, path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let first: u64 =
            lines.next().expect("a first number").expect("text").parse().expect("a number");
        // What was kept may not have been said before the kill.
        assert!(first > said, "round {round}: {first} follows {said}");
        let life = Duration::from_micros(rand::rng().random_range(0..20_000));
        std::thread::sleep(life);
        child.kill().expect("it lives");
        child.wait().expect("it ends");
        // The last line may have been cut off.
        said = lines.map_while(Result::ok).filter_map(|it| it.parse().ok()).last().unwrap_or(first);
    }
    let reader = Reader::open(path).expect("the journal is whole");
    let event = reader.event("last").expect("it is read").expect("one event");
    let rows = reader.entries(event.id, 0, usize::MAX).expect("they are read");
    assert_eq!(reader.events(None, 10).expect("they are read").len(), 1);
    assert!(rows.last().is_some_and(|it| it.seq >= said), "{said} was said and is not there");
    assert!(
        rows.iter().zip(1..).all(|(row, number)| row.seq == number),
        "a hole, or a number twice"
    );
    println!(
        "{kills} kills in {:.0} s: {} entries, the last one said was {said}; no number is missing, none is there twice",
        begun.elapsed().as_secs_f64(),
        rows.len()
    );
}

async fn cost(path: &Path, finals: usize) {
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
    for _ in 0..finals {
        let mut entries = Vec::new();
        for track in 0..TRACKS {
            for lang in LANGUAGES {
                seq += 1;
                entries.push(entry(seq, track, lang, sentence()));
            }
        }
        book.write(Batch { now: BEGIN, entries, ..Batch::default() }).await.expect("it is kept");
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
        let entries = vec![entry(seq, 0, "en", sentence())];
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
}

fn told(what: &str, times: &Histogram<u64>) {
    let ms = |quantile| times.value_at_quantile(quantile) as f64 / 1000.0;
    println!("{what}: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms", ms(0.5), ms(0.95), ms(0.99));
}
