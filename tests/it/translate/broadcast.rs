//! Translations as viewers get them: the real binary, real clients, a strict service.
use std::{collections::BTreeMap, fs, path::Path};

use livecap::cli::client::Client;
use serde_json::{Value, json};

use super::*;
use crate::support::program::{PATIENCE, Program, livecap};

fn pipeline(url: &str, more: &str) -> String {
    format!(
        "[lines.talk]\npath = \"talk.txt\"\n[translate.dutch]\nfrom = \"talk\"\nto = \"nl\"\nsource = \"en\"\n\
         url = \"{url}/v1\"\napi-key-env = \"LIVECAP_TEST_KEY\"\nwait = \"5ms\"\ncontext = 0\n{more}\n\
         [broadcast.web]\nfrom = [\"talk\", \"dutch\"]\nlisten = \"127.0.0.1:0\"\n"
    )
}

async fn running(folder: &Path, text: &str, talk: &str) -> (Program, String) {
    fs::write(folder.join("talk.txt"), talk).unwrap();
    fs::write(folder.join("pipeline.toml"), text).unwrap();
    let mut command = livecap(folder, &["run", "pipeline.toml"]);
    command.env("LIVECAP_TEST_KEY", "very-secret");
    let mut program = Program::start(command);
    let address = program.address().await;
    (program, address)
}

/// Everything up to the end.
async fn events(address: &str, auth: Value) -> Vec<(String, Value)> {
    let mut client = Client::connect(address, auth).await.unwrap();
    let mut all = Vec::new();
    loop {
        let event = timeout(PATIENCE, client.next()).await.unwrap().unwrap().expect("no early end");
        let ends = event.name == "end";
        all.push((event.name, event.args[0].clone()));
        if ends {
            return all;
        }
    }
}

fn named<'a>(all: &'a [(String, Value)], name: &'a str) -> impl Iterator<Item = &'a Value> {
    all.iter().filter(move |(it, _)| it == name).map(|(_, data)| data)
}

