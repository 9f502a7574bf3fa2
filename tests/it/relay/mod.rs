//! Events that clients emit and all clients hear: the real server, real clients in three languages, the real binary.
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use livecap::{
    cli::client::{Client, Event},
    flow::Registry,
    serve::{RelayFilter, Server, Settings, Token, Tokens},
};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Bytes, Message},
};

pub(crate) mod clients;
#[cfg(unix)]
mod cluster;
mod events;
mod hostile;
mod machine;
mod polled;
mod program;

/// Nothing here takes longer, on any machine.
const SOON: Duration = Duration::from_secs(30);

fn settings() -> Settings {
    let farewell = Duration::from_millis(200);
    Settings { port: 0, relay: RelayFilter::Everything, farewell, ..Settings::default() }
}

/// A relay with no pipeline behind it.
async fn relay(settings: Settings) -> Server {
    let server = Server::bind(settings).await.unwrap();
    server.attach(Registry::default(), Vec::new(), None);
    server
}

struct Listener(Client);

impl Listener {
    async fn connect(server: &Server) -> Listener {
        Listener::with(server, Value::Null).await
    }

    async fn with(server: &Server, auth: Value) -> Listener {
        Listener(timeout(SOON, Client::connect(&server.url(), auth)).await.unwrap().unwrap())
    }

    async fn event(&mut self) -> Event {
        timeout(SOON, self.0.next()).await.expect("an event in time").unwrap().expect("an event")
    }

    /// The next event, as it is written.
    async fn hears(&mut self) -> Value {
        let event = self.event().await;
        let mut whole = vec![json!(event.name)];
        whole.extend(event.args);
        whole.into()
    }

    async fn emit(&mut self, name: &str, args: &[Value]) {
        self.0.emit(name, args).await.unwrap();
    }

    /// What the server answers.
    async fn call(&mut self, name: &str, args: &[Value]) -> Vec<Value> {
        timeout(SOON, self.0.emit_with_ack(name, args)).await.unwrap().unwrap()
    }
}

/// A client that sends what it likes.
struct Raw(WebSocketStream<TcpStream>);

impl Raw {
    async fn connect(server: &Server) -> Raw {
        let mut raw = Raw::open(server).await;
        raw.send("40").await;
        assert!(raw.text().await.starts_with("40{"));
        raw
    }

    /// Without having joined the namespace.
    async fn open(server: &Server) -> Raw {
        let address = server.local_addr();
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let mut raw = Raw(client_async(url, stream).await.unwrap().0);
        assert!(raw.text().await.starts_with("0{"));
        raw
    }

    async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn attach(&mut self, bytes: &'static [u8]) {
        self.0.send(Message::binary(Bytes::from_static(bytes))).await.unwrap();
    }

    /// The next packet that is no ping.
    async fn packet(&mut self) -> Option<Message> {
        loop {
            match timeout(SOON, self.0.next()).await.expect("a packet in time") {
                Some(Ok(Message::Text(text))) if text == "2" => {
                    let _ = self.0.send(Message::text("3")).await;
                }
                Some(Ok(packet @ (Message::Text(_) | Message::Binary(_)))) => return Some(packet),
                Some(Ok(_)) => (),
                Some(Err(_)) | None => return None,
            }
        }
    }

    async fn text(&mut self) -> String {
        self.packet().await.expect("a packet").into_text().unwrap().to_string()
    }

    async fn is_ended(&mut self) -> bool {
        while let Some(packet) = self.packet().await {
            if matches!(packet, Message::Text(text) if text == "41") {
                return true;
            }
        }
        true
    }
}
