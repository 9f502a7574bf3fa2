//! Masks with the real binary: a masked word is in nothing that readers of a journal get; and what is held back outlives a stop.
use std::{fs, io::Read, path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::time::timeout;
use zip::ZipArchive;

use crate::support::{
    program::{PATIENCE, Program, ask, ask_with, ended, livecap},
    viewer::{next, viewer},
};

const TOKEN: &str = "of-an-operator";

/// `more`: keys of the broadcast.
async fn start(folder: &Path, more: &str) -> (Program, String) {
    let text = format!(
        "[lines.talk]\n[broadcast.web]\nfrom = \"talk\"\nlisten = \"127.0.0.1:0\"\noperator-token-env = \"OPERATOR\"\n{more}\n\
         [journal.book]\nfrom = \"web\"\npath = \"journal.db\"\n"
    );
    fs::write(folder.join("talk.toml"), text).unwrap();
    let mut command = livecap(folder, &["run", "talk.toml"]);
    let mut program = Program::start(command.env("OPERATOR", TOKEN).stdin(Stdio::piped()));
    let address = program.address().await;
    (program, address)
}

#[tokio::test]
async fn a_masked_word_is_in_nothing_that_is_read_of_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let (mut program, address) = start(folder.path(), "").await;
    let mut client = viewer(&address, 0).await;
    program.write("Ask damnable Morgan about it.\nAnd so on.\n").await;
    let caption = next(&mut client, "caption").await;
    next(&mut client, "caption").await;
    let mask = json!({ "track": caption["track"], "segment": caption["segment"], "lang": caption["lang"],
        "before": caption["text"], "mask": "Damnable", "by": "Ada" });
    let answer = ask_with(&address, "POST", "/api/correct", TOKEN, &mask.to_string()).await;
    assert!(answer.contains("200 OK"), "{answer}");
    let told = next(&mut client, "correction").await;
    assert_eq!(
        (&told["text"], &told["before"], &told["masked"]),
        (&json!("Ask *** Morgan about it."), &json!(""), &json!(true))
    );
    for path in [
        "/api/transcript.json",
        "/api/archive/1/passages",
        "/api/archive/1/transcript.json",
        "/api/archive/1/transcript.vtt",
        "/api/archive/search?words=morgan",
        "/api/captions",
    ] {
        let answer = ask(&address, "GET", path, TOKEN).await;
        assert!(answer.contains("***") && !answer.contains("amnable"), "{path}: {answer}");
    }
    let answer = ask(&address, "GET", "/api/archive/search?words=damnable", TOKEN).await;
    assert!(answer.contains(r#"{"hits":[],"next":null}"#), "{answer}");
    program.signal("KILL").await;
    program.exit().await;

    let said = async |args: &[&str]| ended(livecap(folder.path(), args)).await;
    for args in [
        &["journal", "export", "--format", "json"][..],
        &["journal", "export", "--format", "srt"],
        &["journal", "show", "last"],
        &["journal", "show", "last", "--json"],
        &["journal", "search", "morgan"],
    ] {
        let out = said(args).await.out;
        assert!(out.contains("***") && !out.contains("amnable"), "{args:?}: {out}");
    }
    assert_eq!(said(&["journal", "search", "damnable"]).await.code, Some(1));
    assert_eq!(said(&["report"]).await.code, Some(0));
    let mut report =
        ZipArchive::new(fs::File::open(folder.path().join("report.zip")).unwrap()).unwrap();
    let mut events = String::new();
    report.by_name("events.jsonl").unwrap().read_to_string(&mut events).unwrap();
    assert!(events.contains("***") && !events.contains("amnable"), "{events}");
    let asked = ["replay", "--listen", "127.0.0.1:0"];
    let mut again = Program::start(&mut livecap(folder.path(), &asked));
    let mut late = viewer(&again.address().await, 0).await;
    assert_eq!(next(&mut late, "caption").await["text"], "Ask *** Morgan about it.");
    let told = next(&mut late, "correction").await;
    assert!(!told.to_string().contains("amnable"), "{told}");
    again.signal("TERM").await;
    again.exit().await;

    // A restart goes on without it, too.
    let (_program, address) = start(folder.path(), "").await;
    let mut late = viewer(&address, 0).await;
    assert_eq!(next(&mut late, "caption").await["text"], "Ask *** Morgan about it.");
}

#[tokio::test]
async fn a_stop_publishes_and_keeps_what_is_held_back_and_a_kill_loses_only_that() {
    let folder = tempfile::tempdir().unwrap();
    let held = async |address: &str, count: usize| {
        let there = async {
            loop {
                let answer = ask(address, "GET", "/api/captions", TOKEN).await;
                let told: Value =
                    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
                if told["held"].as_array().unwrap().len() == count {
                    return;
                }
            }
        };
        timeout(PATIENCE, there).await.expect("it is held back");
    };
    let kept = async || {
        let out = ended(livecap(folder.path(), &["journal", "export", "--format", "txt"])).await;
        out.out
    };
    let (mut program, address) = start(folder.path(), "hold-back = \"8s\"").await;
    let mut client = viewer(&address, 0).await;
    program.write("first\nsecond\n").await;
    held(&address, 2).await;
    program.signal("TERM").await;
    for text in ["first", "second"] {
        assert_eq!(next(&mut client, "caption").await["text"], text);
    }
    program.exit().await;
    assert_eq!(kept().await, "first\nsecond\n");
    // A kill takes what nobody has seen, and nothing else.
    let (mut program, address) = start(folder.path(), "hold-back = \"8s\"").await;
    program.write("third\n").await;
    held(&address, 1).await;
    program.signal("KILL").await;
    program.exit().await;
    assert_eq!(kept().await, "first\nsecond\n");
    let (mut program, address) = start(folder.path(), "").await;
    let mut client = viewer(&address, 3).await;
    program.write("fourth\n").await;
    let caption = next(&mut client, "caption").await;
    assert_eq!((&caption["text"], &caption["seq"]), (&json!("fourth"), &json!(3)), "no hole");
}
