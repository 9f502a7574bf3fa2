//! Clients that mean harm: each is refused or disconnected, and nobody else notices.
use super::*;

/// A JavaScript client that hears one of these disconnects, a Python one hears nothing more.
#[tokio::test]
async fn what_would_harm_other_clients_is_refused() {
    let server = relay(settings()).await;
    let mut listener = Listener::connect(&server).await;
    let mut raw = Raw::connect(&server).await;
    for name in [
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
        "removeListener",
        "__disconnect_final",
    ] {
        raw.send(&format!("421[\"{name}\"]")).await;
        assert!(raw.text().await.contains("name of Socket.IO's own"), "{name}");
    }
    for arg in [
        r#"{"_placeholder":true,"num":1}"#,
        r#"{"_placeholder":true}"#,
        r#"[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#,
    ] {
        raw.send(&format!("451-1[\"x\",{arg}]")).await;
        raw.attach(b"1").await;
        assert!(raw.text().await.contains("an attachment is missing"), "{arg}");
    }
    let deep = format!("421[\"x\",{}{}]", "[".repeat(40_000), "]".repeat(40_000));
    raw.send(&deep).await;
    assert!(raw.text().await.contains("128 deep"));
    raw.send(&format!("421[\"{}\"]", "x".repeat(1025))).await;
    assert!(raw.text().await.contains("1024 bytes"));
    // It was refused, not disconnected: and here is the first thing that anybody hears.
    raw.send("42[\"fine\"]").await;
    assert_eq!(listener.hears().await, json!(["fine"]));
}

/// The library reads names without unescaping, and would hang up. Python clients escape all that is not ASCII.
#[tokio::test]
async fn a_name_with_an_escape_comes_through_and_keeps_its_sender() {
    let server = relay(settings()).await;
    let mut listener = Listener::connect(&server).await;
    let mut raw = Raw::connect(&server).await;
    for (sent, name) in [
        (r"gr\u00fc\u00dfe", "grüße"),
        (r#"a\"b"#, "a\"b"),
        (r"a\/b", "a/b"),
        (r"\u0041", "A"),
        (r"\\", "\\"),
        (r"\ud83d\ude00\n", "😀\n"),
    ] {
        raw.send(&format!(r#"421["{sent}",1]"#)).await;
        assert_eq!(raw.text().await, format!("42{}", json!([name, 1])));
        assert_eq!(raw.text().await, "431[]");
        assert_eq!(listener.hears().await, json!([name, 1]));
    }
    raw.send(r#"451-["\"",{"_placeholder":true,"num":0}]"#).await;
    raw.attach(b"1").await;
    let heard = listener.hears().await;
    assert_eq!(heard[0], json!("\""), "{heard}");
    // What is refused by its name is so however that is written.
    for (name, why) in [
        (r"\u0064isconnect", "name of Socket.IO's own"),
        (r"\u0063lock", "is not passed on here"),
        (r"\ud800", "a list that begins with its name"),
    ] {
        let mut raw = Raw::connect(&server).await;
        raw.send(&format!(r#"421["{name}"]"#)).await;
        let told = raw.text().await;
        assert!(told.contains(why), "{name}: {told}");
    }
}

#[tokio::test]
async fn a_name_with_an_escape_comes_through_by_long_polling_too() {
    let server = relay(settings()).await;
    let mut listener = Listener::connect(&server).await;
    let http = async |method: &str, path: &str, body: &str| {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost");
        crate::broadcast::request(&server, &head, body).await.1
    };
    let path = "/socket.io/?EIO=4&transport=polling";
    let open: Value = serde_json::from_str(&http("GET", path, "").await[1..]).unwrap();
    let session = format!("{path}&sid={}", open["sid"].as_str().unwrap());
    assert_eq!(http("POST", &session, "40").await, "ok");
    let events = "42[\"plain\"]\u{1e}42[\"a\\\"b\",1]\u{1e}42[\"gr\\u00fc\"]";
    assert_eq!(http("POST", &session, events).await, "ok");
    for heard in [json!(["plain"]), json!(["a\"b", 1]), json!(["grü"])] {
        assert_eq!(listener.hears().await, heard);
    }
}

#[tokio::test]
async fn what_is_no_packet_ends_its_sender_only() {
    let server = relay(settings()).await;
    let mut listener = Listener::connect(&server).await;
    for text in [
        "42",
        "42{}",
        "42[]",
        "42[1]",
        "42[null]",
        "4",
        "9",
        "42[\"x\"",
        "4299999999999999999999[\"x\"]",
        "45[\"x\"]",
        "451-",
        "45999999999-[\"x\"]",
        "42/é,[\"x\"]",
        "é",
        "",
    ] {
        let mut raw = Raw::connect(&server).await;
        // It may have been ended by then.
        let _ = raw.0.send(Message::text(text)).await;
        let _ = raw.0.send(Message::text("42[\"after\"]")).await;
        let _ = raw.0.close(None).await;
        assert!(raw.is_ended().await, "{text}");
    }
    listener.emit("fine", &[]).await;
    loop {
        let heard = listener.hears().await;
        if heard == json!(["fine"]) {
            break;
        }
        assert!(heard == json!(["after"]) || heard == json!(["x"]), "{heard}");
    }
}

/// An attachment that never comes, a namespace that is not there, answers to questions that nobody asked, joining over
/// and over: all of it costs the sender alone.
#[tokio::test]
async fn floods_of_odd_packets_end_or_go_nowhere() {
    let server = relay(settings()).await;
    let mut listener = Listener::connect(&server).await;
    let mut raw = Raw::connect(&server).await;
    for number in 0..1000 {
        for packet in ["40/nowhere,", "40", "43999[1]", "42/nowhere,[\"x\"]", "41/nowhere,"] {
            if raw.0.feed(Message::text(packet)).await.is_err() {
                break;
            }
        }
        if number % 100 == 0 {
            let _ = raw.0.flush().await;
        }
    }
    let _ = raw.0.flush().await;
    drop(raw);
    let mut unfinished = Raw::connect(&server).await;
    unfinished.send("451-[\"x\",{\"_placeholder\":true,\"num\":0}]").await;
    unfinished.send("42[\"in between\"]").await;
    assert!(unfinished.is_ended().await);
    listener.emit("fine", &[]).await;
    assert_eq!(listener.hears().await, json!(["fine"]));
}

#[tokio::test]
async fn auth_that_is_broken_or_too_deep_is_refused_with_a_reason() {
    let server = relay(settings()).await;
    let deep = format!("40{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    for auth in ["40{", "40[1", deep.as_str()] {
        let mut raw = Raw::open(&server).await;
        raw.send(auth).await;
        let told = raw.text().await;
        assert!(told.starts_with("44{") && told.contains("`auth` cannot be read"), "{told}");
    }
}

/// Refusals that nobody asked for would wait for ever, and what the client is to hear behind them.
#[tokio::test]
async fn who_is_refused_over_and_over_without_asking_still_hears_and_is_heard() {
    let passes = RelayFilter::Only(vec!["fine".into()]);
    let server = relay(Settings { relay: passes, ..settings() }).await;
    let mut listener = Listener::connect(&server).await;
    for _ in 0..1000 {
        listener.emit("refused", &[]).await;
        listener.emit("clock", &[]).await;
    }
    assert!(listener.call("clock", &[]).await[0]["now"].is_u64());
    Listener::connect(&server).await.emit("fine", &[]).await;
    assert_eq!(listener.hears().await, json!(["fine"]));
}
