//! Exports that other programs read: TTML by a reader of IMSC, documents of Word by python-docx.
use std::{fs, path::Path, path::PathBuf, process::Stdio, time::Duration};

use livecap::cli::client::Client;
use serde_json::{Value, json};
use tokio::{process::Command, time::timeout};

use crate::support::program::{Program, ended, livecap};

const PATIENCE: Duration = Duration::from_secs(30);

fn inside(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What a script prints of a file. `None`, with a message, where its packages are not installed.
async fn read(script: &str, package: &str, file: &Path) -> Option<String> {
    let python = inside("target/clients/bin/python");
    let asked = Command::new(&python).args(["-c", &format!("import {package}")]).output().await;
    if !asked.is_ok_and(|it| it.status.success()) {
        println!("skipped: {package} is not installed, `.ci/setup tests` does that");
        return None;
    }
    let mut command = Command::new(python);
    command.arg(inside("tests/clients").join(script)).arg(file).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.expect("it ends").unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {err}");
    Some(String::from_utf8(output.stdout).unwrap())
}

const LONG: &str = "We the people of the council agree, after a long debate, that the <budget> of schools & water \
    shall be voted on tomorrow morning, when all of us are here.";

/// Two speakers, one sentence too long for one cue, one language that runs from right to left.
fn lines() -> String {
    let line = |seq: u64, speaker: &str, lang: &str, start: f64, end: f64, text: &str| {
        json!({ "type": "final", "text": text, "seq": seq, "track": "talk", "segment": seq, "revision": 0, "kind": "final",
            "lang": lang, "speaker": speaker, "start": start, "end": end, "at": { "captured": 1 } })
        .to_string()
    };
    let said = [
        line(1, "Ada & Co", "en", 0.5, 2.0, "Good morning."),
        line(2, "Ada & Co", "en", 2.5, 12.0, LONG),
        line(3, "Ben", "en", 15.0, 16.5, "Thank you, \"Ada\"."),
        line(4, "Ben", "he", 18.0, 19.5, "שלום לכולם"),
    ];
    said.join("\n") + "\n"
}

/// A journal with those lines, and the page's address while they are there.
async fn journal(folder: &Path) -> (Program, String) {
    let text = "[page]\ntitle = \"Town <hall> & more\"\n[lines.talk]\n[broadcast.web]\nfrom = \"talk\"\nlisten = \"127.0.0.1:0\"\n\
                [journal.book]\nfrom = \"web\"\npath = \"book.db\"\n";
    fs::write(folder.join("talk.toml"), text).unwrap();
    let mut command = livecap(folder, &["run", "talk.toml"]);
    let mut program = Program::start(command.stdin(Stdio::piped()));
    let address = program.address().await;
    let mut client = Client::connect(&address, json!({ "v": 1, "from": 0 })).await.unwrap();
    program.write(&lines()).await;
    let mut finals = 0;
    while finals < 4 {
        let event = timeout(PATIENCE, client.next()).await.expect("an event").unwrap().unwrap();
        finals += usize::from(event.name == "caption");
    }
    (program, address)
}

#[tokio::test]
async fn ttml_is_imsc_and_has_the_cues_of_subrip() {
    let folder = tempfile::tempdir().unwrap();
    let (program, address) = journal(folder.path()).await;
    let online = crate::support::program::ask(&address, "GET", "/api/transcript.ttml", "").await;
    program.signal("TERM").await;
    program.exit().await;
    let args = ["journal", "--journal", "book.db", "export", "--format", "ttml,srt", "-o", "talk"];
    let exported = ended(livecap(folder.path(), &args)).await;
    assert_eq!(exported.out, "talk.ttml\ntalk.srt\n", "{}", exported.err);
    let ttml = fs::read_to_string(folder.path().join("talk.ttml")).unwrap();
    let srt = fs::read_to_string(folder.path().join("talk.srt")).unwrap();
    let (head, body) = online.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("application/ttml+xml"), "{head}");
    assert_eq!(body, ttml, "the download is what the journal has");
    for line in srt.lines().filter(|it| !it.contains(" --> ")) {
        assert!(line.chars().count() <= 42, "{line}");
    }
    assert!(ttml.contains("<ttm:title>Town &lt;hall&gt; &amp; more</ttm:title>"), "{ttml}");
    assert!(ttml.contains("tts:direction=\"rtl\"") && ttml.contains("ttm:agent=\"speaker2\""));
    let Some(read) = read("imsc.py", "ttconv", &folder.path().join("talk.ttml")).await else {
        return;
    };
    assert_eq!(read.trim(), srt.trim());
}

#[tokio::test]
async fn a_document_has_the_title_and_paragraphs_with_times_and_speakers() {
    let folder = tempfile::tempdir().unwrap();
    let (program, _) = journal(folder.path()).await;
    program.signal("TERM").await;
    program.exit().await;
    let args = ["journal", "--journal", "book.db", "export", "--format", "docx", "-o", "talk"];
    let exported = ended(livecap(folder.path(), &args)).await;
    assert_eq!(exported.out, "talk.docx\n", "{}", exported.err);
    let file = folder.path().join("talk.docx");
    let Some(read) = read("word.py", "docx", &file).await else { return };
    let lines: Vec<Value> = read.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines[0]["title"], "Town <hall> & more");
    assert!(lines[0]["created"].as_str().unwrap().starts_with("20"), "{}", lines[0]);
    let title = json!({ "style": "Title", "text": "Town <hall> & more", "runs": [["Default Paragraph Font", "Town <hall> & more"]] });
    assert_eq!((&lines[1]["style"], &lines[1]["text"]), (&title["style"], &title["text"]));
    let texts: Vec<&str> = lines[3..].iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts,
        [
            format!("[0:00:00] Ada & Co: Good morning. {LONG}").as_str(),
            "[0:00:15] Ben: Thank you, \"Ada\". שלום לכולם",
        ]
    );
    assert_eq!(lines[3]["runs"][2], json!(["Speaker", "Ada & Co:"]));
    assert_eq!(lines[3]["runs"][0], json!(["Time", "[0:00:00]"]));
}
