//! Journals of the real binary: restarts that continue, kills at any moment, and what `livecap journal` says of them.
use std::{fs, path::Path, process::Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::support::{
    program::{PATIENCE, Program, ask_with, ended, livecap},
    viewer::{next, viewer},
};

/// What is typed becomes captions.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = "[lines.talk]\n[broadcast.web]\nfrom = \"talk\"\nlisten = \"127.0.0.1:0\"\n\
                [journal.book]\nfrom = \"web\"\npath = \"book.db\"\n";
    fs::write(folder.path().join("talk.toml"), text).unwrap();
    folder
}

async fn start(folder: &Path) -> (Program, String) {
    let mut command = livecap(folder, &["run", "talk.toml"]);
    let mut program = Program::start(command.stdin(Stdio::piped()));
    let address = program.address().await;
    (program, address)
}

async fn kept(folder: &Path) -> Vec<Value> {
    let shown =
        ended(livecap(folder, &["journal", "--journal", "book.db", "show", "--json"])).await;
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    shown.out.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// A stop that is asked for, a kill, and a viewer that lives through both.
#[tokio::test]
async fn a_viewer_that_lives_through_restarts_has_one_whole_transcript() {
    let folder = folder();
    let (mut stream, mut heard, mut seen) = (None, Vec::new(), 1);
    for round in 0..6 {
        let (mut program, address) = start(folder.path()).await;
        let mut client = viewer(&address, seen).await;
        let hello = next(&mut client, "hello").await;
        assert_eq!(*stream.get_or_insert(hello["stream"].clone()), hello["stream"]);
        assert_eq!(hello["next"], seen, "round {round}");
        for sentence in 0..3 {
            program.write(&format!("sentence {sentence} of round {round}\n")).await;
            let caption = next(&mut client, "caption").await;
            assert_eq!((caption["seq"].clone(), &caption["kind"]), (json!(seen), &json!("final")));
            heard.push(caption["text"].as_str().unwrap().to_owned());
            seen += 1;
        }
        program.signal(if round % 2 == 0 { "KILL" } else { "TERM" }).await;
        program.exit().await;
    }
    let kept = kept(folder.path()).await;
    let numbers: Vec<&Value> = kept.iter().map(|it| &it["seq"]).collect();
    assert_eq!(numbers, (1..seen).collect::<Vec<_>>());
    let texts: Vec<&str> =
        kept.iter().map(|it| it["event"]["caption"]["text"].as_str().unwrap()).collect();
    assert_eq!(texts, heard);
    let segments: Vec<&Value> = kept.iter().map(|it| &it["event"]["caption"]["segment"]).collect();
    assert_eq!(segments, (0..seen - 1).collect::<Vec<_>>(), "a segment has one final");
    // Who comes late gets all of it from the next run.
    let (_program, address) = start(folder.path()).await;
    let mut late = viewer(&address, 0).await;
    for text in &heard {
        assert_eq!(next(&mut late, "caption").await["text"], **text);
    }
}

#[tokio::test]
async fn a_sentence_that_a_kill_cuts_off_is_closed_as_it_stood() {
    let folder = folder();
    let (mut program, address) = start(folder.path()).await;
    let mut client = viewer(&address, 0).await;
    let partial = r#"{"type":"intermediate","text":"and so my fellow","seq":0,"track":"talk","segment":0,"revision":0,"kind":"partial","lang":"en","committed":"and so","start":0.5,"end":2.0,"at":{"captured":1}}"#;
    program.write(&format!("{partial}\n")).await;
    assert_eq!(next(&mut client, "caption").await["committed"], "and so");
    // It is written with the next batch.
    let written = async {
        loop {
            let shown = rusqlite_open_rows(folder.path());
            if shown == 1 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, written).await.expect("the open segment is written");
    program.signal("KILL").await;
    program.exit().await;
    let (_program, address) = start(folder.path()).await;
    let closed = next(&mut viewer(&address, 0).await, "caption").await;
    assert_eq!(
        (&closed["kind"], &closed["text"], &closed["seq"]),
        (&json!("final"), &json!("and so"), &json!(1))
    );
}

fn rusqlite_open_rows(folder: &Path) -> i64 {
    let book = rusqlite::Connection::open(folder.join("book.db")).unwrap();
    book.query_row("SELECT count(*) FROM open", [], |row| row.get(0)).unwrap_or(0)
}

#[tokio::test]
async fn a_journal_is_listed_searched_exported_and_pruned() {
    let folder = folder();
    let (mut program, address) = start(folder.path()).await;
    let mut client = viewer(&address, 0).await;
    program.write("Welcome to the café.\nThese are live captions.\n").await;
    for _ in 0..2 {
        next(&mut client, "caption").await;
    }
    program.signal("TERM").await;
    program.exit().await;
    let journal = async |args: &[&str]| {
        let args = [&["journal", "--journal", "book.db"], args].concat();
        ended(livecap(folder.path(), &args)).await
    };
    let listed = journal(&["list", "--json"]).await;
    let event: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(
        (&event["entries"], &event["is_over"], &event["id"]),
        (&json!(2), &json!(true), &json!(1))
    );
    let found = journal(&["search", "CAFE"]).await;
    assert!(found.out.contains("Welcome to the *café*."), "{}", found.out);
    let nothing = journal(&["search", "karaoke"]).await;
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.err.contains("`karaoke` was not found"), "{}", nothing.err);
    let text = journal(&["export", "--format", "txt"]).await;
    assert_eq!(text.out, "Welcome to the café.\nThese are live captions.\n");
    let files = journal(&["export", "--format", "srt,vtt,json", "-o", "talk"]).await;
    assert_eq!(files.out, "talk.srt\ntalk.vtt\ntalk.json\n", "{}", files.err);
    assert!(fs::read_to_string(folder.path().join("talk.vtt")).unwrap().starts_with("WEBVTT"));
    let again = journal(&["export", "--format", "srt", "-o", "talk"]).await;
    assert!(again.err.contains("`talk.srt` is there already"), "{}", again.err);
    let other = journal(&["export", "--format", "txt", "--lang", "nl"]).await;
    assert!(other.err.contains("there is nothing in `nl`"), "{}", other.err);
    let gone = journal(&["prune", "--event", "1"]).await;
    assert_eq!(gone.out, "events removed: 1\n");
    assert_eq!(journal(&["list"]).await.out, "no events yet\n");
    let missing = ended(livecap(folder.path(), &["journal", "--journal", "none.db", "list"])).await;
    assert!(missing.err.contains("there is no journal none.db"), "{}", missing.err);
}

#[tokio::test]
async fn what_an_operator_corrects_is_exported_found_and_there_after_a_restart() {
    let folder = folder();
    let file = folder.path().join("talk.toml");
    let text = fs::read_to_string(&file).unwrap();
    let operated = "127.0.0.1:0\"\noperator-token-env = \"OPERATOR\"";
    fs::write(&file, text.replace("127.0.0.1:0\"", operated)).unwrap();
    let begin = || {
        let mut command = livecap(folder.path(), &["run", "talk.toml"]);
        command.env("OPERATOR", "an operator's token").stdin(Stdio::piped());
        Program::start(command)
    };
    let mut program = begin();
    let address = program.address().await;
    let mut client = viewer(&address, 0).await;
    program.write("Ask Morgan about it.\n").await;
    let caption = next(&mut client, "caption").await;
    let wanted = json!({
        "track": caption["track"], "segment": caption["segment"], "lang": caption["lang"],
        "before": "Ask Morgan about it.", "text": "Ask Morgen about it.", "by": "Ada",
    });
    let answer =
        ask_with(&address, "POST", "/api/correct", "an operator's token", &wanted.to_string())
            .await;
    assert!(answer.contains("200 OK") && answer.contains(r#""seq":2"#), "{answer}");
    next(&mut client, "correction").await;
    program.signal("KILL").await;
    program.exit().await;

    let journal = async |args: &[&str]| {
        let args = [&["journal", "--journal", "book.db"], args].concat();
        ended(livecap(folder.path(), &args)).await
    };
    assert_eq!(journal(&["export", "--format", "txt"]).await.out, "Ask Morgen about it.\n");
    let exported: Value =
        serde_json::from_str(&journal(&["export", "--format", "json"]).await.out).unwrap();
    let event = &exported["events"][0];
    assert_eq!(
        (&event["text"], &event["original"], &event["corrected"]["by"]),
        (&json!("Ask Morgen about it."), &json!("Ask Morgan about it."), &json!("Ada"))
    );
    assert!(journal(&["search", "morgen"]).await.out.contains("Ask *Morgen* about it."));
    assert_eq!(journal(&["search", "morgan"]).await.code, Some(1));
    let shown = journal(&["show", "last"]).await.out;
    assert!(
        shown.contains("[corrected by Ada: Ask Morgen about it. (before: Ask Morgan about it.)]"),
        "{shown}"
    );
    let rows = kept(folder.path()).await;
    assert_eq!(rows[0]["original"], "Ask Morgan about it.");

    let mut program = begin();
    let address = program.address().await;
    let mut late = viewer(&address, 0).await;
    assert_eq!(next(&mut late, "caption").await["text"], "Ask Morgan about it.");
    assert_eq!(next(&mut late, "correction").await["text"], "Ask Morgen about it.");
}

/// Two runs of a recording: each begins a file, and each is where its words are on the timeline of the event.
#[cfg(all(feature = "journal", feature = "whisper"))]
#[tokio::test]
async fn a_journal_names_the_sound_of_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let text = crate::support::recorded_talk();
    fs::write(folder.path().join("talk.toml"), text).unwrap();
    for _ in 0..2 {
        let (program, address) = start(folder.path()).await;
        let mut client = viewer(&address, 0).await;
        let first = next(&mut client, "hello").await["next"].as_u64().unwrap();
        // One of this run.
        let is_new = |it: &Value| it["kind"] == "final" && it["seq"].as_u64() >= Some(first);
        while !is_new(&next(&mut client, "caption").await) {}
        program.signal("TERM").await;
        program.exit().await;
    }
    let reader = livecap::journal::Reader::open(&folder.path().join("book.db")).unwrap();
    let event = reader.event("last").unwrap().unwrap();
    assert_eq!((event.runs, &event.languages), (2, &vec!["en".to_owned()]));
    let sounds = reader.sounds(event.id).unwrap();
    let names: Vec<&Path> = sounds.iter().map(|it| Path::new(&it.path)).collect();
    let root = folder.path().canonicalize().unwrap();
    assert_eq!(names, [root.join("sound.wav"), root.join("sound-2.wav")]);
    assert!(sounds.iter().all(|it| it.tracks == ["english"]), "{sounds:?}");
    // The words of the second run are in the second file, and its first sample is where that run began.
    let entries = reader.entries(event.id, 0, usize::MAX).unwrap();
    let later = entries.iter().find(|it| it.event.start() >= sounds[1].start).unwrap();
    let wav = hound::WavReader::open(&sounds[1].path).unwrap();
    let seconds = f64::from(wav.duration()) / f64::from(wav.spec().sample_rate);
    let within = sounds[1].start..sounds[1].start + seconds;
    assert!(sounds[0].start < 0.1 && sounds[1].start > 1.0, "{sounds:?}");
    assert!(within.contains(&later.event.start()), "{within:?} {later:?}");
}
