//! The commands on pipes, as they are typed: lines in, the same lines and their translations out.
use std::process::Stdio;

use livecap::logic::wer::WordErrors;
use serde_json::{Value, json};

use super::*;
use crate::{
    run::shipped,
    support::program::{Program, ended, livecap},
};

fn translate(folder: &std::path::Path, url: &str, more: &[&str]) -> tokio::process::Command {
    let mut args = vec!["translate", "--to", "nl", "--from", "en"];
    let url = format!("{url}/v1");
    args.extend(["--url", &url, "--set", "wait = \"5ms\""]);
    args.extend(more);
    let mut command = livecap(folder, &args);
    command.stdin(Stdio::piped()).env("LIVECAP_TRANSLATE_KEY", "very-secret");
    command
}

/// A thousand lines: good JSON, plain text, and what is neither.
fn mixed() -> Vec<String> {
    let line = |n: usize| match n % 5 {
        0 => format!(
            "{{\"type\":\"final\",\"text\":\"Line {n}.\",\"track\":\"hall\",\"segment\":{n},\"revision\":7}}"
        ),
        1 => format!("Plain line {n}."),
        2 => format!("{{\"type\":\"final\",\"text\":\"cut of{n}"),
        3 => format!("{{\"type\":\"intermediate\",\"text\":\"Line {n}\"}}"),
        _ => format!("{{\"type\":\"gap\",\"why\":\"overload\",\"start\":{n}}}"),
    };
    (0..1000).map(line).collect()
}

#[tokio::test]
async fn a_thousand_mixed_lines_go_through_and_every_good_one_is_translated_in_order() {
    let service = Service::new([]);
    let url = service.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(translate(folder.path(), &url, &[]));
    let input = mixed();
    program.write_all_and_close(&input.join("\n"));
    let mut passed = Vec::new();
    let mut translations = Vec::new();
    while let Some(line) = program.line().await {
        match serde_json::from_str::<Value>(&line) {
            Ok(it) if it["type"] == "translation" => {
                let of = it["text"].as_str().unwrap().trim_start_matches("NL ").to_owned();
                let original = |line: &String| line.contains(&of);
                assert!(passed.iter().any(original), "{of} comes after what it is of");
                translations.push(it);
            }
            _ => passed.push(line),
        }
    }
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
    assert_eq!(passed, input);
    // A plain line, or one without a segment, ends what an intermediate before it began: it is the same segment's final.
    let expected: Vec<_> = (0..1000)
        .filter_map(|n| match n % 5 {
            0 => Some(format!("NL Line {n}.")),
            1 => Some(format!("NL Plain line {n}.")),
            _ => None,
        })
        .collect();
    let texts: Vec<_> = translations.iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert_eq!(texts, expected);
    let first = &translations[0];
    assert_eq!(
        (&first["lang"], &first["track"], &first["segment"], &first["revision"]),
        (&json!("nl"), &json!("hall"), &json!(0), &json!(7))
    );
    assert_eq!(err.matches("passed on a line that is not a caption").count(), 200, "{err}");
    assert!(err.contains("line=3"), "{err}");
    assert!(!err.contains("very-secret"));
    assert!(service.asked().iter().all(|it| it.headers["authorization"] == "Bearer very-secret"));
}

#[tokio::test]
async fn stable_partials_are_translated_clause_by_clause_where_they_are_asked_for() {
    let lines = "{\"type\":\"intermediate\",\"segment\":4,\"revision\":0,\"text\":\"When we get to the station, we\",\"committed\":\"When we get to the station,\"}\n\
                 {\"type\":\"final\",\"segment\":4,\"revision\":1,\"text\":\"When we get to the station, we wait.\"}\n";
    for (more, expected) in [
        (
            &["--partials", "stable"][..],
            vec![
                ("partial", "NL When we get to the station,"),
                ("final", "NL When we get to the station, NL we wait."),
            ],
        ),
        (&[][..], vec![("final", "NL When we get to the station, we wait.")]),
    ] {
        let service = Service::new([]);
        let url = service.serve().await;
        let folder = tempfile::tempdir().unwrap();
        let mut program = Program::start(translate(folder.path(), &url, more));
        program.write_all_and_close(lines);
        let mut given = Vec::new();
        while let Some(line) = program.line().await {
            let it: Value = serde_json::from_str(&line).unwrap();
            if it["type"] == "translation" {
                assert_eq!(it["segment"], 4);
                given.push((
                    it["kind"].as_str().unwrap().to_owned(),
                    it["text"].as_str().unwrap().to_owned(),
                ));
            }
        }
        let given: Vec<_> =
            given.iter().map(|(kind, text)| (kind.as_str(), text.as_str())).collect();
        assert_eq!(given, expected);
        program.exit().await;
    }
}

