//! `livecap live` and `init` as somebody types them: no file needed, and one that is left behind.
mod errors;
mod init;

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    run::shipped,
    support::program::{Ended, Program, ask, ended, livecap},
};

/// The bundled model as one of the user's own: it counts as a model for all words.
pub(crate) fn with_a_model() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/demo.bin");
    fs::copy(demo, folder.path().join("ggml-mine.bin")).unwrap();
    folder
}

pub(crate) async fn typed(folder: &Path, args: &[&str]) -> Ended {
    let mut command = livecap(folder, args);
    for name in ["URL", "PROVIDER", "MODEL", "KEY"] {
        command.env_remove(format!("LIVECAP_TRANSLATE_{name}"));
    }
    command.env_remove("LIVECAP_OPERATOR").env_remove("LIVECAP_MODELS_URL");
    ended(command).await
}

const FIRST: &str = "Good morning everyone.";

#[tokio::test]
async fn a_recording_is_captioned_without_a_file() {
    let folder = with_a_model();
    let input = shipped("demo.flac");
    let live = ["live", "--input", &input, "--port", "0", "--exit"];
    let live = typed(folder.path(), &live).await;
    assert_eq!(live.code, Some(0), "{}", live.err);
    assert_eq!(live.out.lines().next(), Some(FIRST), "{}", live.err);
    // The only model is taken as it is: nothing is measured.
    assert!(live.err.starts_with("model: mine\n"), "{}", live.err);
    assert!(live.err.contains("listening on http://127.0.0.1:"), "{}", live.err);
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "nothing is left behind");
}

#[tokio::test]
async fn the_file_that_is_left_behind_does_the_same() {
    let folder = with_a_model();
    let input = shipped("demo.flac");
    fs::copy(&input, folder.path().join("demo.flac")).unwrap();
    let live = ["live", "--input", "demo.flac", "--port", "0", "--write", "talk.toml", "--exit"];
    let live = typed(folder.path(), &live).await;
    assert_eq!(live.code, Some(0), "{}", live.err);
    let text = fs::read_to_string(folder.path().join("talk.toml")).unwrap();
    assert!(text.contains("[recording.talk]\npath = \"demo.flac\""), "{text}");
    assert!(text.contains("#   livecap run talk.toml"), "{text}");
    let check = typed(folder.path(), &["check", "talk.toml"]).await;
    assert_eq!((check.code, check.out.as_str()), (Some(0), "talk.toml: ok\n"), "{}", check.err);
    // On a busy machine a later sentence may be left out.
    let run = typed(folder.path(), &["run", "talk.toml", "--exit"]).await;
    assert_eq!((run.code, run.out.lines().next()), (Some(0), Some(FIRST)), "{}", run.err);
    let again = ["live", "--input", "demo.flac", "--port", "0", "--write", "talk.toml", "--exit"];
    let again = typed(folder.path(), &again).await;
    assert_eq!(again.code, Some(2), "{}", again.err);
    assert!(again.err.contains("`talk.toml` is there already"), "{}", again.err);
    assert_eq!(fs::read_to_string(folder.path().join("talk.toml")).unwrap(), text);
}

#[tokio::test]
async fn a_file_in_another_folder_still_finds_the_recording() {
    let folder = with_a_model();
    fs::create_dir(folder.path().join("kept")).unwrap();
    fs::copy(shipped("demo.flac"), folder.path().join("demo.flac")).unwrap();
    let live =
        ["live", "--input", "demo.flac", "--port", "0", "--write", "kept/talk.toml", "--exit"];
    let live = typed(folder.path(), &live).await;
    assert_eq!((live.code, live.out.lines().next()), (Some(0), Some(FIRST)), "{}", live.err);
    let check = typed(folder.path(), &["check", "kept/talk.toml"]).await;
    assert_eq!(check.code, Some(0), "{}{}", check.out, check.err);
}

#[tokio::test]
async fn of_several_models_one_is_measured_and_the_choice_is_told() {
    let folder = with_a_model();
    let (one, two) = ("ggml-mine.bin", "ggml-other.bin");
    fs::copy(folder.path().join(one), folder.path().join(two)).unwrap();
    let input = shipped("demo.flac");
    let live = ["live", "--input", &input, "--port", "0", "--exit"];
    let first = typed(folder.path(), &live).await;
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert!(first.err.contains("`--model` takes another"), "{}", first.err);
    let speeds = fs::read_to_string(folder.path().join("speeds.json")).unwrap();
    let speeds: Value = serde_json::from_str(&speeds).unwrap();
    assert_eq!(speeds["models"].as_object().unwrap().len(), 1, "{speeds}");
    let named = [&live[..], &["--model", "other"]].concat();
    let named = typed(folder.path(), &named).await;
    assert!(named.code == Some(0) && named.err.contains("model: other\n"), "{}", named.err);
}

/// The implied resampler is in the plan that an operator sees, and among the stages.
#[tokio::test]
async fn the_implied_resampler_is_shown_to_operators() {
    let folder = with_a_model();
    let input = shipped("demo.flac");
    let mut program =
        Program::start(livecap(folder.path(), &["live", "--input", &input, "--port", "0"]));
    let address = program.address().await;
    let body = async |path: &str| {
        let answer = ask(&address, "GET", path, "").await;
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let graph: Value = serde_json::from_str(&body("/api/graph").await).unwrap();
    let resampler = graph["stages"].as_array().unwrap().iter().find(|it| it["kind"] == "resample");
    let expected = json!({ "name": "talk.16k", "kind": "resample", "implied": true });
    assert_eq!(resampler, Some(&expected));
    let metrics = body("/metrics").await;
    assert!(metrics.contains("\"talk.16k\""), "{metrics}");
    assert!(body("/operator").await.contains("<html"));
    program.signal("INT").await;
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
}
