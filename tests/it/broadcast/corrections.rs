//! Corrections as clients get them: at once, late, without words, and not at all.
use livecap::{
    serve::{Token, Tokens},
    wire::CorrectionEvent,
};

use super::*;
use crate::relay::clients::printed_with;

fn operated() -> Settings {
    let tokens = Tokens { operator: Some(Token::new("o")), ..Tokens::default() };
    Settings { tokens, ..settings() }
}

pub(super) async fn correct(server: &Server, body: &Value) -> (u16, Value) {
    let head = "POST /api/correct HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer o\r\ncontent-type: application/json";
    let (head, body) = request(server, head, &body.to_string()).await;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

fn wanted(before: &str, text: &str) -> Value {
    json!({ "track": "english", "segment": 0, "lang": "en", "before": before, "text": text, "by": "Ada" })
}

#[tokio::test]
async fn a_correction_reaches_who_is_there_and_who_comes_later() {
    let mut pipeline = Pipeline::start(operated()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    let mut plain = pipeline.viewer(json!({})).await;
    pipeline.finish("ask Morgan").await;
    assert_eq!(viewer.final_text().await.0, 1);
    let (status, done) = correct(&pipeline.server, &wanted("ask Morgan", "ask Morgen ")).await;
    assert_eq!((status, done), (200, json!({ "seq": 2, "text": "ask Morgen" })));
    let there: CorrectionEvent = viewer.expect("correction").await;
    assert_eq!(
        (there.seq, there.text.as_str(), there.before.as_str()),
        (2, "ask Morgen", "ask Morgan")
    );
    assert_eq!((there.by.as_str(), there.segment, there.words), ("Ada", 0, None));
    assert!(there.at > 1_600_000_000_000);
    pipeline.finish("next").await;

    let mut late = pipeline.viewer(json!({ "v": 1, "from": 0, "words": true, "langs": [] })).await;
    late.expect::<Hello>("hello").await;
    assert_eq!(late.final_text().await, (1, "ask Morgan".to_owned()));
    let again: CorrectionEvent = late.expect("correction").await;
    assert_eq!((again.seq, again.words.unwrap()[1].word.as_str()), (2, " Morgen"));
    assert_eq!(late.final_text().await, (3, "next".to_owned()));
    assert_eq!(late.expect::<Next>("live").await.next, 4);
    // Who comes back has one missing number, and gets it.
    let mut back = pipeline.viewer(json!({ "v": 1, "from": 2 })).await;
    back.expect::<Hello>("hello").await;
    assert_eq!(back.expect::<CorrectionEvent>("correction").await.seq, 2);
    // A client that knows no corrections has the texts as they were said, and nothing else.
    for text in ["ask Morgan", "next"] {
        assert_eq!(plain.expect::<String>("final").await, text);
    }
    assert_eq!(get(&pipeline.server, "/api/transcript.txt").await.1, "ask Morgen\nnext\n");
}

#[tokio::test]
async fn of_two_operators_the_slower_one_is_told_what_the_other_wrote() {
    let mut pipeline = Pipeline::start(operated()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    pipeline.finish("ask Morgan").await;
    viewer.final_text().await;
    let first = wanted("ask Morgan", "ask Morgen");
    let second = wanted("ask Morgan", "ask Mogran");
    let (one, two) =
        tokio::join!(correct(&pipeline.server, &first), correct(&pipeline.server, &second));
    let (lost, won) = if one.0 == 409 { (one, two) } else { (two, one) };
    assert_eq!((lost.0, won.0), (409, 200));
    assert_eq!(lost.1["text"], won.1["text"]);
    assert_eq!(lost.1["error"], "it was changed meanwhile");
    let text = won.1["text"].as_str().unwrap();
    let undo = correct(&pipeline.server, &wanted(text, "ask Morgan")).await;
    assert_eq!(undo, (200, json!({ "seq": 3, "text": "ask Morgan" })));

    let with = |name: &str, value: Value| {
        let mut it = wanted("ask Morgan", "ask");
        it[name] = value;
        it
    };
    for (body, status) in [
        (with("text", json!("ask Morgan")), 400),
        (with("text", json!("x".repeat(4001))), 400),
        (with("by", json!("x".repeat(61))), 400),
        (with("segment", json!(7)), 404),
        (with("lang", json!("nl")), 404),
        (with("track", json!("second")), 404),
        (with("seq", json!(1)), 422),
    ] {
        let (told, answer) = correct(&pipeline.server, &body).await;
        assert!(told == status && answer["error"].is_string(), "{told} {body} {answer}");
    }
    let (status, _) = correct(&pipeline.server, &with("by", Value::Null)).await;
    assert_eq!(status, 200);
    for by in ["Ada", "Ada", "operator"] {
        assert_eq!(viewer.expect::<CorrectionEvent>("correction").await.by, by);
    }
}

#[tokio::test]
async fn a_masked_word_reaches_nobody_who_comes_later() {
    let mut pipeline = Pipeline::start(operated()).await;
    let mut viewer = pipeline.viewer(json!({ "v": 1, "words": true })).await;
    viewer.hello().await;
    pipeline.finish("damn good Damn.").await;
    viewer.final_text().await;
    let mask = |word: &str, before: &str| json!({ "track": "english", "segment": 0, "lang": "en", "before": before, "mask": word, "by": "Ada" });
    let (status, done) = correct(&pipeline.server, &mask("damn", "damn good Damn.")).await;
    assert_eq!((status, done), (200, json!({ "seq": 2, "text": "*** good ***." })));
    let there: CorrectionEvent = viewer.expect("correction").await;
    assert_eq!(
        (there.text.as_str(), there.before.as_str(), there.masked),
        ("*** good ***.", "", true)
    );
    assert_eq!(there.words.unwrap()[0].word, " ***");
    for (body, status) in [
        (mask("nothing", "*** good ***."), 400),
        (mask("good", "damn good Damn."), 409),
        (json!({ "track": "english", "segment": 0, "lang": "en", "before": "*** good ***." }), 400),
    ] {
        assert_eq!(correct(&pipeline.server, &body).await.0, status, "{body}");
    }
    let mut late = pipeline.viewer(json!({ "v": 1, "from": 0, "words": true })).await;
    late.expect::<Hello>("hello").await;
    let whole = late.caption().await;
    assert_eq!((whole.text.as_str(), whole.seq), ("*** good ***.", 1));
    assert!(whole.words.unwrap().iter().all(|it| !it.word.to_lowercase().contains("damn")));
    assert_eq!(late.expect::<CorrectionEvent>("correction").await.seq, 2);
    for format in ["json", "txt", "srt", "vtt", "ttml"] {
        let (_, text) = get(&pipeline.server, &format!("/api/transcript.{format}")).await;
        assert!(!text.to_lowercase().contains("damn") && text.contains("***"), "{text}");
    }
}

/// python-socketio as people have it: a plain client and one that takes captions, there from the beginning or late.
#[tokio::test]
async fn pythons_client_that_knows_no_corrections_has_a_sensible_transcript() {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/target/clients/bin/python");
    if !std::path::Path::new(python).exists() {
        println!("skipped: python-socketio is not installed, `.ci/setup tests` does that");
        return;
    }
    for transport in ["websocket", "polling"] {
        let mut pipeline = Pipeline::start(operated()).await;
        let url = pipeline.url();
        let client = |auth: Option<&str>| {
            let args: Vec<String> =
                [transport].into_iter().chain(auth).map(str::to_owned).collect();
            let url = url.clone();
            tokio::spawn(async move {
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                printed_with("python-socketio", "transcript.py", &url, &args).await.unwrap()
            })
        };
        let texts = async |client: JoinHandle<Vec<Value>>| -> Vec<String> {
            let lines = client.await.unwrap();
            lines.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
        };
        let (plain, early) = (client(None), client(Some(r#"{"v":1}"#)));
        let there = async {
            let head =
                "GET /api/state HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer o".to_owned();
            loop {
                let (_, state) = request(&pipeline.server, &head, "").await;
                let state: Value = serde_json::from_str(&state).unwrap();
                if state["viewers"].as_u64() == Some(2) {
                    return;
                }
            }
        };
        timeout(SOON, there).await.expect("both are there");
        // One who is there all the time shows how far it is.
        let mut viewer = pipeline.viewer(captions()).await;
        viewer.hello().await;
        pipeline.finish("ask Morgan").await;
        viewer.final_text().await;
        let (status, _) = correct(&pipeline.server, &wanted("ask Morgan", "ask Morgen")).await;
        assert_eq!(status, 200);
        pipeline.finish("damn good").await;
        viewer.expect::<CorrectionEvent>("correction").await;
        viewer.final_text().await;
        let mask = json!({ "track": "english", "segment": 1, "lang": "en", "before": "damn good", "mask": "damn" });
        assert_eq!(correct(&pipeline.server, &mask).await.0, 200);
        let late = client(Some(r#"{"v":1,"from":0}"#));
        pipeline.finish("it is over").await;
        // Once each, in order, as it was said; and who comes late finds nothing that was masked.
        let said = ["ask Morgan", "damn good", "it is over"];
        assert_eq!(texts(plain).await, said, "{transport}");
        assert_eq!(texts(early).await, said, "{transport}");
        assert_eq!(texts(late).await, ["ask Morgan", "*** good", "it is over"], "{transport}");
    }
}
