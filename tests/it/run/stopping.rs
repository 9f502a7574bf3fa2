//! Being told to stop, in the middle of a sentence and by a pipe that closes.
use std::{fs, io::Write};

use livecap::wire::{CaptionEvent, Line};

use super::{LINES, demo};
use crate::support::program::{Program, livecap};

/// Reads lines until the recording's third segment has shown a few words.
async fn until_mid_sentence(program: &mut Program) -> CaptionEvent {
    loop {
        let line = program.line().await.expect("a partial of the third segment");
        if let Line::Intermediate(it) = serde_json::from_str(&line).unwrap()
            && it.segment >= 2
            && it.text.split_whitespace().count() >= 2
        {
            return it;
        }
    }
}

async fn stopped_by(signal: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pipeline.toml"), demo("1.0", LINES)).unwrap();
    let mut program = Program::start(livecap(folder.path(), &["run", "pipeline.toml"]));
    let open = until_mid_sentence(&mut program).await;
    program.signal(signal).await;
    let mut last = None;
    while let Some(line) = program.line().await {
        if let Line::Final(it) = serde_json::from_str(&line).unwrap() {
            last = Some(it);
        }
    }
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(!err.contains("grace"), "all stages drained: {err}");
    let last = last.expect("the last words come out as a final");
    assert_eq!(last.segment, open.segment);
    let committed = open.committed.unwrap_or_default();
    assert!(
        !last.text.is_empty() && last.text.starts_with(&committed),
        "{committed:?} became {:?}",
        last.text
    );
}

#[tokio::test]
async fn ctrl_c_in_the_middle_of_a_sentence_brings_its_words_out_as_a_final() {
    stopped_by("INT").await;
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_sentence_brings_its_words_out_as_a_final() {
    stopped_by("TERM").await;
}

#[tokio::test]
async fn sighup_in_the_middle_of_a_sentence_brings_its_words_out_as_a_final() {
    stopped_by("HUP").await;
}

#[tokio::test]
async fn a_pipe_that_closes_ends_the_run_quietly() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pipeline.toml"), demo("1.0", LINES)).unwrap();
    let mut program = Program::start(livecap(folder.path(), &["run", "pipeline.toml"]));
    assert!(program.line().await.is_some());
    program.close_output();
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(!err.contains("error") && !err.contains("failed"), "{err}");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_standard_input_to_say_more() {
    let folder = tempfile::tempdir().unwrap();
    let typed = "[lines.typed]\n[broadcast.web]\nfrom = \"typed\"\nlisten = \"127.0.0.1:0\"\n";
    fs::write(folder.path().join("pipeline.toml"), typed).unwrap();
    let (input, mut keyboard) = std::io::pipe().unwrap();
    let mut command = livecap(folder.path(), &["run", "pipeline.toml"]);
    command.stdin(input);
    let mut program = Program::start(command);
    keyboard.write_all(b"good morning\n").unwrap();
    assert_eq!(program.line().await.as_deref(), Some("good morning"));
    program.signal("INT").await;
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
    drop(keyboard);
}

#[tokio::test]
async fn a_stop_while_the_pipeline_is_put_together_ends_the_run_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipes = ["one", "two"].map(|name| folder.path().join(name));
    for pipe in &pipes {
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let text = "[lines.one]\npath = \"one\"\n[lines.two]\npath = \"two\"\n\
                [lines.out]\nfrom = [\"one\", \"two\"]\n";
    fs::write(folder.path().join("pipeline.toml"), text).unwrap();
    let program = Program::start(livecap(folder.path(), &["run", "pipeline.toml"]));
    // Opens once the program does; to open the other one it then waits for ever.
    let one = pipes[0].clone();
    let opened = tokio::task::spawn_blocking(|| fs::File::create(one)).await.unwrap();
    program.signal("TERM").await;
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
    drop(opened);
}
