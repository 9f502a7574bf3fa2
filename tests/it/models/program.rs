//! `livecap models` as somebody types it: the real program, its output and its exit codes.
use std::{
    path::Path,
    process::{Output, Stdio},
};

use tokio::process::Command;

use super::{
    Place, bytes,
    server::{Shelf, Turn},
};

/// Runs the program with nothing of this machine's settings but what is given.
async fn livecap(models: &Path, words: &[&str], set: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_livecap"));
    for name in [
        "LIVECAP_CATALOGUE",
        "LIVECAP_MODELS_URL",
        "NO_PROXY",
        "no_proxy",
        "http_proxy",
        "HTTP_PROXY",
    ] {
        command.env_remove(name);
    }
    command.env("LIVECAP_MODELS", models).envs(set.iter().copied()).arg("models").args(words);
    command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn results_go_to_standard_output_and_complaints_to_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let list = livecap(folder.path(), &["list"], &[]).await;
    assert_eq!((list.status.code(), text(&list.stderr).as_str()), (Some(0), ""));
    assert!(text(&list.stdout).contains("livecap models pull base.en"));
    let unknown = livecap(folder.path(), &["pull", "base.em"], &[]).await;
    assert_eq!((unknown.status.code(), text(&unknown.stdout).as_str()), (Some(2), ""));
    assert!(text(&unknown.stderr).contains("did you mean `base.en`?"), "{unknown:?}");
    let missing = livecap(folder.path(), &["verify", "base.en"], &[]).await;
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
}

#[tokio::test]
async fn a_pull_uses_the_proxy_that_the_environment_names() {
    // No name ends in .invalid: only the proxy can have been asked.
    let shelf = Shelf::new(bytes(), [Turn::CutAfter(100_000)]);
    let proxy = shelf.serve().await;
    let place = Place::new("http://models.invalid", &bytes());
    let own = place.folder.path().join("own.toml");
    let set = [("LIVECAP_CATALOGUE", own.to_str().unwrap()), ("HTTP_PROXY", proxy.as_str())];
    let models = place.store();
    let pulled = livecap(models.folder(), &["pull", "own", "--backoff", "1ms"], &set).await;
    assert_eq!(pulled.status.code(), Some(0), "{pulled:?}");
    assert!(text(&pulled.stdout).starts_with("own: fetched, 0.3 MiB, SHA-1 right, "), "{pulled:?}");
    assert_eq!((place.file(), shelf.seen().len()), (bytes(), 2));
    let whole = livecap(models.folder(), &["verify"], &set).await;
    assert!(text(&whole.stdout).contains("ok       own  SHA-1 "), "{whole:?}");
}

#[tokio::test]
async fn a_program_that_was_killed_is_gone_on_from() {
    let shelf = Shelf::new(bytes(), [Turn::StallAfter(100_000)]);
    let base = shelf.serve().await;
    let place = Place::new(&base, &bytes());
    let own = place.folder.path().join("own.toml");
    let models = place.store();
    let mut command = Command::new(env!("CARGO_BIN_EXE_livecap"));
    command.env("LIVECAP_MODELS", models.folder()).env("LIVECAP_CATALOGUE", &own);
    let mut killed = command.args(["models", "pull", "own"]).stderr(Stdio::null()).spawn().unwrap();
    shelf.asked.notified().await;
    killed.kill().await.unwrap();
    let set = [("LIVECAP_CATALOGUE", own.to_str().unwrap())];
    let pulled = livecap(models.folder(), &["pull", "own"], &set).await;
    assert_eq!(pulled.status.code(), Some(0), "{pulled:?}");
    assert_eq!(place.file(), bytes());
}

#[tokio::test]
async fn an_import_says_what_it_cannot_do_and_what_is_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    let empty = folder.path().to_str().unwrap();
    let none = livecap(&models, &["import", empty, "--type", "q5_1"], &[]).await;
    assert_eq!((none.status.code(), text(&none.stdout).as_str()), (Some(1), ""), "{none:?}");
    assert!(
        text(&none.stderr).contains(&format!("{empty}: there is no model in it: no model.bin")),
        "{none:?}"
    );
    assert!(!models.exists());
    let name = livecap(&models, &["import", empty, "--name", "../up"], &[]).await;
    assert_eq!(name.status.code(), Some(2), "{name:?}");
    assert!(text(&name.stderr).contains("a name has letters, digits and `._-`"), "{name:?}");
    let kind = livecap(&models, &["import", empty, "--type", "q4_0"], &[]).await;
    assert_eq!(kind.status.code(), Some(2), "{kind:?}");
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn a_trial_names_what_each_model_costs_here_and_the_best() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ggml-broken.bin"), "no model").unwrap();
    let tried = livecap(folder.path(), &["try", "--threads", "1"], &[]).await;
    assert_eq!(tried.status.code(), Some(0), "{tried:?}");
    let out = text(&tried.stdout);
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("model") && lines[0].contains("RTF"), "{out}");
    let demo: Vec<&str> = lines[1].split_whitespace().collect();
    assert_eq!((demo[0], demo[2], demo[4]), ("demo", "ms", "ms"), "{out}");
    assert!(lines[1].ends_with("demo model: a small fixed vocabulary"), "{out}");
    assert!(lines[2].starts_with("broken ") && lines[2].contains("not a usable model"), "{out}");
    // The one that is built in knows a few words: nobody is told to take it.
    assert!(lines[3].starts_with("best here for English: none is here"), "{out}");
    assert!(lines[4].starts_with("best here for other languages: none is here"), "{out}");
    let unknown = livecap(folder.path(), &["try", "base.em"], &[]).await;
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
}
