//! `livecap replay` with the real binary: a journal's event once more, as its viewers had it.
use std::{fs, process::Stdio};

use serde_json::{Value, json};

use crate::support::{
    program::{Program, ended, livecap},
    viewer::{next, viewer},
};

#[tokio::test]
async fn an_event_is_shown_once_more_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[page]\ntitle = \"Spring talks\"\n[lines.talk]\n\
                [broadcast.web]\nfrom = \"talk\"\nlisten = \"127.0.0.1:0\"\n\
                [journal.book]\nfrom = \"web\"\npath = \"book.db\"\n";
    fs::write(folder.path().join("talk.toml"), text).unwrap();
    let mut command = livecap(folder.path(), &["run", "talk.toml"]);
    let mut program = Program::start(command.stdin(Stdio::piped()));
    let address = program.address().await;
    let mut client = viewer(&address, 0).await;
    let mut first = Vec::new();
    for text in ["good morning", "and welcome", "to all of you"] {
        program.write(&format!("{text}\n")).await;
        first.push(next(&mut client, "caption").await);
    }
    program.signal("TERM").await;
    program.exit().await;

    let asked = ["replay", "--journal", "book.db", "--listen", "127.0.0.1:0"];
    let mut again = Program::start(&mut livecap(folder.path(), &asked));
    let address = again.address().await;
    let mut client = viewer(&address, 0).await;
    let hello = next(&mut client, "hello").await;
    assert_eq!(hello["page"]["title"], "Spring talks");
    assert_eq!(hello["tracks"], json!([{ "name": "talk", "lang": "und", "langs": [] }]));
    assert!(hello["notice"].as_str().unwrap().contains("replay"), "{hello}");
    for then in &first {
        let now = next(&mut client, "caption").await;
        for key in ["seq", "segment", "text", "kind", "start", "end"] {
            assert_eq!(now[key], then[key], "{key} of {now}");
        }
        let later = |it: &Value| it["at"]["captured"].as_u64().unwrap();
        assert!(later(&now) > later(then), "its age is that of now");
    }
    next(&mut client, "end").await;
    again.signal("TERM").await;
    assert_eq!(again.exit().await.0.code(), Some(0));

    let asked = ["replay", "7", "--journal", "book.db", "--listen", "127.0.0.1:0"];
    let none = ended(livecap(folder.path(), &asked)).await;
    assert_eq!(none.code, Some(2));
    assert!(
        none.err.contains("there is no event `7`: `livecap journal list` lists"),
        "{}",
        none.err
    );
}
