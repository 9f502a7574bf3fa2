//! The same port without a websocket: pages, the API, who is let in, and long-polling.
use livecap::{cli::client::ClientError, serve::BindError, wire::ApiState};

use futures::{SinkExt, StreamExt};
use tokio_tungstenite::{client_async, tungstenite::Message};

use super::*;

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let first = Server::bind(settings()).await.unwrap();
    let port = first.local_addr().port();
    let Err(error) = Server::bind(Settings { port, ..settings() }).await else {
        panic!("the port is taken")
    };
    assert!(matches!(error, BindError::Taken { .. }));
    let told = error.to_string();
    assert!(told.contains(&first.local_addr().to_string()) && told.contains("port 0"), "{told}");
    // It is free again as soon as the server is gone.
    first.shutdown(SOON).await;
    Server::bind(Settings { port, ..settings() }).await.unwrap();

    let elsewhere = Settings { host: "192.0.2.1".into(), ..settings() };
    assert!(matches!(Server::bind(elsewhere).await, Err(BindError::NotHere { .. })));
}

#[tokio::test]
async fn pages_have_a_policy_and_the_rest_is_not_there() {
    let server = Server::bind(settings()).await.unwrap();
    let (head, body) = get(&server, "/").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
    assert!(body.contains("<!doctype html>"), "{body}");
    for path in ["/nothing", "/api/nothing", "/index.html/..", "//", "/etc/passwd"] {
        let (head, _) = get(&server, path).await;
        assert!(head.starts_with("HTTP/1.1 404"), "{path}: {head}");
    }
    let (head, _) = request(&server, "POST / HTTP/1.1\r\nhost: localhost", "x").await;
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    let (head, _) = get(&server, "/healthz").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[tokio::test]
async fn only_loopback_names_reach_a_loopback_server() {
    let hosts = vec!["captions.example".to_owned()];
    let server = Server::bind(Settings { hosts, ..settings() }).await.unwrap();
    for (host, status) in [
        ("localhost:31979", "200"),
        ("127.0.0.1", "200"),
        ("[::1]:1", "200"),
        ("captions.example", "200"),
        ("evil.example", "403"),
        ("127.0.0.1.evil.example:80", "403"),
    ] {
        for path in ["/", "/api/state", "/socket.io/?EIO=4&transport=polling"] {
            let head = format!("GET {path} HTTP/1.1\r\nhost: {host}");
            let (head, _) = request(&server, &head, "").await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{host} {path}: {head}");
        }
    }
}

#[tokio::test]
async fn a_listed_origin_may_read_also_where_it_is_written_with_a_slash() {
    let origins = vec!["https://example.org/".to_owned()];
    let server = Server::bind(Settings { origins, ..settings() }).await.unwrap();
    for (origin, may) in [("https://example.org", true), ("https://example.com", false)] {
        let asked = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\norigin: {origin}");
        let (head, _) = request(&server, &asked, "").await;
        assert_eq!(
            head.contains("access-control-allow-origin: https://example.org"),
            may,
            "{head}"
        );
    }
}

#[tokio::test]
async fn a_page_of_another_site_reads_nothing_of_this_machine_unless_all_are_let_in() {
    for (origins, may) in [(vec![], false), (vec!["*".to_owned()], true)] {
        let server = Server::bind(Settings { origins, ..settings() }).await.unwrap();
        server.attach(livecap::flow::Registry::default(), Vec::new(), None);
        let ask = |method: &str, path: &str| {
            format!(
                "{method} {path} HTTP/1.1\r\nhost: localhost\r\norigin: https://elsewhere.example"
            )
        };
        let (head, _) = request(&server, &ask("GET", "/api/transcript.txt"), "").await;
        assert!(head.starts_with(if may { "HTTP/1.1 200" } else { "HTTP/1.1 403" }), "{head}");
        let path = "/socket.io/?EIO=4&transport=polling";
        let (_, opened) = request(&server, &ask("GET", path), "").await;
        let opened: serde_json::Value = serde_json::from_str(&opened[1..]).unwrap();
        let session = format!("{path}&sid={}", opened["sid"].as_str().unwrap());
        let (head, _) = request(&server, &ask("POST", &session), "40{}").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        // Pings may come first.
        let mut told = String::new();
        while told.replace(['2', '\u{1e}'], "").is_empty() {
            told = request(&server, &ask("GET", &session), "").await.1;
        }
        assert_eq!(told.contains("40{\"sid\""), may, "{told}");
        assert_eq!(told.contains("44{\"message\":\"foreign: "), !may, "{told}");
    }
}

#[tokio::test]
async fn a_server_that_takes_the_connection_and_says_nothing_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let within = Duration::from_millis(50);
    let told = Client::connect_within(within, &url, json!({})).await.map(drop).unwrap_err();
    assert!(matches!(told, ClientError::Silent { .. }), "{told}");
    assert_eq!(told.to_string(), format!("{url} does not answer within 50ms"));
}

