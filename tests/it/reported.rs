//! `livecap report` and `livecap run --from` with the real binary: what is in a report, what is not, and that it runs again.
use std::{
    fs::{self, File},
    io::Read,
    path::Path,
    process::Stdio,
};

use serde_json::Value;
use zip::ZipArchive;

use crate::support::{
    program::{Program, ended, livecap},
    viewer::{finals, next, viewer},
};

fn inside(report: &Path) -> Vec<(String, String)> {
    let mut zip = ZipArchive::new(File::open(report).unwrap()).unwrap();
    let count = zip.len();
    let read = |at: usize| {
        let mut file = zip.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        (file.name().unwrap().into_owned(), text)
    };
    (0..count).map(read).collect()
}

#[tokio::test]
async fn a_report_holds_what_happened_without_names_and_tokens_and_runs_again() {
    let folder = tempfile::tempdir().unwrap();
    let text = "# for Ada's talk\n[page]\ntitle = \"A talk of Ada\"\n[lines.talk]\n\
                [broadcast.web]\nfrom = \"talk\"\nlisten = \"127.0.0.1:0\"\noperator-token-env = \"OPERATOR\"\n\
                [journal.book]\nfrom = \"web\"\npath = \"book.db\"\n\
                [lines.out]\nfrom = \"talk\"\npath = \"out.jsonl\"\n";
    fs::write(folder.path().join("talk.toml"), text).unwrap();
    let mut command = livecap(folder.path(), &["run", "talk.toml"]);
    let command = command.stdin(Stdio::piped()).env("OPERATOR", "letmein-92");
    let mut program = Program::start(command);
    let address = program.address().await;
    let mut client = viewer(&address, 0).await;
    // The journal notes a state with what is said after it.
    next(&mut client, "state").await;
    let line =
        r#"{"type":"final","text":"my name is Ada, ada@mail.example","speaker":"Ada Byron"}"#;
    program.write(&format!("{line}\nand this is line two\n")).await;
    finals(&mut client, 2).await;

    let server = address.clone();
    let asked = ["report", "--journal", "book.db", "--server", &server, "--token-env", "OPERATOR"];
    let wrong = ended(livecap(folder.path(), &asked).env("OPERATOR", "guess")).await;
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("--token-env NAME"), "{}", wrong.err);
    let made = ended(livecap(folder.path(), &asked).env("OPERATOR", "letmein-92")).await;
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(made.out.contains("Look through it before you send it"), "{}", made.out);
    program.signal("TERM").await;
    program.exit().await;

    let report = folder.path().join("report.zip");
    let files = inside(&report);
    let names: Vec<&str> = files.iter().map(|it| it.0.as_str()).collect();
    let wanted = [
        "report.json",
        "pipeline.toml",
        "events.jsonl",
        "notes.jsonl",
        "log.jsonl",
        "metrics.txt",
        "state.json",
    ];
    assert_eq!(names, wanted);
    for (name, text) in &files {
        assert!(!text.is_empty(), "{name}");
        for secret in ["Ada", "Byron", "mail.example", "letmein-92"] {
            assert!(!text.contains(secret), "{secret} in {name}: {text}");
        }
    }
    assert!(files[2].1.contains("my name is Speaker 1, [removed]"), "{}", files[2].1);
    assert!(files[5].1.contains("livecap_"), "{}", files[5].1);

    // On another machine: nothing but the report is there.
    let there = tempfile::tempdir().unwrap();
    fs::copy(&report, there.path().join("bug.zip")).unwrap();
    let again = ended(livecap(there.path(), &["run", "--from", "bug.zip", "--exit"])).await;
    assert_eq!(again.code, Some(0), "{}", again.err);
    let said = fs::read_to_string(there.path().join("bug/out.jsonl")).unwrap();
    let said: Vec<Value> = said.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let texts: Vec<&str> = said.iter().filter_map(|it| it["text"].as_str()).collect();
    assert_eq!(texts, ["my name is Speaker 1, [removed]", "and this is line two"]);
    assert_eq!(said[0]["speaker"], "Speaker 1");

    // A report that is there stays.
    let twice = ended(livecap(folder.path(), &["report", "--journal", "book.db"])).await;
    assert_eq!(twice.code, Some(2));
    assert!(twice.err.contains("is there already"), "{}", twice.err);
}

#[tokio::test]
async fn what_is_no_report_is_told_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("no.zip"), "text").unwrap();
    let run = ended(livecap(folder.path(), &["run", "--from", "no.zip"])).await;
    assert_eq!(run.code, Some(2));
    let wanted = "cannot run `no.zip`: it is no report: `livecap report` writes one";
    assert!(run.err.contains(wanted), "{}", run.err);
}

/// The sound of the last minutes is in the report where it is asked for, and is heard again.
#[cfg(feature = "whisper")]
#[tokio::test]
async fn a_report_with_sound_is_heard_again() {
    let folder = tempfile::tempdir().unwrap();
    let speech = concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/demo.flac");
    let text = format!(
        "[recording.talk]\npath = {speech:?}\nspeed = \"max\"\n[whisper.english]\nfrom = \"talk\"\nmodel = \"demo\"\n\
         [record.sound]\nfrom = \"talk\"\npath = \"sound.flac\"\n\
         [broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\n\
         [lines.out]\nfrom = \"english\"\npath = \"out.jsonl\"\n\
         [journal.book]\nfrom = \"web\"\npath = \"book.db\"\nrecord = \"sound\"\n"
    );
    fs::write(folder.path().join("talk.toml"), text).unwrap();
    let run = ended(livecap(folder.path(), &["run", "talk.toml", "--exit"])).await;
    assert_eq!(run.code, Some(0), "{}", run.err);
    let finals = |path: &Path| -> Vec<String> {
        let lines = fs::read_to_string(path).unwrap();
        let lines = lines.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
        lines.filter(|it| it["type"] == "final").map(|it| it["text"].to_string()).collect()
    };
    let first = finals(&folder.path().join("out.jsonl"));
    assert!(!first.is_empty());

    let asked = ["report", "--journal", "book.db", "--sound", "-o", "bug.zip"];
    let made = ended(livecap(folder.path(), &asked)).await;
    assert_eq!(made.code, Some(0), "{}", made.err);
    // Only the report is left.
    let there = tempfile::tempdir().unwrap();
    fs::rename(folder.path().join("bug.zip"), there.path().join("bug.zip")).unwrap();
    let again = ended(livecap(there.path(), &["run", "--from", "bug.zip", "--exit"])).await;
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert_eq!(finals(&there.path().join("bug/out.jsonl")), first);
}
