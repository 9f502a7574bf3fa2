//! What is said where: captions on standard output, all else on standard error, in the voice that was asked for.
use std::fs;

use serde_json::Value;

use super::demo;
use crate::support::program::{Ended, ended, livecap};

const WEB: &str = "[broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\n";

async fn said(args: &[&str], variables: &[(&str, &str)]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pipeline.toml"), demo("\"max\"", WEB)).unwrap();
    let run = [&["run", "pipeline.toml", "--exit"], args].concat();
    let mut command = livecap(folder.path(), &run);
    command.envs(variables.iter().copied());
    ended(command).await
}

#[tokio::test]
async fn a_log_in_json_is_json_in_every_line() {
    let said = said(&["--log", "json"], &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.starts_with("Good morning everyone.\n"), "{}", said.out);
    let messages: Vec<String> = said
        .err
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["message"].to_string())
        .collect();
    assert!(
        messages.iter().any(|it| it.contains("listening on http://127.0.0.1:")),
        "{messages:?}"
    );
    assert!(messages.iter().any(|it| it.contains("ready in")), "{messages:?}");
}

#[tokio::test]
async fn a_quiet_log_in_json_still_says_where_the_page_is_and_when_all_is_ready() {
    let said = said(&["--log", "json", "-q"], &[]).await;
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""));
    let is = |line: &str, level, words: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["level"] == level && line["message"].as_str().unwrap().contains(words)
    };
    for words in ["listening on http://127.0.0.1:", "ready in"] {
        assert!(said.err.lines().any(|it| is(it, "INFO", words)), "{words}: {}", said.err);
    }
}

#[tokio::test]
async fn quiet_says_only_what_is_wrong() {
    let said = said(&["--quiet"], &[]).await;
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""));
    // The model's small vocabulary is what is wrong here.
    assert!(said.err.lines().all(|line| line.contains("WARN")), "{}", said.err);
}

#[tokio::test]
async fn a_level_that_is_none_is_told_and_a_bare_one_is_that_of_livecap() {
    let wrong = said(&[], &[("LIVECAP_LOG", "debgu")]).await;
    assert!(wrong.err.contains("`debgu` is not a level"), "{}", wrong.err);
    assert!(wrong.err.contains("ready in"), "{}", wrong.err);
    let debug = said(&[], &[("LIVECAP_LOG", "debug")]).await;
    assert!(debug.err.contains("DEBUG ended"), "{}", debug.err);
    assert!(!debug.err.contains("whisper_"), "{}", debug.err);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_behind_standard_output_is_told_once_and_ends_with_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pipeline.toml"), demo("\"max\"", WEB)).unwrap();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut run = livecap(folder.path(), &["run", "pipeline.toml", "--exit"]);
    let child = run.stdout(full()).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert_eq!(err.matches("cannot write captions").count(), 1, "{err}");
    let mut completions = livecap(folder.path(), &["completions", "bash"]);
    let child = completions.stdout(full()).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("cannot write to standard output") && !err.contains("panicked"), "{err}");
}

#[tokio::test]
async fn who_speaks_at_a_source_stands_in_each_line_of_captions() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "[lines.file]\nfrom = \"english\"\npath = \"said.jsonl\"\n";
    let text = demo("\"max\"", lines).replace("speed =", "speaker = \"Ada  Lovelace\"\nspeed =");
    fs::write(folder.path().join("pipeline.toml"), text).unwrap();
    let ended = ended(livecap(folder.path(), &["run", "pipeline.toml", "--exit"])).await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let said = fs::read_to_string(folder.path().join("said.jsonl")).unwrap();
    let lines: Vec<Value> = said.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert!(!lines.is_empty());
    for line in lines.iter().filter(|it| it["type"] != "gap") {
        assert_eq!(line["speaker"], "Ada Lovelace", "{line}");
    }
}
