//! Captions that are held back: what readers get and when, and what an operator changes before that.
use livecap::serve::{Token, Tokens};

use super::*;

fn held(time: u64) -> Settings {
    let tokens = Tokens { operator: Some(Token::new("o")), ..Tokens::default() };
    Settings { tokens, hold_back: Some(Duration::from_millis(time)), ..settings() }
}

async fn ask(server: &Server, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer o\r\ncontent-type: application/json"
    );
    let (head, body) = request(server, &head, &body.to_string()).await;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(&body).unwrap_or_default())
}

/// What operators see of it, once there is so much.
async fn waiting(server: &Server, count: usize) -> Vec<Value> {
    let there = async {
        loop {
            let (_, told) = ask(server, "GET", "/api/captions", &Value::Null).await;
            let held = told["held"].as_array().unwrap().clone();
            if held.len() == count {
                return held;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, there).await.expect("it is held")
}

fn change(segment: u64, how: &str, what: &str) -> Value {
    json!({ "track": "english", "segment": segment, how: what, "by": "Ada" })
}

#[tokio::test]
async fn captions_come_after_the_time_and_the_lag_counts_it() {
    let mut pipeline = Pipeline::start(held(400)).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    let begun = Instant::now();
    pipeline.partial("so", "far").await;
    let partial = viewer.caption().await;
    assert!(begun.elapsed() >= Duration::from_millis(400));
    assert_eq!((partial.committed.as_deref(), partial.seq), (Some("so"), 0));
    pipeline.finish("far so good").await;
    let whole = viewer.caption().await;
    assert_eq!(
        (whole.text.as_str(), whole.seq, whole.edited_by.as_deref()),
        ("so far so good", 1, None)
    );
    assert!(whole.at.published.unwrap() >= 400, "{:?}", whole.at);
    let state: Value = serde_json::from_str(&get(&pipeline.server, "/api/state").await.1).unwrap();
    assert!(state["lag_ms"].as_u64().unwrap() >= 400, "{state}");
    // The end comes behind what is held back.
    pipeline.finish("last").await;
    let (_server, _) = pipeline.end().await;
    assert_eq!(viewer.final_text().await, (2, "last".to_owned()));
    assert_eq!(viewer.expect::<Next>("end").await.next, 3);
}

#[tokio::test]
async fn what_an_operator_masks_or_edits_nobody_has_seen() {
    let mut pipeline = Pipeline::start(held(3000)).await;
    let mut viewer = pipeline.viewer(json!({ "v": 1, "words": true })).await;
    viewer.hello().await;
    let mut plain = pipeline.viewer(json!({})).await;
    pipeline.finish("so damn good").await;
    pipeline.finish("ask Morgan").await;
    let told = waiting(&pipeline.server, 2).await;
    assert_eq!((&told[0]["text"], &told[0]["is_final"]), (&json!("so damn good"), &json!(true)));
    assert!((1..=3000).contains(&told[0]["left_ms"].as_u64().unwrap()), "{told:?}");
    let server = &pipeline.server;
    for (body, status) in [
        (change(0, "mask", "Damn"), 204),
        (change(1, "text", " ask  Morgen "), 204),
        (change(7, "mask", "damn"), 404),
        (change(0, "mask", " "), 400),
        (json!({ "track": "english", "segment": 0 }), 400),
    ] {
        assert_eq!(ask(server, "POST", "/api/held", &body).await.0, status, "{body}");
    }
    assert_eq!(waiting(server, 2).await[0]["text"], "so *** good");
    let whole = viewer.caption().await;
    assert_eq!((whole.text.as_str(), whole.edited_by.as_deref()), ("so *** good", Some("Ada")));
    assert_eq!(whole.words.unwrap()[1].word, " ***");
    assert_eq!(viewer.final_text().await, (2, "ask Morgen".to_owned()));
    for text in ["so *** good", "ask Morgen"] {
        assert_eq!(plain.expect::<String>("final").await, text);
    }
    let (_, transcript) = get(server, "/api/transcript.json").await;
    assert!(!transcript.contains("damn") && !transcript.contains("original"), "{transcript}");
    assert_eq!(ask(server, "POST", "/api/held", &change(0, "mask", "so")).await.0, 404);
}

#[tokio::test]
async fn what_readers_were_promised_is_corrected_and_not_changed() {
    let mut pipeline = Pipeline::start(held(1500)).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    pipeline.partial("so damn", "").await;
    assert_eq!(viewer.caption().await.text, "so damn");
    pipeline.partial("so damn good", "").await;
    waiting(&pipeline.server, 1).await;
    let server = &pipeline.server;
    let (status, told) = ask(server, "POST", "/api/held", &change(0, "mask", "damn")).await;
    assert_eq!(
        (status, &told["error"]),
        (409, &json!("readers have seen it already: correct it once it is final"))
    );
    let open = ask(server, "POST", "/api/held", &change(0, "text", "so damn fine")).await;
    assert!(
        open.0 == 409 && open.1["error"].as_str().unwrap().contains("not complete"),
        "{open:?}"
    );
    let none = Pipeline::start(Settings { hold_back: None, ..held(0) }).await;
    assert_eq!(ask(&none.server, "POST", "/api/held", &change(0, "mask", "damn")).await.0, 409);
}

#[tokio::test]
async fn what_is_held_back_comes_out_before_the_server_ends() {
    let mut pipeline = Pipeline::start(held(3_600_000)).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    pipeline.finish("one").await;
    waiting(&pipeline.server, 1).await;
    let server = pipeline.server;
    let (closed, ()) = tokio::join!(viewer.final_text(), server.shutdown(SOON));
    assert_eq!(closed, (1, "one".to_owned()));
}