#[tokio::test]
async fn a_line_is_out_before_the_next_one_is_there_and_a_closed_pipe_or_ctrl_c_ends_it_quietly() {
    let service = Service::new([]);
    let url = service.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(translate(folder.path(), &url, &[]));
    program.write("Good morning.\n").await;
    assert_eq!(program.line().await.as_deref(), Some("Good morning."));
    let translation: Value = serde_json::from_str(&program.line().await.unwrap()).unwrap();
    assert_eq!(translation["text"], "NL Good morning.");
    program.close_output();
    program.write("Good evening.\n").await;
    let (status, err) = program.exit().await;
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));

    let stuck = Service::always(Turn::Silent);
    let url = stuck.serve().await;
    let mut program = Program::start(translate(folder.path(), &url, &[]));
    program.write("Good morning.\n").await;
    program.line().await;
    program.signal("INT").await;
    // Another one, for two of a kind may become one.
    program.signal("TERM").await;
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
}

#[tokio::test]
async fn a_stream_ends_with_its_last_words_on_ctrl_c_and_quietly_on_a_closed_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let recording = shipped("demo.flac");
    let stream =
        || Program::start(livecap(folder.path(), &["stream", &recording, "--model", "demo"]));
    let mut program = stream();
    let mut last = program.line().await.expect("something is said");
    program.signal("INT").await;
    while let Some(line) = program.line().await {
        last = line;
    }
    let last: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(last["type"], "final", "{last}");
    let (status, err) = program.exit().await;
    assert_eq!(status.code(), Some(0), "{err}");
    let mut program = stream();
    program.line().await.expect("something is said");
    program.close_output();
    assert_eq!(program.exit().await.0.code(), Some(0));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_a_mend() {
    let folder = tempfile::tempdir().unwrap();
    for (args, told) in [
        (&["translate", "--to", "nl"][..], "url = \"http://127.0.0.1:11434/v1\""),
        (&["translate", "--to", "nl", "--provider", "openia"], "did you mean `openai`?"),
        (&["translate", "--to", "nl", "--url", "localhost:80"], "is not the address of a service"),
        (
            &["translate", "--to", "nl", "--url", "http://h", "--set", "retires = 3"],
            "did you mean `retries`?",
        ),
        (&["translate", "--to", "nl", "--provider", "deepl"], "has no key"),
        (&["emit", "http://127.0.0.1:1", "-"], "cannot reach"),
        (&["stream", "nowhere.flac"], "cannot read `nowhere.flac`"),
    ] {
        let ended = ended(livecap(folder.path(), args)).await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{args:?}: {}", ended.err);
        assert!(ended.err.contains(told), "{args:?}: {}", ended.err);
    }
}

/// `livecap stream | livecap translate | livecap emit`, each at its own pipe, to a server that takes every event.
#[tokio::test]
async fn a_recording_becomes_lines_with_translations_and_then_events() {
    let service = Service::new([]);
    let url = service.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let recording = shipped("demo.flac");
    let stream =
        ended(livecap(folder.path(), &["stream", &recording, "--model", "demo", "--speed", "max"]))
            .await;
    assert_eq!(stream.code, Some(0), "{}", stream.err);
    let mut program = Program::start(translate(folder.path(), &url, &[]));
    program.write_all_and_close(&stream.out);
    let (mut text, mut translated) = (String::new(), 0);
    let mut lines = Vec::new();
    while let Some(line) = program.line().await {
        let it: Value = serde_json::from_str(&line).unwrap();
        match it["type"].as_str() {
            Some("final") => text += &format!("{} ", it["text"].as_str().unwrap()),
            Some("translation") => translated += 1,
            _ => assert_eq!(it["type"], "intermediate"),
        }
        lines.push(line);
    }
    let reference: Value =
        serde_json::from_str(&std::fs::read_to_string(shipped("demo.json")).unwrap()).unwrap();
    let errors = WordErrors::between(reference["text"].as_str().unwrap(), &text, "en");
    assert!(errors.rate().unwrap() <= 0.05, "{errors:?}: {text}");
    assert_eq!(translated, lines.iter().filter(|it| it.contains("\"type\":\"final\"")).count());

    let (server, events) = relay().await;
    let mut command = livecap(folder.path(), &["emit", &server, "-"]);
    command.stdin(Stdio::piped());
    let mut emit = Program::start(command);
    emit.write_all_and_close(&lines.join("\n"));
    let (status, err) = emit.exit().await;
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
    let mut events = events;
    for line in &lines {
        let line: Value = serde_json::from_str(line).unwrap();
        let (name, data) = timeout(SOON, events.recv()).await.unwrap().unwrap();
        assert_eq!(name, line["type"].as_str().unwrap());
        let whole = name == "translation";
        assert_eq!(data, if whole { line } else { line["text"].clone() });
    }
}

/// A Socket.IO server that takes every event.
async fn relay() -> (String, tokio::sync::mpsc::Receiver<(String, Value)>) {
    use socketioxide::extract::{Data, Event, SocketRef};
    let (given, events) = tokio::sync::mpsc::channel(4096);
    let (layer, io) = socketioxide::SocketIo::new_layer();
    io.ns("/", move |socket: SocketRef| {
        let given = given.clone();
        socket.on_fallback(move |Event(name): Event, Data(data): Data<Value>| {
            // In order: taken at once, and not in a task of its own.
            given.try_send((name, data)).unwrap();
            std::future::ready(())
        });
        std::future::ready(())
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().layer(layer);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, events)
}