#[tokio::test]
async fn viewers_get_originals_and_the_translations_they_read_numbered_without_holes() {
    let service = Service::new([Turn::Translate, Turn::Status(500), Turn::Status(400)]);
    let url = service.serve().await;
    let folder = tempfile::tempdir().unwrap();
    // One at a time, so that it is known whose turn is whose.
    let text = pipeline(&url, "in-flight = 1\nbreaker = { failures = 100 }");
    let (program, address) = running(folder.path(), &text, "One.\nTwo.\nThree.\n").await;

    let all = events(&address, json!({ "v": 1, "from": 0 })).await;
    let hello = named(&all, "hello").next().unwrap();
    assert_eq!(hello["tracks"], json!([{ "name": "talk", "lang": "und", "langs": ["nl"] }]));
    let captions: Vec<_> = named(&all, "caption").collect();
    let numbers: Vec<_> = captions.iter().map(|it| it["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    let dutch: Vec<_> = captions.iter().filter(|it| it["lang"] == "nl").collect();
    let by_segment: BTreeMap<_, _> =
        dutch.iter().map(|it| (it["segment"].as_u64().unwrap(), it)).collect();
    assert_eq!(by_segment[&0]["text"], "NL One.");
    assert_eq!(by_segment[&0]["of"], json!({ "lang": "en", "revision": 0 }));
    assert!(
        by_segment[&0]["took"]["request"].is_u64() && by_segment[&0]["at"]["translated"].is_u64()
    );
    // The second one failed once; the third was refused while the second waited.
    assert_eq!(by_segment[&1]["text"], "NL Two.");
    assert_eq!(
        (&by_segment[&2]["text"], &by_segment[&2]["untranslated"]),
        (&json!(""), &json!("it answers 400 Bad Request: no luck"))
    );

    let english = events(&address, json!({ "v": 1, "from": 0, "langs": [] })).await;
    let langs: Vec<_> = named(&english, "caption").map(|it| it["lang"].as_str().unwrap()).collect();
    assert_eq!(langs, ["und"; 3]);
    let spanish = events(&address, json!({ "v": 1, "from": 0, "langs": ["es"] })).await;
    assert_eq!(named(&spanish, "caption").count(), 3);

    program.signal("INT").await;
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(!err.contains("very-secret"), "the key is never logged");
}

/// A pipeline that hears what the test writes.
async fn listening(folder: &Path, pipe: &str) -> (Program, String) {
    let pipe = pipe.replace("path = \"talk.txt\"", "path = \"-\"");
    fs::write(folder.join("pipeline.toml"), pipe).unwrap();
    let mut command = livecap(folder, &["run", "pipeline.toml"]);
    command.env("LIVECAP_TEST_KEY", "secret").stdin(std::process::Stdio::piped());
    let mut program = Program::start(command);
    let address = program.address().await;
    (program, address)
}

async fn next(client: &mut Client) -> (String, Value) {
    let event = timeout(PATIENCE, client.next()).await.unwrap().unwrap().expect("no end");
    (event.name, event.args[0].clone())
}

/// Reads on until the translator is in this state; everything else that came is given back.
async fn until_state(client: &mut Client, wanted: &str) -> (Value, Vec<(String, Value)>) {
    let mut others = Vec::new();
    loop {
        let (name, data) = next(client).await;
        let stages = data["stages"].as_array().cloned().unwrap_or_default();
        match stages.into_iter().find(|it| it["name"] == "dutch") {
            Some(stage) if stage["state"] == wanted => return (stage, others),
            _ => others.push((name, data)),
        }
    }
}

#[tokio::test]
async fn a_service_that_is_gone_holds_no_original_back_and_viewers_are_told_of_it_and_of_its_return()
 {
    let service = Service::new([]);
    let url = service.serve().await;
    service.gone.store(true, std::sync::atomic::Ordering::SeqCst);
    let folder = tempfile::tempdir().unwrap();
    let breaker = "breaker = { failures = 2, wait = \"20ms\", longest = \"50ms\" }";
    let text = pipeline(&url, &format!("retries = 0\n{breaker}\n"));
    let (mut program, address) = listening(folder.path(), &text).await;
    let mut client = Client::connect(&address, json!({ "v": 1, "from": 0 })).await.unwrap();
    program.write("One.\nTwo.\nThree.\n").await;
    let (stage, before) = until_state(&mut client, "degraded").await;
    assert!(stage["why"].as_str().is_some_and(|it| !it.is_empty()), "{stage}");
    service.gone.store(false, std::sync::atomic::Ordering::SeqCst);
    program.write("Four.\n").await;
    let (_, after) = until_state(&mut client, "running").await;
    let mut all: Vec<_> = before.into_iter().chain(after).collect();
    let is_last = |(name, it): &(String, Value)| {
        name == "caption" && it["lang"] == "nl" && it["segment"] == 3
    };
    while !all.iter().any(is_last) {
        all.push(next(&mut client).await);
    }
    let captions: Vec<_> = named(&all, "caption").collect();
    assert_eq!(captions.iter().filter(|it| it["lang"] == "und").count(), 4);
    let dutch: Vec<_> = captions.iter().filter(|it| it["lang"] == "nl").collect();
    assert_eq!(
        dutch.iter().map(|it| it["segment"].as_u64().unwrap()).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    for it in &dutch[..2] {
        assert!(it["untranslated"].is_string() && it["text"] == "", "{it}");
    }
    assert_eq!(dutch[3]["text"], "NL Four.");
    program.signal("INT").await;
    let (_, err) = program.exit().await;
    assert!(
        err.contains("the translator fails") && err.contains("the translator is back"),
        "{err}"
    );
}

#[tokio::test]
async fn a_plain_client_gets_translations_into_several_languages_with_their_names() {
    let service = Service::new([]);
    let url = service.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let german = format!("[translate.german]\nfrom = \"talk\"\nto = \"de\"\nurl = \"{url}/v1\"\n");
    let pipe = pipeline(&url, &german).replace("\"dutch\"]", "\"dutch\", \"german\"]");
    let (mut program, address) = listening(folder.path(), &pipe).await;
    let mut client = Client::connect(&address, json!({})).await.unwrap();
    // A plain client gets what is said from when the server has come to it on; what is open then, it sees in any case.
    program.write("{\"type\":\"intermediate\",\"text\":\"Good\"}\n").await;
    assert_eq!(next(&mut client).await, ("intermediate".to_owned(), json!("Good")));
    program.write("Good morning.\n").await;
    let mut events = [next(&mut client).await, next(&mut client).await, next(&mut client).await];
    events.sort_by_key(|(name, data)| format!("{name} {data}"));
    let translation = |lang| json!({ "lang": lang, "text": "NL Good morning." });
    let expected = [
        ("final", json!("Good morning.")),
        ("translation", translation("de")),
        ("translation", translation("nl")),
    ];
    assert_eq!(events, expected.map(|(name, data)| (name.to_owned(), data)));
    program.signal("INT").await;
    program.exit().await;
}
