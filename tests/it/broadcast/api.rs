//! The HTTP API: transcripts, marks, clearing, pausing, what a monitor reads, and its own description.
use livecap::{
    flow::{Gate, PoolReading},
    serve::{Token, Tokens},
    wire::MarkEvent,
};

use super::*;

fn operated() -> Settings {
    let tokens = Tokens { operator: Some(Token::new("o")), ..Tokens::default() };
    Settings { tokens, ..settings() }
}

async fn post(server: &Server, path: &str, body: &str) -> (String, String) {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer o\r\ncontent-type: application/json"
    );
    request(server, &head, body).await
}

#[tokio::test]
async fn what_was_said_is_written_as_json_text_and_subtitles() {
    let mut pipeline = Pipeline::start(operated()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    pipeline.finish("one and two").await;
    pipeline.finish_on(1, "elsewhere").await;
    pipeline.lose(Why::Overload).await;
    for _ in 0..3 {
        viewer.event().await;
    }
    assert!(post(&pipeline.server, "/api/mark", r#"{"text":"applause"}"#).await.1.contains("4"));
    pipeline.finish("three").await;
    while viewer.event().await.name != "caption" {}

    let (head, body) = get(&pipeline.server, "/api/transcript.json").await;
    assert!(head.contains("content-type: application/json"), "{head}");
    let all: Value = serde_json::from_str(&body).unwrap();
    let events = all["events"].as_array().unwrap();
    let short: Vec<_> =
        events.iter().map(|it| (it["type"].as_str().unwrap(), it["seq"].as_u64())).collect();
    assert_eq!(
        short,
        [
            ("caption", Some(1)),
            ("caption", Some(2)),
            ("gap", Some(3)),
            ("mark", Some(4)),
            ("caption", Some(5))
        ]
    );
    assert_eq!((all["next"].as_u64(), &events[3]["text"]), (Some(6), &json!("applause")));
    assert!(events[0]["words"].is_array() && events[0]["at"]["captured"].is_u64());

    for (query, wanted) in [
        ("from=2&to=4", vec![2, 3]),
        ("from=0&to=2", vec![1]),
        ("track=second", vec![2, 4]),
        ("lang=nl", vec![3, 4]),
        ("from=6", vec![]),
        ("from=99999999999999999", vec![]),
    ] {
        let (_, body) = get(&pipeline.server, &format!("/api/transcript.json?{query}")).await;
        let part: Value = serde_json::from_str(&body).unwrap();
        let numbers: Vec<_> = part["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["seq"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, wanted, "{query}");
    }
    let (_, text) = get(&pipeline.server, "/api/transcript.txt?track=english").await;
    assert_eq!(text, "one and two\nthree\n");
    let (_, srt) = get(&pipeline.server, "/api/transcript.srt?track=english").await;
    assert_eq!(
        srt,
        "1\n00:00:00,000 --> 00:00:01,000\none and two\n\n2\n00:00:01,500 --> 00:00:02,500\nthree\n\n"
    );
    let (head, vtt) = get(&pipeline.server, "/api/transcript.vtt?from=5").await;
    assert!(head.contains("text/vtt"), "{head}");
    assert_eq!(vtt, "WEBVTT\n\n00:00:01.500 --> 00:00:02.500\nthree\n\n");

    for (path, status) in [
        ("/api/transcript.pdf", "404"),
        ("/api/transcript.json?from=x", "400"),
        ("/api/transcript.json?since=1", "400"),
    ] {
        let (head, body) = get(&pipeline.server, path).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {head}");
        assert!(serde_json::from_str::<Value>(&body).unwrap()["error"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn who_spoke_stands_in_each_format_and_can_be_asked_for() {
    let mut pipeline = Pipeline::start(operated()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    for (track, name, text) in
        [(0, "Ada", "one"), (0, "Ada", "two"), (1, "B <b>", "three"), (0, "Ada", "four")]
    {
        pipeline.tracks[track].set_speaker(Speaker::named(name));
        pipeline.finish_on(track, text).await;
        assert_eq!(viewer.caption().await.speaker.as_deref(), Some(name));
    }
    let read = async |path: &str| get(&pipeline.server, &format!("/api/transcript.{path}")).await.1;
    assert_eq!(read("txt").await, "Ada: one\ntwo\nB <b>: three\nAda: four\n");
    assert_eq!(read("txt?track=english").await, "one\ntwo\nfour\n", "nobody else speaks there");
    assert_eq!(read("txt?speaker=B%20%3Cb%3E").await, "three\n");
    let srt = read("srt").await;
    assert_eq!(srt.matches("Ada: ").count(), 2, "{srt}");
    assert!(srt.contains("\nB <b>: three\n"), "{srt}");
    let vtt = read("vtt").await;
    assert_eq!(vtt.matches("<v Ada>").count(), 3, "{vtt}");
    assert!(vtt.contains("\n<v B &lt;b&gt;>three\n"), "{vtt}");
    let json: Value = serde_json::from_str(&read("json?speaker=Ada").await).unwrap();
    let names = json["events"].as_array().unwrap().iter().map(|it| it["speaker"].as_str());
    assert_eq!(names.collect::<Vec<_>>(), [Some("Ada"); 3]);
}

#[tokio::test]
async fn marks_and_clearing_reach_caption_clients_in_their_place() {
    let mut pipeline = Pipeline::start(operated()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    pipeline.finish("one").await;
    assert_eq!(viewer.final_text().await.0, 1);
    let (head, body) = post(&pipeline.server, "/api/mark", r#"{"text":"here"}"#).await;
    assert!(head.starts_with("HTTP/1.1 200") && body == r#"{"seq":2}"#, "{head} {body}");
    let mark = viewer.expect::<MarkEvent>("mark").await;
    assert_eq!((mark.seq, mark.text.as_str(), mark.start), (2, "here", 0.5));
    assert!(post(&pipeline.server, "/api/clear", "").await.0.starts_with("HTTP/1.1 204"));
    assert_eq!(viewer.expect::<Value>("clear").await, json!({}));
    // A mark is kept, a clearing is of the moment.
    let mut late = pipeline.viewer(json!({ "v": 1, "from": 0 })).await;
    late.expect::<Hello>("hello").await;
    assert_eq!(late.final_text().await.0, 1);
    assert_eq!(late.expect::<MarkEvent>("mark").await, mark);
    assert_eq!(late.expect::<Next>("live").await.next, 3);
    for body in
        [r#"{"text":1}"#, "{", r#"{"name":"x"}"#, &format!("{{\"text\":\"{}\"}}", "x".repeat(1001))]
    {
        let (head, told) = post(&pipeline.server, "/api/mark", body).await;
        assert!(head.starts_with("HTTP/1.1 4") && told.contains("error"), "{head} {told}");
    }
}

#[tokio::test]
async fn a_pause_is_told_of_and_the_end_is_asked_for() {
    let pipeline = Pipeline::start(operated()).await;
    let gate = Gate::default();
    pipeline.server.operate(gate.clone());
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    assert!(post(&pipeline.server, "/api/pause", "").await.0.starts_with("HTTP/1.1 204"));
    assert!(gate.is_paused());
    assert!(viewer.expect::<StateEvent>("state").await.paused);
    assert!(post(&pipeline.server, "/api/resume", "").await.0.starts_with("HTTP/1.1 204"));
    assert!(!viewer.expect::<StateEvent>("state").await.paused);
    assert!(post(&pipeline.server, "/api/end", "").await.0.starts_with("HTTP/1.1 202"));
    timeout(SOON, gate.end_asked_for()).await.unwrap();
}

#[tokio::test]
async fn a_monitor_reads_what_the_server_and_its_stages_count() {
    let mut pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    pipeline.finish("one").await;
    viewer.final_text().await;
    // Before anything changes: a new count is news of the state, and one delivery more.
    let (_, before) = get(&pipeline.server, "/metrics").await;
    assert!(before.contains("livecap_delivered_total 3\n"), "{before}");
    pipeline.recogniser.count("frames-dropped");
    pipeline.recogniser.shows_engines(|| PoolReading { size: 2, lent: 1, waiting: 3 });
    let (head, body) = get(&pipeline.server, "/metrics").await;
    assert!(head.contains("application/openmetrics-text"), "{head}");
    for line in [
        "livecap_viewers 1",
        "livecap_numbered_total 1",
        "livecap_turned_away_total 0",
        "livecap_stage_state{stage=\"english\",state=\"running\"} 1",
        "livecap_stage_counts_total{stage=\"english\",what=\"frames-dropped\"} 1",
        "livecap_edge_dropped_total{from=\"english\",to=\"web\"} 0",
        "livecap_engines{stage=\"english\",what=\"all\"} 2",
        "livecap_engines{stage=\"english\",what=\"lent\"} 1",
        "livecap_engines{stage=\"english\",what=\"awaited\"} 3",
        "# EOF",
    ] {
        assert!(body.lines().any(|it| it == line), "{line}: {body}");
    }
}

/// The description is made of the handlers: what it names is there, and what is there it names.
#[tokio::test]
async fn the_api_describes_itself() {
    let pipeline = Pipeline::start(operated()).await;
    let (_, body) = get(&pipeline.server, "/api/openapi.json").await;
    let description: Value = serde_json::from_str(&body).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let mut names: Vec<_> = paths.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "/api/archive",
            "/api/archive/search",
            "/api/archive/{event}",
            "/api/archive/{event}/passages",
            "/api/archive/{event}/transcript.{format}",
            "/api/captions",
            "/api/clear",
            "/api/correct",
            "/api/end",
            "/api/graph",
            "/api/held",
            "/api/join",
            "/api/log",
            "/api/mark",
            "/api/pause",
            "/api/replace",
            "/api/resume",
            "/api/speak",
            "/api/speakers",
            "/api/speakers/{id}",
            "/api/state",
            "/api/transcript.{format}",
            "/api/vocabulary",
            "/healthz",
            "/metrics",
            "/readyz",
        ]
    );
    for (path, methods) in paths {
        for method in methods.as_object().unwrap().keys() {
            let path = path.replace("{format}", "txt");
            let head = format!("{} {path} HTTP/1.1\r\nhost: localhost", method.to_uppercase());
            let (head, body) = request(&pipeline.server, &head, "").await;
            let status = head.split(' ').nth(1).unwrap().to_owned();
            // The archive is there, and says that this broadcast has none.
            let has_none = path.starts_with("/api/archive") && body.contains("journal");
            assert!(status != "404" || has_none, "{method} {path}: {head}");
            assert!(status != "405", "{method} {path}: {head}");
            let told = &methods[method]["responses"];
            let known = told.get(&status).is_some() || ["415", "400"].contains(&status.as_str());
            assert!(known, "{method} {path}: {status} is not described");
        }
    }
}
