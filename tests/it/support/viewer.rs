//! What a viewer of the real program waits for.
use livecap::cli::client::Client;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::program::PATIENCE;

/// A viewer that has received everything before number `from`.
pub(crate) async fn viewer(address: &str, from: u64) -> Client {
    Client::connect(address, json!({ "v": 1, "from": from })).await.unwrap()
}

/// What came with the next event of this name.
pub(crate) async fn next(client: &mut Client, name: &str) -> Value {
    next_where(client, name, |_| true).await
}

/// The same, of one that fits.
pub(crate) async fn next_where(
    client: &mut Client,
    name: &str,
    fits: impl Fn(&Value) -> bool,
) -> Value {
    loop {
        let event = timeout(PATIENCE, client.next()).await.expect("an event").unwrap();
        let event = event.expect("no early end");
        let data = event.args.into_iter().next().unwrap_or_default();
        if event.name == name && fits(&data) {
            return data;
        }
    }
}

/// The next `count` finals.
pub(crate) async fn finals(client: &mut Client, count: usize) -> Vec<Value> {
    let mut all = Vec::new();
    while all.len() < count {
        all.push(next_where(client, "caption", |it| it["kind"] == "final").await);
    }
    all
}
