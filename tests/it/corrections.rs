//! Corrections in the real binary: translations are asked for again, and "always" reaches the rules that run.
use std::{fs, process::Stdio};

use livecap::cli::client::Client;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    support::{
        program::{PATIENCE, Program, ask_with, livecap},
        viewer::{next_where, viewer},
    },
    translate::{Service, Turn},
};

const TOKEN: &str = "of-an-operator";

struct Running {
    _folder: tempfile::TempDir,
    program: Program,
    address: String,
    viewer: Client,
}

impl Running {
    /// `tables`: what stands between `talk` and the broadcast, which hears `from`.
    async fn start(tables: &str, from: &str) -> Running {
        Running::start_with(tables, from, "").await
    }

    /// `more`: keys of the broadcast.
    async fn start_with(tables: &str, from: &str, more: &str) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[lines.talk]\n{tables}\n[broadcast.web]\nfrom = {from}\nlisten = \"127.0.0.1:0\"\noperator-token-env = \"OPERATOR\"\n{more}\n"
        );
        fs::write(folder.path().join("pipeline.toml"), text).unwrap();
        let mut command = livecap(folder.path(), &["run", "pipeline.toml"]);
        command.env("OPERATOR", TOKEN).env("KEY", "very-secret").stdin(Stdio::piped());
        let mut program = Program::start(command);
        let address = program.address().await;
        let viewer = viewer(&address, 0).await;
        Running { _folder: folder, program, address, viewer }
    }

    /// The next event of that name in that language.
    async fn next(&mut self, name: &str, lang: &str) -> Value {
        next_where(&mut self.viewer, name, |it| it["lang"] == lang).await
    }

    async fn post(&self, path: &str, body: &Value) -> String {
        ask_with(&self.address, "POST", path, TOKEN, &body.to_string()).await
    }

    async fn correct(&self, lang: &str, before: &str, text: &str) {
        let wanted =
            json!({ "track": "talk", "segment": 0, "lang": lang, "before": before, "text": text });
        let answer = self.post("/api/correct", &wanted).await;
        assert!(answer.contains("200 OK"), "{answer}");
    }
}

fn dutch(url: &str, more: &str) -> String {
    format!(
        "[translate.dutch]\nfrom = \"talk\"\nto = \"nl\"\nsource = \"en\"\nurl = \"{url}/v1\"\napi-key-env = \"KEY\"\n\
         wait = \"5ms\"\ncontext = 0\n{more}"
    )
}

#[tokio::test]
async fn the_translation_of_a_corrected_original_is_asked_for_again() {
    let service = Service::new([]);
    let tables = dutch(&service.serve().await, "");
    let mut running = Running::start(&tables, "[\"talk\", \"dutch\"]").await;
    running.program.write("Ask Morgan.\n").await;
    assert_eq!(running.next("caption", "nl").await["text"], "NL Ask Morgan.");
    running.correct("und", "Ask Morgan.", "Ask Morgen.").await;
    let original = running.next("correction", "und").await;
    let again = running.next("correction", "nl").await;
    assert_eq!(
        (&again["text"], &again["before"]),
        (&json!("NL Ask Morgen."), &json!("NL Ask Morgan."))
    );
    assert_eq!((&again["by"], &again["of"]), (&json!("dutch"), &json!("en")));
    assert!(original["seq"].as_u64() < again["seq"].as_u64());
    // A correction of the translation itself asks for nothing.
    running.correct("nl", "NL Ask Morgen.", "Vraag Morgen.").await;
    assert_eq!(running.next("correction", "nl").await["by"], "operator");
    running.program.write("Next.\n").await;
    assert_eq!(running.next("caption", "nl").await["text"], "NL Next.");
    assert_eq!(service.asked().len(), 3);
}

#[tokio::test]
async fn a_translation_that_fails_again_stays_as_it_was_and_the_log_says_so() {
    let service = Service::new([Turn::Translate, Turn::Status(400)]);
    let tables = dutch(&service.serve().await, "retries = 0\n");
    let mut running = Running::start(&tables, "[\"talk\", \"dutch\"]").await;
    running.program.write("Ask Morgan.\n").await;
    running.next("caption", "nl").await;
    running.correct("und", "Ask Morgan.", "Ask Morgen.").await;
    running.program.said("stays as it was").await;
    running.program.write("Next.\n").await;
    assert_eq!(running.next("caption", "nl").await["text"], "NL Next.", "captions go on");
}

#[tokio::test]
async fn a_rule_that_an_operator_adds_holds_from_then_on() {
    let tables = "[replace.names]\nfrom = \"talk\"\nwords = { \"life cap\" = \"livecap\" }\n";
    let mut running = Running::start(tables, "\"names\"").await;
    running.program.write("Ask Morgan about life cap.\n").await;
    assert_eq!(running.next("caption", "und").await["text"], "Ask Morgan about livecap.");
    let rule = json!({ "track": "talk", "from": "Morgan", "to": "Morgen" });
    let answer = running.post("/api/replace", &rule).await;
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["stage"], "names", "{answer}");
    assert_eq!(body["paste"], "[replace.names.words]\n\"Morgan\" = \"Morgen\"");
    running.program.said("an operator has added a rule").await;
    running.program.write("Ask morgan about life cap.\n").await;
    assert_eq!(running.next("caption", "und").await["text"], "Ask Morgen about livecap.");
    for (wrong, status) in [
        (json!({ "track": "other", "from": "a", "to": "b" }), "409"),
        (json!({ "track": "talk", "lang": "nl", "from": "a", "to": "b" }), "409"),
        (json!({ "track": "talk", "from": " ", "to": "b" }), "400"),
        (json!({ "track": "talk", "from": "x".repeat(201), "to": "b" }), "400"),
    ] {
        let answer = running.post("/api/replace", &wrong).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{wrong} {answer}");
    }
    let vocabulary =
        running.post("/api/vocabulary", &json!({ "track": "talk", "text": "x" })).await;
    assert!(vocabulary.contains("409") && vocabulary.contains("no recogniser"), "{vocabulary}");
}

#[tokio::test]
async fn a_translation_of_what_nobody_saw_is_not_shown_and_is_asked_for_again() {
    let service = Service::new([]);
    let tables = dutch(&service.serve().await, "");
    let mut running =
        Running::start_with(&tables, "[\"talk\", \"dutch\"]", "hold-back = \"2s\"").await;
    running.program.write("Ask damn Morgan.\n").await;
    let mask = json!({ "track": "talk", "segment": 0, "mask": "damn", "by": "Ada" });
    let masked = async {
        while !running.post("/api/held", &mask).await.contains(" 204 ") {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, masked).await.expect("it is held back");
    let original = running.next("caption", "und").await;
    assert_eq!(
        (&original["text"], &original["edited_by"]),
        (&json!("Ask *** Morgan."), &json!("Ada"))
    );
    let translation = running.next("caption", "nl").await;
    assert_eq!(translation["untranslated"], "its original was changed before anybody saw it");
    let again = running.next("correction", "nl").await;
    assert_eq!((&again["text"], &again["before"]), (&json!("NL Ask *** Morgan."), &json!("")));
}
