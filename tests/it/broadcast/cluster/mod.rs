//! Several servers as one, by way of a real Redis: viewers move, Redis goes and comes back, nobody misses anything.
use livecap::serve::{ClusterSettings, Role, Token, Tokens};

use super::*;
use crate::support::redis::{Data, Redis};

mod moving;
mod outages;
mod programs;
mod writers;

/// A pipeline whose broadcast writes.
async fn writer(redis: &Redis) -> Pipeline {
    Pipeline::start(writing(redis, "live")).await
}

fn writing(redis: &Redis, name: &str) -> Settings {
    let tokens = Tokens { operator: Some(Token::new("o")), ..Tokens::default() };
    Settings { cluster: Some(redis.named(name, Role::Writer)), tokens, ..settings() }
}

/// A server that only delivers.
async fn node(redis: &Redis) -> Server {
    node_of(redis, "live").await
}

async fn node_of(redis: &Redis, name: &str) -> Server {
    let cluster = Some(redis.named(name, Role::Node));
    Server::bind(Settings { cluster, ..settings() }).await.unwrap()
}

async fn viewer(server: &Server, auth: Value) -> Viewer {
    Viewer(timeout(SOON, Client::connect(&server.url(), auth)).await.unwrap().unwrap())
}

async fn post(server: &Server, path: &str, body: &str) -> (String, String) {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer o\r\ncontent-type: application/json"
    );
    request(server, &head, body).await
}

/// Asks until `path` answers so.
async fn until(server: &Server, path: &str, fine: impl Fn(&str) -> bool) {
    let asks = async {
        loop {
            let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer o");
            let (head, body) = request(server, &head, "").await;
            if fine(&format!("{head}\n{body}")) {
                return;
            }
        }
    };
    timeout(SOON, asks).await.expect("in time");
}

/// Until a count, as `/metrics` tells it, is as it should be.
async fn until_count(server: &Server, name: &str, fine: impl Fn(u64) -> bool) {
    let wanted = format!("livecap_{name} ");
    until(server, "/metrics", |text| {
        let line = text.lines().find_map(|it| it.strip_prefix(&wanted));
        fine(line.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap())
    })
    .await;
}

impl Viewer {
    /// The next event of this name; what comes before it is passed over.
    async fn skip_to<T: DeserializeOwned>(&mut self, name: &str) -> T {
        loop {
            let mut event = self.event().await;
            if event.name == name {
                return serde_json::from_value(event.args.remove(0)).unwrap();
            }
        }
    }

    /// The next `count` numbers with their texts: finals, and gaps and marks by their names.
    async fn numbered(&mut self, count: usize) -> Vec<(u64, String)> {
        let mut heard = Vec::new();
        while heard.len() < count {
            let event = self.event().await;
            let Some(data) = event.args.first() else { continue };
            match event.name.as_str() {
                "caption" if data["kind"] == "final" => {
                    heard.push((
                        data["seq"].as_u64().unwrap(),
                        data["text"].as_str().unwrap().to_owned(),
                    ));
                }
                "gap" | "mark" => heard.push((data["seq"].as_u64().unwrap(), event.name)),
                _ => (),
            }
        }
        heard
    }
}

/// Finals with these numbers, as the tests say them.
fn said(numbers: impl IntoIterator<Item = u64>) -> Vec<(u64, String)> {
    numbers.into_iter().map(|it| (it, format!("sentence {it}"))).collect()
}

impl Pipeline {
    async fn say(&mut self, numbers: impl IntoIterator<Item = u64>) {
        for (_, text) in said(numbers) {
            self.partial("", "sentence").await;
            self.finish(&text).await;
        }
    }
}
