//! `livecap init` without a terminal: options of the same names, and a file that `check` accepts.
use std::fs;

use super::{typed, with_a_model};
use crate::run::shipped;

#[tokio::test]
async fn the_least_is_a_file_for_the_microphone_and_the_model_that_is_here() {
    let folder = with_a_model();
    let init = typed(folder.path(), &["init"]).await;
    assert_eq!(init.code, Some(0), "{}", init.err);
    assert!(init.out.starts_with("wrote talk.toml\n\n  livecap check talk.toml\n"), "{}", init.out);
    let text = fs::read_to_string(folder.path().join("talk.toml")).unwrap();
    for part in [
        "[microphone.mic]\ndevice = \"default\"",
        "model = \"mine\"",
        "listen = \"127.0.0.1:31979\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let check = typed(folder.path(), &["check", "--no-machine", "talk.toml"]).await;
    assert_eq!((check.code, check.out.as_str()), (Some(0), "talk.toml: ok\n"));
}

#[tokio::test]
async fn options_answer_the_questions_and_an_existing_file_stays() {
    let folder = with_a_model();
    let input = shipped("demo.flac");
    let args = [
        "init",
        "day.toml",
        "--input",
        &input,
        "--language",
        "en",
        "--model",
        "mine",
        "--to",
        "nl,es",
        "--url",
        "http://127.0.0.1:11434/v1",
        "--translator",
        "gemma3:4b",
        "--share",
        "--port",
        "0",
        "--subtitles",
        "day.{lang}.srt",
    ];
    let init = typed(folder.path(), &args).await;
    assert_eq!(init.code, Some(0), "{}", init.err);
    let check = typed(folder.path(), &["check", "day.toml"]).await;
    assert_eq!((check.code, check.out.as_str()), (Some(0), "day.toml: ok\n"), "{}", check.err);
    let graph = typed(folder.path(), &["graph", "day.toml"]).await;
    for part in
        ["resample.talk.16k (implied)", "translate.dutch", "translate.spanish", "subtitles.file"]
    {
        assert!(graph.out.contains(part), "{part}: {}", graph.out);
    }
    let text = fs::read_to_string(folder.path().join("day.toml")).unwrap();
    assert!(text.contains("listen = \"0.0.0.0:0\""), "{text}");
    let again = typed(folder.path(), &args).await;
    assert!(again.code == Some(2) && again.err.contains("is there already"), "{}", again.err);
    assert_eq!(fs::read_to_string(folder.path().join("day.toml")).unwrap(), text);
}

#[tokio::test]
async fn what_the_machine_lacks_is_told_and_what_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let init =
        typed(folder.path(), &["init", "--input", "-", "--model", "base", "--port", "0"]).await;
    assert_eq!(init.code, Some(0), "{}", init.err);
    assert!(init.err.contains("livecap models pull base"), "{}", init.err);
    let nowhere = typed(folder.path(), &["init", "no/such/folder.toml", "--input", "-"]).await;
    assert_eq!(nowhere.code, Some(2), "{}", nowhere.err);
    assert!(nowhere.err.contains("cannot write `no/such/folder.toml`"), "{}", nowhere.err);
    let service = typed(folder.path(), &["init", "b.toml", "--input", "-", "--to", "nl"]).await;
    assert!(service.code == Some(2) && service.err.contains("--url"), "{}", service.err);
    assert!(!folder.path().join("b.toml").exists());
}
