//! Engine.IO by long-polling: GET requests receive packets, POST requests send them, one after another.
use std::collections::VecDeque;

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::{FutureExt, future::BoxFuture};
use reqwest::{Client, ClientBuilder, Response, StatusCode, header};
use serde_json::Value;

use super::{error::ClientError, frame::Frame};
use crate::http_client::{client, innermost_cause};

/// Packets of one answer are parted by it.
const PARTED: char = '\u{1e}';
/// A packet that stands for bytes, in base64.
const BYTES: char = 'b';
/// Ends the session.
const CLOSE: &str = "1";

pub(super) struct Polling {
    client: Client,
    /// With the session's name.
    url: String,
    came: VecDeque<Frame>,
    /// The question that is under way: it goes on where nobody waits for it.
    asked: Option<BoxFuture<'static, Result<Option<String>, String>>>,
}

impl Polling {
    /// Begins a session at `url`, which names no session yet.
    pub(super) async fn open(url: &str, told: &str) -> Result<Polling, ClientError> {
        let not_ours = |why| ClientError::NotSocketIo { url: told.to_owned(), why };
        // Without a proxy, as a websocket connects.
        let client = client(url, ClientBuilder::no_proxy);
        let client = client.map_err(|error| not_ours(innermost_cause(&error)))?;
        let answer = client.get(url).send().await.map_err(|error| {
            let source = std::io::Error::other(innermost_cause(&error));
            ClientError::Unreachable { url: told.to_owned(), source }
        })?;
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            let after = answer.headers().get(header::RETRY_AFTER).and_then(|it| it.to_str().ok());
            return Err(ClientError::full(told, after));
        }
        let text = text(answer).await.map_err(not_ours)?;
        let text = text.ok_or_else(|| not_ours("it begins no session".to_owned()))?;
        let open = text.split(PARTED).next().and_then(|it| it.strip_prefix('0'));
        let open = open.and_then(|it| serde_json::from_str::<Value>(it).ok());
        let sid = open.as_ref().and_then(|it| it["sid"].as_str());
        // Whatever stands there goes into an address.
        let fine =
            |it: &&str| it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
        let sid = sid.filter(fine).ok_or_else(|| not_ours("it names no session".to_owned()))?;
        let url = format!("{url}&sid={sid}");
        let came = packets(&text).map_err(not_ours)?;
        Ok(Polling { client, url, came, asked: None })
    }

    /// `None` once the session is over. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Result<Option<Frame>, String> {
        loop {
            if let Some(came) = self.came.pop_front() {
                return Ok(Some(came));
            }
            let asked = self.asked.get_or_insert_with(|| {
                let request = self.client.get(&self.url).send();
                async { text(request.await.map_err(|error| innermost_cause(&error))?).await }
                    .boxed()
            });
            let answered = asked.await;
            self.asked = None;
            match answered? {
                Some(text) => self.came = packets(&text)?,
                None => return Ok(None),
            }
        }
    }

    pub(super) async fn send(&mut self, text: String) -> Result<(), String> {
        let answer = self.client.post(&self.url).body(text).send().await;
        let status = answer.map_err(|error| innermost_cause(&error))?.status();
        if status.is_success() { Ok(()) } else { Err(format!("it answers {status}")) }
    }

    pub(super) async fn close(&mut self) -> Result<(), String> {
        self.send(CLOSE.to_owned()).await
    }
}

/// `None`: the server knows of no such session any more.
async fn text(answer: Response) -> Result<Option<String>, String> {
    match answer.status() {
        StatusCode::BAD_REQUEST => Ok(None),
        status if status.is_success() => {
            answer.text().await.map(Some).map_err(|error| innermost_cause(&error))
        }
        status => Err(format!("it answers {status}")),
    }
}

fn packets(text: &str) -> Result<VecDeque<Frame>, String> {
    let packet = |it: &str| match it.strip_prefix(BYTES) {
        None => Ok(Frame::Text(it.into())),
        Some(bytes) => {
            let bytes = BASE64_STANDARD.decode(bytes);
            bytes.map(|it| Frame::Binary(it.into())).map_err(|error| error.to_string())
        }
    };
    text.split(PARTED).map(packet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_packets_of_text_and_of_bytes() {
        let came = packets("2\u{1e}451-[\"a\",{}]\u{1e}bAf8=").unwrap();
        let shown: Vec<String> = came.iter().map(|it| format!("{it:?}")).collect();
        assert_eq!(shown[0], "Text(Utf8Bytes(b\"2\"))");
        assert!(matches!(&came[2], Frame::Binary(bytes) if **bytes == [1, 255]), "{shown:?}");
        assert!(packets("b!").is_err());
    }
}
