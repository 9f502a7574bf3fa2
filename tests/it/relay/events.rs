//! What is passed on, to whom, in which order; and what each trap of the library below would have made of it.
use super::*;

#[tokio::test]
async fn every_event_comes_to_all_the_sender_included_as_it_was_sent() {
    let server = relay(settings()).await;
    let (mut one, mut other) = (Listener::connect(&server).await, Listener::connect(&server).await);
    let mut sender = Raw::connect(&server).await;
    for event in [
        r#"["demo",1467]"#,
        r#"["several","a",{"z":1,"a":[null,1.50]},12345678901234567890123]"#,
        r#"[""]"#,
        r#"["grüße","é"]"#,
        r#"["looks",{"_placeholder":true,"num":3}]"#,
    ] {
        sender.send(&format!("42{event}")).await;
        assert_eq!(sender.text().await, format!("42{event}"));
        let event: Value = serde_json::from_str(event).unwrap();
        assert_eq!(one.hears().await, event);
        assert_eq!(other.hears().await, event);
    }
    sender
        .send(r#"452-["x",{"b":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}]"#)
        .await;
    sender.attach(b"\x00").await;
    sender.attach(b"\x01\xff").await;
    for listener in [&mut one, &mut other] {
        let event = listener.event().await;
        assert_eq!(event.name, "x");
        let place = |num| json!({ "_placeholder": true, "num": num });
        assert_eq!(event.args, [json!({ "b": place(0) }), place(1)]);
        assert_eq!(
            event.attachments,
            [Bytes::from_static(b"\x01\xff"), Bytes::from_static(b"\x00")]
        );
    }
}

#[tokio::test]
async fn an_acknowledgement_comes_back_empty_once_the_event_was_handed_on() {
    let server = relay(settings()).await;
    let (mut one, mut other) = (Listener::connect(&server).await, Listener::connect(&server).await);
    assert_eq!(one.call("asked", &[json!("?")]).await, [] as [Value; 0]);
    assert_eq!(other.hears().await, json!(["asked", "?"]));
    // The clock is the server's own, and reaches nobody.
    assert!(one.call("clock", &[]).await[0]["now"].is_u64());
    one.emit("painted", &[json!({})]).await;
    one.emit("next", &[]).await;
    assert_eq!(other.hears().await, json!(["next"]));
}

/// Handlers of the library are tasks, which overtake each other: what it is told synchronously keeps its order. Bursts are
/// more than any queue of it holds.
#[tokio::test]
async fn bursts_reach_everybody_whole_and_in_order() {
    const COUNT: u64 = 10_000;
    let server = relay(settings()).await;
    let mut listeners = Vec::new();
    for _ in 0..8 {
        listeners.push(Listener::connect(&server).await);
    }
    let sender = Raw::connect(&server).await;
    let (mut out, mut back) = sender.0.split();
    let sending = async {
        for number in 0..COUNT {
            out.feed(Message::text(format!("42{number}[\"n\",{number}]"))).await.unwrap();
        }
        out.flush().await.unwrap();
    };
    let echoes = async {
        let (mut echo, mut acked) = (0, 0);
        while echo < COUNT || acked < COUNT {
            let Some(Ok(Message::Text(text))) = back.next().await else { continue };
            if let Some(event) = text.strip_prefix("42") {
                assert_eq!(event, format!("[\"n\",{echo}]"));
                echo += 1;
            } else if let Some(ack) = text.strip_prefix("43") {
                assert_eq!(ack, format!("{acked}[]"));
                acked += 1;
            }
        }
    };
    let hearing = futures::future::join_all(listeners.iter_mut().map(async |it| {
        for number in 0..COUNT {
            assert_eq!(it.hears().await, json!(["n", number]));
        }
    }));
    timeout(SOON, async { tokio::join!(sending, echoes, hearing) }).await.unwrap();
}

/// Handlers that are registered by a connect handler come too late for these: it is a task, too.
#[tokio::test]
async fn what_is_sent_right_after_connecting_is_heard() {
    let server = relay(settings()).await;
    let mut listener = Listener::connect(&server).await;
    for number in 0..100 {
        let mut sender = Listener::connect(&server).await;
        sender.emit("first", &[json!(number)]).await;
        assert_eq!(listener.hears().await, json!(["first", number]));
        assert_eq!(sender.hears().await, json!(["first", number]));
    }
}

#[tokio::test]
async fn a_burst_by_long_polling_comes_whole() {
    const COUNT: u64 = 1000;
    let server = relay(settings()).await;
    let mut listener = Listener::connect(&server).await;
    let http = async |method: &str, path: String, body: String| {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost");
        crate::broadcast::request(&server, &head, &body).await
    };
    let path = "/socket.io/?EIO=4&transport=polling";
    let (_, open) = http("GET", path.into(), String::new()).await;
    let open: Value = serde_json::from_str(&open[1..]).unwrap();
    let session = format!("{path}&sid={}", open["sid"].as_str().unwrap());
    http("POST", session.clone(), "40".into()).await;
    let (_, joined) = http("GET", session.clone(), String::new()).await;
    assert!(joined.contains("40{"), "{joined}");
    let packets: Vec<String> = (0..COUNT).map(|it| format!("42[\"n\",{it}]")).collect();
    let (head, _) = http("POST", session.clone(), packets.join("\u{1e}")).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for number in 0..COUNT {
        assert_eq!(listener.hears().await, json!(["n", number]));
    }
    let mut echoes = Vec::new();
    while (echoes.len() as u64) < COUNT {
        let (_, body) = http("GET", session.clone(), String::new()).await;
        let events = body.split('\u{1e}').filter_map(|it| it.strip_prefix("42[\"n\","));
        echoes.extend(events.map(|it| it.trim_end_matches(']').parse::<u64>().unwrap()));
    }
    assert_eq!(echoes, (0..COUNT).collect::<Vec<_>>());
}

/// More packets in one answer end every Python client that polls.
#[tokio::test]
async fn attachments_come_by_long_polling_in_answers_of_16_packets_at_most() {
    let server = relay(settings()).await;
    let http = async |method: &str, path: String, body: &str| {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost");
        crate::broadcast::request(&server, &head, body).await.1
    };
    let path = "/socket.io/?EIO=4&transport=polling";
    let open: Value = serde_json::from_str(&http("GET", path.into(), "").await[1..]).unwrap();
    let session = format!("{path}&sid={}", open["sid"].as_str().unwrap());
    http("POST", session.clone(), "40").await;
    assert!(http("GET", session.clone(), "").await.contains("40{"));
    let mut sender = Raw::connect(&server).await;
    let event = |count: usize| {
        let place = |num| format!(r#",{{"_placeholder":true,"num":{num}}}"#);
        let places: String = (0..count).map(place).collect();
        format!(r#"45{count}-1["x"{places}]"#)
    };
    sender.send(&event(16)).await;
    for _ in 0..16 {
        sender.attach(b"1").await;
    }
    assert!(sender.text().await.contains("6 attachments"));
    for count in [1, 2, 6, 6, 3, 6, 6, 6] {
        sender.send(&event(count)).await;
        for _ in 0..count {
            sender.attach(b"1").await;
        }
    }
    let mut bytes = 0;
    while bytes < 36 {
        let answer = http("GET", session.clone(), "").await;
        let packets: Vec<&str> = answer.split('\u{1e}').collect();
        assert!(packets.len() <= 16, "{answer}");
        bytes += packets.iter().filter(|it| it.starts_with('b')).count();
    }
}

/// What it takes is seen by its connection, which is that of the session whichever socket is in the namespace.
#[tokio::test]
async fn an_upgraded_session_that_leaves_and_joins_again_hears_all() {
    let server = relay(settings()).await;
    let address = server.local_addr();
    let http = async |method: &str, path: &str, body: &str| {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost");
        crate::broadcast::request(&server, &head, body).await.1
    };
    let path = "/socket.io/?EIO=4&transport=polling";
    let open: Value = serde_json::from_str(&http("GET", path, "").await[1..]).unwrap();
    let sid = open["sid"].as_str().unwrap();
    let session = format!("{path}&sid={sid}");
    http("POST", &session, "40").await;
    assert!(http("GET", &session, "").await.contains("40{"));
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket&sid={sid}");
    let stream = TcpStream::connect(address).await.unwrap();
    let mut upgraded = Raw(client_async(url, stream).await.unwrap().0);
    upgraded.send("2probe").await;
    assert_eq!(upgraded.text().await, "3probe");
    upgraded.send("5").await;
    let mut sender = Raw::connect(&server).await;
    for _ in 0..2 {
        upgraded.send("41").await;
        upgraded.send("40").await;
        while !upgraded.text().await.starts_with("40{") {}
        for number in 0..200 {
            sender.send(&format!("42[\"n\",{number}]")).await;
            assert_eq!(upgraded.text().await, format!("42[\"n\",{number}]"));
        }
    }
}

#[tokio::test]
async fn only_the_names_in_the_list_are_passed_on() {
    let passes = RelayFilter::Only(vec!["demo".into(), "question".into()]);
    let server = relay(Settings { relay: passes, ..settings() }).await;
    let (mut one, mut other) = (Listener::connect(&server).await, Listener::connect(&server).await);
    let answer = one.call("else", &[]).await;
    assert!(answer[0]["error"].as_str().unwrap().contains("`else` is not passed on"), "{answer:?}");
    assert_eq!(one.call("question", &[json!(1)]).await, [] as [Value; 0]);
    assert_eq!(other.hears().await, json!(["question", 1]));

    let nothing = relay(Settings { relay: RelayFilter::Nothing, ..settings() }).await;
    let answer = Listener::connect(&nothing).await.call("demo", &[]).await;
    assert!(answer[0]["error"].is_string(), "{answer:?}");
}

#[tokio::test]
async fn livecaps_own_names_need_the_right_to_publish() {
    let server = relay(settings()).await;
    let mut listener = Listener::connect(&server).await;
    // From this machine, by a program.
    listener.emit("final", &[json!("by hand")]).await;
    assert_eq!(listener.hears().await, json!(["final", "by hand"]));

    let tokens = Tokens { publish: Some(Token::new("secret")), ..Tokens::default() };
    let server = relay(Settings { tokens, ..settings() }).await;
    let mut listener = Listener::connect(&server).await;
    for token in [json!({}), json!({ "token": "wrong" }), json!({ "token": 7 })] {
        let answer = Listener::with(&server, token).await.call("caption", &[json!({})]).await;
        assert!(answer[0]["error"].as_str().unwrap().contains("right to publish"), "{answer:?}");
    }
    let mut publisher = Listener::with(&server, json!({ "token": "secret" })).await;
    assert_eq!(publisher.call("final", &[json!("so")]).await, [] as [Value; 0]);
    assert_eq!(listener.hears().await, json!(["final", "so"]));
}

/// Who takes nothing has its place in the ring run over, and nobody else is held up.
#[tokio::test]
async fn who_cannot_follow_the_relay_is_disconnected() {
    let small = Settings { relay_room: 256 * 1024, send_buffer: 8 * 1024, ..settings() };
    let server = relay(small).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let stream = socket.connect(server.local_addr()).await.unwrap();
    let slow = Client::connect_over(stream, &server.url(), Value::Null).await.unwrap();
    let mut slow = Listener(slow);
    let mut sender = Listener::connect(&server).await;
    let text = "and so on ".repeat(100);
    let mut sent = 0;
    // Until it is gone, however much its kernel takes.
    while server.viewers() > 1 {
        sender.emit("talk", &[json!(sent), json!(text)]).await;
        assert_eq!(sender.hears().await[1], sent);
        sent += 1;
    }
    let mut last = String::new();
    let mut heard = 0;
    while let Some(event) = timeout(SOON, slow.0.next()).await.unwrap().unwrap() {
        if event.name == "talk" {
            assert_eq!(event.args[0], heard);
            heard += 1;
        }
        last = event.name;
    }
    assert_eq!(last, "too-slow");
    assert!(heard < sent);
}