#[tokio::test]
async fn the_state_tells_of_stages_edges_and_viewers() {
    let mut pipeline = Pipeline::start(settings()).await;
    let mut viewer = pipeline.viewer(captions()).await;
    viewer.hello().await;
    pipeline.finish("one").await;
    viewer.final_text().await;
    let (head, body) = get(&pipeline.server, "/api/state").await;
    assert!(!head.contains("access-control-allow-origin"), "{head}");
    let state: ApiState = serde_json::from_str(&body).unwrap();
    assert_eq!((state.viewers, state.log.first, state.log.next, state.log.ended), (1, 1, 2, false));
    assert_eq!(state.state.stages.len(), 2);
    let edge = &state.edges[0];
    assert_eq!(
        (edge.from.as_str(), edge.to.as_str(), edge.size, edge.depth),
        ("english", "web", 16, 0)
    );
    assert_eq!((edge.dropped, edge.coalesced, edge.holds_ms), (0, 0, None));
    let (head, _) = get(&pipeline.server, "/readyz").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    pipeline.recogniser.set(StageState::Restarting, None);
    let (head, body) = get(&pipeline.server, "/readyz").await;
    assert!(
        head.starts_with("HTTP/1.1 503") && body.contains("english is restarting"),
        "{head} {body}"
    );
}

#[tokio::test]
async fn who_cannot_be_served_is_told_why() {
    let pipeline = Pipeline::start(Settings { max_viewers: 1, ..settings() }).await;
    for (auth, says) in
        [(json!({ "v": 7 }), "version 1"), (json!({ "v": 1, "from": "yesterday" }), "invalid type")]
    {
        let refused = Client::connect(&pipeline.url(), auth).await.err().unwrap();
        assert!(
            matches!(&refused, ClientError::Refused { message, .. } if message.contains(says)),
            "{refused}"
        );
    }
    let mut first = pipeline.viewer(captions()).await;
    first.hello().await;
    let refused = Client::connect(&pipeline.url(), captions()).await.err().unwrap();
    assert!(
        matches!(&refused, ClientError::Refused { message, .. } if message.starts_with("full, try again in ")),
        "{refused}"
    );
    // The place is free when the first has gone.
    first.0.close().await.unwrap();
    until_viewers(&pipeline.server, 0).await;
    pipeline.viewer(captions()).await.hello().await;
}

/// Asks as long as it takes; each answer is a round trip.
pub(crate) async fn until_viewers(server: &Server, wanted: usize) {
    let asking = async {
        loop {
            let (_, body) = get(server, "/api/state").await;
            if serde_json::from_str::<ApiState>(&body).unwrap().viewers == wanted {
                return;
            }
        }
    };
    timeout(SOON, asking).await.expect("the number of viewers in time");
}

#[tokio::test]
async fn a_message_over_the_limit_ends_its_sender_only() {
    let mut pipeline = Pipeline::start(Settings { max_payload: 1000, ..settings() }).await;
    let mut other = pipeline.viewer(captions()).await;
    let mut big = pipeline.viewer(captions()).await;
    other.hello().await;
    big.hello().await;
    big.0.emit("painted", &[json!("x".repeat(2000))]).await.unwrap();
    // Closed in order or reset, as its kernel saw it.
    assert!(matches!(timeout(SOON, big.0.next()).await.unwrap(), Ok(None) | Err(_)));
    pipeline.finish("one").await;
    assert_eq!(other.final_text().await, (1, "one".into()));
}

#[tokio::test]
async fn who_never_finishes_its_request_is_hung_up_on() {
    let header_timeout = Duration::from_millis(50);
    let server = Server::bind(Settings { header_timeout, ..settings() }).await.unwrap();
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localh").await.unwrap();
    let mut answer = Vec::new();
    timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&answer).contains("200"));
}

