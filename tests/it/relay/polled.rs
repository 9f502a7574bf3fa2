//! The client where no websocket comes through: it goes on by long-polling, as the pages do.
use std::net::SocketAddr;

use livecap::cli::client::ClientError;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::TcpListener,
};

use super::*;
use crate::support::program::{Program, ended, livecap};

/// What a proxy does to a websocket.
#[derive(Clone, Copy)]
enum Websockets {
    /// It passes on a request without the headers that ask for an upgrade, as nginx does unless it is told otherwise.
    Stripped,
    /// It takes the request, and never answers.
    Swallowed,
}

/// A proxy before `server`; its address.
async fn behind(server: SocketAddr, websockets: Websockets) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pass_on(stream, server, websockets));
        }
    });
    url
}

async fn pass_on(mut from: TcpStream, server: SocketAddr, websockets: Websockets) {
    let mut head = Vec::new();
    while !head.windows(4).any(|it| it == b"\r\n\r\n") {
        match from.read_buf(&mut head).await {
            Ok(0) | Err(_) => return,
            Ok(_) => (),
        }
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let asks = |it: &str| {
        let it = it.to_ascii_lowercase();
        it.starts_with("upgrade:") || it.starts_with("connection: upgrade")
    };
    if text.lines().any(asks) {
        match websockets {
            Websockets::Swallowed => return std::future::pending().await,
            Websockets::Stripped => {
                let lines: Vec<&str> = text.split("\r\n").filter(|it| !asks(it)).collect();
                head = lines.join("\r\n").into_bytes();
            }
        }
    }
    let Ok(mut to) = TcpStream::connect(server).await else { return };
    if to.write_all(&head).await.is_ok() {
        let _ = copy_bidirectional(&mut from, &mut to).await;
    }
}

#[tokio::test]
async fn where_a_websocket_is_refused_or_never_answered_all_goes_by_long_polling() {
    for websockets in [Websockets::Stripped, Websockets::Swallowed] {
        let server = relay(settings()).await;
        let url = behind(server.local_addr(), websockets).await;
        // A swallowed one is waited for, two fifths of this.
        let within = Duration::from_secs(10);
        let mut polled = Client::connect_within(within, &url, Value::Null).await.unwrap();
        let mut other = Listener::connect(&server).await;
        let answer = timeout(SOON, polled.emit_with_ack("asked", &[json!("?")])).await.unwrap();
        assert_eq!(answer.unwrap(), [] as [Value; 0]);
        assert_eq!(other.hears().await, json!(["asked", "?"]));
        let echo = timeout(SOON, polled.next()).await.unwrap().unwrap().unwrap();
        assert_eq!((echo.name.as_str(), echo.args), ("asked", vec![json!("?")]));

        // More than one answer holds, in order, with bytes.
        let mut raw = Raw::connect(&server).await;
        for number in 0..100 {
            raw.send(&format!("42[\"n\",{number}]")).await;
        }
        raw.send(r#"451-["bytes",{"_placeholder":true,"num":0}]"#).await;
        raw.attach(b"\x01\xff").await;
        for number in 0..100 {
            let event = timeout(SOON, polled.next()).await.unwrap().unwrap().unwrap();
            assert_eq!((event.name.as_str(), event.args), ("n", vec![json!(number)]));
        }
        let event = timeout(SOON, polled.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(event.attachments, [Bytes::from_static(b"\x01\xff")]);

        timeout(SOON, polled.close()).await.unwrap().unwrap();
        crate::broadcast::http::until_viewers(&server, 2).await;
    }
}

/// Nobody waits in vain for a question that was given up: it is asked once, and its answer comes.
#[tokio::test]
async fn who_stops_waiting_and_waits_again_misses_nothing() {
    let server = relay(settings()).await;
    let url = behind(server.local_addr(), Websockets::Stripped).await;
    let mut polled = Client::connect(&url, Value::Null).await.unwrap();
    let mut raw = Raw::connect(&server).await;
    for number in 0..20 {
        assert!(timeout(Duration::from_millis(5), polled.next()).await.is_err());
        raw.send(&format!("42[\"n\",{number}]")).await;
        let event = timeout(SOON, polled.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(event.args, [json!(number)]);
    }
    server.shutdown(SOON).await;
    assert!(matches!(timeout(SOON, polled.next()).await.unwrap(), Ok(None) | Err(_)));
}

#[tokio::test]
async fn by_long_polling_a_refusal_is_told_as_by_a_websocket() {
    let tokens = Tokens { viewer: Some(Token::new("v")), ..Tokens::default() };
    let server = relay(Settings { tokens, max_viewers: 1, ..settings() }).await;
    let url = behind(server.local_addr(), Websockets::Stripped).await;
    let refused = Client::connect(&url, json!({ "token": "x" })).await.err().unwrap();
    assert!(refused.to_string().contains("unauthorized"), "{refused}");
    let _there = Client::connect(&url, json!({ "token": "v" })).await.unwrap();
    let full = Client::connect(&url, json!({ "token": "v" })).await.err().unwrap();
    let told = full.to_string();
    assert!(matches!(full, ClientError::Refused { .. }) && told.contains("full, try"), "{told}");
}

#[tokio::test]
async fn listen_and_emit_work_where_an_upgrade_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = relay(settings()).await;
    let url = behind(server.local_addr(), Websockets::Stripped).await;
    let mut listener = Program::start(livecap(folder.path(), &["listen", &url]));
    crate::broadcast::http::until_viewers(&server, 1).await;
    let sent = ended(livecap(folder.path(), &["emit", &url, "grüße", "{\"a\":1}"])).await;
    assert_eq!((sent.code, sent.out.as_str()), (Some(0), ""), "{}", sent.err);
    assert_eq!(listener.line().await.unwrap(), "grüße {\"a\":1}");
    listener.signal("TERM").await;
    assert!(listener.exit().await.0.success());
}
