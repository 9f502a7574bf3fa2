//! What `livecap live` refuses, and the remedy that it names.
use std::{fs, net::TcpListener};

use super::{typed, with_a_model};
use crate::run::shipped;

/// What it says as it refuses these options, with a model and a recording at hand.
async fn refused(args: &[&str]) -> String {
    let folder = with_a_model();
    let input = shipped("demo.flac");
    let live = [&["live", "--input", &input, "--exit"], args].concat();
    let live = typed(folder.path(), &live).await;
    assert_eq!((live.code, live.out.as_str()), (Some(2), ""), "{}", live.err);
    live.err
}

#[tokio::test]
async fn a_language_to_translate_into_needs_a_service() {
    let none = refused(&["--port", "0", "--to", "nl"]).await;
    assert!(none.contains("--url http://127.0.0.1:11434/v1"), "{none}");
    let key = refused(&["--port", "0", "--to", "nl", "--provider", "deepl"]).await;
    assert!(key.contains("export LIVECAP_TRANSLATE_KEY="), "{key}");
    let url = "http://127.0.0.1:9/v1";
    let language = refused(&["--port", "0", "--to", "dutch", "--url", url]).await;
    assert!(language.contains("`dutch` is not a language"), "{language}");
}

#[tokio::test]
async fn a_port_in_use_is_told_with_one_that_is_free() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let told = refused(&["--port", &port]).await;
    assert!(told.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{told}");
    assert!(told.contains("`--port ") && told.contains("` is free"), "{told}");
}

#[tokio::test]
async fn without_a_model_one_is_named_with_its_size_and_nothing_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let input = shipped("demo.flac");
    let live = ["live", "--input", &input, "--port", "0"];
    let none = typed(folder.path(), &live).await;
    assert_eq!(none.code, Some(2), "{}", none.err);
    for part in ["no model is here", "--yes", " MiB)", "livecap models pull"] {
        assert!(none.err.contains(part), "{part}: {}", none.err);
    }
    let named = typed(folder.path(), &[&live[..], &["--model", "small"]].concat()).await;
    assert!(named.err.contains("the model `small` is not here: add `--yes`"), "{}", named.err);
    let unknown = typed(folder.path(), &[&live[..], &["--model", "base.em"]].concat()).await;
    assert!(unknown.err.contains("did you mean `base.en`?"), "{}", unknown.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// No name ends in .invalid, so nothing can be reached.
#[tokio::test]
async fn a_hub_that_cannot_be_reached_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.toml");
    let entry = "[[model]]\nname = \"own\"\nfile = \"own.bin\"\nurl = \"http://models.invalid/own.bin\"\n\
                 size = 1000\nparameters = 1\nsha1 = \"0000000000000000000000000000000000000000\"\nlanguages = \"multilingual\"\n";
    fs::write(&own, entry).unwrap();
    let input = shipped("demo.flac");
    let live = ["live", "--input", &input, "--port", "0", "--model", "own", "--yes"];
    let mut command = crate::support::program::livecap(folder.path(), &live);
    command.env("LIVECAP_CATALOGUE", &own).env_remove("LIVECAP_MODELS_URL");
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let told = crate::support::program::ended(command).await;
    assert_eq!(told.code, Some(2), "{}", told.err);
    for part in [
        "cannot reach http://models.invalid/own.bin",
        "without a network",
        "livecap models verify own",
    ] {
        assert!(told.err.contains(part), "{part}: {}", told.err);
    }
}

#[tokio::test]
async fn a_language_that_no_model_here_knows_is_told() {
    let told = refused(&["--port", "0", "--language", "nl"]).await;
    assert!(told.contains("no model for Dutch (nl) is here: add `--yes`"), "{told}");
}

#[tokio::test]
async fn a_recording_that_is_not_there_is_a_complaint_about_the_pipeline() {
    let folder = with_a_model();
    let live = ["live", "--input", "absent.wav", "--port", "0", "--write", "talk.toml"];
    let live = typed(folder.path(), &live).await;
    assert_eq!(live.code, Some(2), "{}", live.err);
    assert!(live.err.contains("error[no-file]: cannot read `absent.wav`"), "{}", live.err);
    assert!(!folder.path().join("talk.toml").exists(), "what was refused is not left behind");
}