#[tokio::test]
async fn long_polling_gets_the_same_numbers() {
    let mut pipeline = Pipeline::start(settings()).await;
    let mut watching = pipeline.viewer(captions()).await;
    watching.hello().await;
    // More than a socket's queue holds.
    for number in 1..=300 {
        pipeline.finish(&format!("sentence {number}")).await;
        assert_eq!(watching.final_text().await.0, number);
    }
    let session = polling(&pipeline.server, CONNECT).await;
    let post = format!("POST {session} HTTP/1.1\r\nhost: localhost");
    let mut numbers = Vec::new();
    while numbers.len() < 300 {
        let (head, body) = get(&pipeline.server, &session).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        for packet in body.split('\u{1e}') {
            if packet == "2" {
                request(&pipeline.server, &post, "3").await;
            }
            let Some(event) = packet.strip_prefix("42") else { continue };
            let event: Value = serde_json::from_str(event).unwrap();
            if event[0] == "caption" {
                numbers.push(event[1]["seq"].as_u64().unwrap());
            }
        }
    }
    assert_eq!(numbers, (1..=300).collect::<Vec<_>>());
}

/// Opens a session by polling, and joins the namespace; its path.
pub(super) async fn polling(server: &Server, connect: &str) -> String {
    let session = polling_session(server).await;
    let post = format!("POST {session} HTTP/1.1\r\nhost: localhost");
    let (head, body) = request(server, &post, connect).await;
    assert!(head.starts_with("HTTP/1.1 200") && body == "ok", "{head} {body}");
    session
}

async fn polling_session(server: &Server) -> String {
    let path = "/socket.io/?EIO=4&transport=polling";
    let (_, open) = get(server, path).await;
    let open: Value = serde_json::from_str(&open[1..]).unwrap();
    format!("{path}&sid={}", open["sid"].as_str().unwrap())
}

pub(super) const CONNECT: &str = r#"40{"v":1,"from":1}"#;

#[tokio::test]
async fn who_upgrades_from_polling_goes_on_without_a_hole() {
    // Browsers join the namespace and upgrade at once: either comes first.
    for joins_first in [true, false] {
        let mut pipeline = Pipeline::start(settings()).await;
        let mut watching = pipeline.viewer(captions()).await;
        watching.hello().await;
        for number in 1..=300 {
            pipeline.finish(&format!("sentence {number}")).await;
            assert_eq!(watching.final_text().await.0, number);
        }
        let mut packets = Vec::new();
        let session = if joins_first {
            let session = polling(&pipeline.server, CONNECT).await;
            let (_, first) = get(&pipeline.server, &session).await;
            packets.extend(first.split('\u{1e}').map(str::to_owned));
            session
        } else {
            polling_session(&pipeline.server).await
        };
        let address = pipeline.server.local_addr();
        let url = format!("ws://{address}{}", session.replace("polling", "websocket"));
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut socket, _) = client_async(url, stream).await.unwrap();
        socket.send(Message::text("2probe")).await.unwrap();
        let reading = async {
            while !packets.iter().any(|it| it.contains("\"seq\":301,")) {
                let Message::Text(text) = socket.next().await.unwrap().unwrap() else { continue };
                match text.as_str() {
                    "3probe" => {
                        socket.send(Message::text("5")).await.unwrap();
                        if !joins_first {
                            socket.send(Message::text(CONNECT)).await.unwrap();
                        }
                        pipeline.finish("sentence 301").await;
                    }
                    "2" => socket.send(Message::text("3")).await.unwrap(),
                    _ => packets.push(text.to_string()),
                }
            }
        };
        timeout(SOON, reading).await.unwrap();
        let events = packets.iter().filter_map(|it| it.strip_prefix("42"));
        let events = events.map(|it| serde_json::from_str::<Value>(it).unwrap());
        let captions = events.filter(|it| it[0] == "caption");
        let numbers: Vec<_> = captions.map(|it| it[1]["seq"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=301).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn who_polls_does_not_hold_up_a_shutdown() {
    let pipeline = Pipeline::start(settings()).await;
    let session = polling(&pipeline.server, "40").await;
    let (_, first) = get(&pipeline.server, &session).await;
    assert!(first.contains("40{"), "{first}");
    timeout(SOON / 2, pipeline.server.shutdown(SOON)).await.expect("a quick shutdown");
}
