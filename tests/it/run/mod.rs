//! `livecap run` as somebody types it: the real binary, the bundled model, the bundled recording.
mod bad_input;
mod operated;
#[cfg(unix)]
mod operator_link;
mod said;
mod stopping;

use std::{fs, path::Path};

use livecap::{cli::client::Client, logic::wer::WordErrors, wire::Line};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::program::{PATIENCE, Program, livecap, run};

pub(crate) fn shipped(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines").join(file).display().to_string()
}

/// The bundled recording through the bundled model. `speed` as in the file, `sink` a table that listens to `english`.
pub(crate) fn demo(speed: &str, sink: &str) -> String {
    pipeline(&shipped("demo.flac"), speed, sink)
}

pub(crate) fn pipeline(recording: &str, speed: &str, sink: &str) -> String {
    format!(
        "[recording.talk]\npath = {recording:?}\nspeed = {speed}\n[resample.speech]\nfrom = \"talk\"\n\
         [whisper.english]\nfrom = \"speech\"\nmodel = \"demo\"\n{sink}"
    )
}

pub(crate) const LINES: &str = "[lines.out]\nfrom = \"english\"\n";

pub(crate) fn lines(out: &str) -> Vec<Line> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn final_text(lines: &[Line]) -> String {
    let finals = lines.iter().filter_map(|line| match line {
        Line::Final(it) => Some(it.text.as_str()),
        _ => None,
    });
    finals.collect::<Vec<_>>().join(" ")
}

fn reference() -> String {
    let text = fs::read_to_string(shipped("demo.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["text"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_nearly_the_reference(heard: &str) {
    let errors = WordErrors::between(&reference(), heard, "en");
    assert!(errors.rate().unwrap() <= 0.05, "{errors:?}: {heard}");
}

#[tokio::test]
async fn a_recording_becomes_lines_and_the_run_ends_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(folder.path(), &demo("\"max\"", LINES)).await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let lines = lines(&ended.out);
    assert_nearly_the_reference(&final_text(&lines));
    let numbers = lines.iter().filter_map(|line| match line {
        Line::Final(it) => Some(it.seq),
        Line::Gap(it) => panic!("nothing was lost, and yet: {it:?}"),
        Line::Intermediate(_) | Line::Translation(_) => None,
    });
    assert!(numbers.eq(1..=lines.iter().filter(|it| matches!(it, Line::Final(_))).count() as u64));
    assert!(lines.iter().any(|it| matches!(it, Line::Intermediate(_))), "there were partials");
    assert!(ended.err.contains("a small fixed vocabulary"), "{}", ended.err);
}

#[tokio::test]
async fn without_a_terminal_the_finals_are_plain_lines() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(
        folder.path(),
        &demo("\"max\"", "[broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\n"),
    )
    .await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_nearly_the_reference(&ended.out.lines().collect::<Vec<_>>().join(" "));
}

/// As fast as it is taken: at its own pace a machine that is busy with other tests may rightly give sound up. The browser's
/// test, which has the machine for itself, plays the shipped file.
#[tokio::test]
async fn a_client_hears_every_final_and_the_end_and_the_page_stays_up() {
    let folder = tempfile::tempdir().unwrap();
    let web = "[broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:1\"\n";
    fs::write(folder.path().join("pipeline.toml"), demo("\"max\"", web)).unwrap();
    let mut command = livecap(folder.path(), &["run", "pipeline.toml"]);
    command.env("LIVECAP_PORT", "0");
    let mut program = Program::start(command);
    let address = program.address().await;
    let mut client = Client::connect(&address, json!({ "v": 1, "from": 0 })).await.unwrap();
    let mut finals = Vec::new();
    loop {
        let event = timeout(PATIENCE, client.next())
            .await
            .expect("an event")
            .unwrap()
            .expect("no early end");
        match event.name.as_str() {
            "caption" if event.args[0]["kind"] == "final" => {
                finals.push(event.args[0]["text"].as_str().unwrap().to_owned());
                assert_eq!(event.args[0]["seq"], finals.len());
            }
            "gap" => panic!("nothing had to be given up: {event:?}"),
            "end" => break,
            _ => (),
        }
    }
    assert_nearly_the_reference(&finals.join(" "));
    // A late one gets all of it too.
    let mut late = Client::connect(&address, json!({ "v": 1, "from": 0 })).await.unwrap();
    let hello = timeout(PATIENCE, late.next()).await.unwrap().unwrap().unwrap();
    assert_eq!((hello.name.as_str(), &hello.args[0]["next"]), ("hello", &json!(finals.len() + 1)));
    program.signal("INT").await;
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
}
