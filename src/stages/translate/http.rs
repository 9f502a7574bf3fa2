//! Requests to a translation service: its address, its key, and its errors.
use std::{
    fmt,
    time::{Duration, SystemTime},
};

use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::translator::{lasting, passing};
use crate::{
    http_client::{client, innermost_cause},
    logic::translate::{Again, Failure},
};

/// The most bytes of a response.
const LONGEST: usize = 1 << 20;
/// The most letters of a service's error message that are passed on.
const TOLD: usize = 160;

/// The API key of a service. It is never shown, in no log and no error.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Whitespace around it is removed, such as the line end of a file. `None` if it is empty.
    pub fn new(key: &str) -> Option<Key> {
        let key = key.trim();
        (!key.is_empty()).then(|| Key(key.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Why no request can be sent to a service.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("`{url}` is not the address of a service: write http://host:port or https://host")]
    Address { url: String },
    #[error("cannot speak HTTP: {0}")]
    Client(String),
    #[error("DeepL asks for a key: name its environment variable in `api-key-env`")]
    NoKey,
    #[error("Apertium has no code for the language `{0}`")]
    Language(String),
}

/// One service: its address, its key and the client.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) client: Client,
    url: Url,
    pub(super) key: Option<Key>,
}

impl Service {
    pub(super) fn new(
        url: &str,
        key: Option<Key>,
        connect: Duration,
    ) -> Result<Service, ServiceError> {
        let wrong = || ServiceError::Address { url: without_secrets(url) };
        let parsed = Url::parse(url).map_err(|_| wrong())?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.host().is_none() {
            return Err(wrong());
        }
        // Redirects are not followed: captions are sent only to the service that the pipeline file names.
        let client =
            client(url, |it| it.connect_timeout(connect).redirect(redirect::Policy::none()));
        let client = client.map_err(|error| ServiceError::Client(cause_of(&error)))?;
        Ok(Service { client, url: parsed, key })
    }

    /// The address with `path` appended, unless it ends with it.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        if !base.ends_with(path) {
            url.set_path(&format!("{base}{path}"));
        }
        url
    }

    /// Sends a request and returns the response if it is a success.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let after = response.headers().get(header::RETRY_AFTER).and_then(|it| it.to_str().ok());
        let after = after.and_then(retry_after);
        let said = self.whole(response).await.unwrap_or_default();
        // Before the text is cut, so that no part of a key is left.
        let said = self.scrubbed(&String::from_utf8_lossy(&said));
        let why = match said_in(said.as_bytes()) {
            said if said.is_empty() => format!("it answers {status}"),
            said => format!("it answers {status}: {said}"),
        };
        let passes = status.is_server_error()
            || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS]
                .contains(&status);
        Err(match after {
            Some(wait) if passes => Failure { why, again: Again::After(wait) },
            _ if passes => passing(why),
            _ => lasting(why),
        })
    }

    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, Failure> {
        let body = self.send(request).await?;
        let body = self.whole(body).await?;
        serde_json::from_slice(&body)
            .map_err(|error| self.scrubbed(&error.to_string()))
            .map_err(|error| passing(format!("its answer is not as it should be: {error}")))
    }

    /// The next chunk of the body.
    pub(super) async fn chunk(&self, response: &mut Response) -> Result<Option<Vec<u8>>, Failure> {
        let chunk = response.chunk().await.map_err(|error| self.broken(&error))?;
        Ok(chunk.map(|it| it.to_vec()))
    }

    async fn whole(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(&mut response).await? {
            body.extend(chunk);
            if LONGEST < body.len() {
                return Err(passing(format!("its answer is longer than {LONGEST} bytes")));
            }
        }
        Ok(body)
    }

    fn broken(&self, error: &reqwest::Error) -> Failure {
        let what = if error.is_connect() { "it cannot be reached" } else { "the connection broke" };
        passing(format!("{what}: {}", self.scrubbed(&cause_of(error))))
    }

    pub(super) fn scrubbed(&self, text: &str) -> String {
        match &self.key {
            Some(key) => text.replace(key.reveal(), "…"),
            None => text.to_owned(),
        }
    }
}

/// The value is in seconds, or a date.
fn retry_after(value: &str) -> Option<Duration> {
    match value.trim().parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let at = httpdate::parse_http_date(value).ok()?;
            Some(at.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

/// The error message in a response, from the fields that the services use, as one short line.
fn said_in(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(json) => {
            let places = ["/error/message", "/error", "/message", "/explanation", "/detail"];
            let said = places.iter().find_map(|it| json.pointer(it)?.as_str());
            said.unwrap_or_default().to_owned()
        }
        // An HTML page is no error message.
        Err(_) if body.trim_ascii_start().starts_with(b"<") => String::new(),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(TOLD).collect()
}

/// Why a request failed, without the address, which may hold a key.
fn cause_of(error: &reqwest::Error) -> String {
    let cause = innermost_cause(error);
    if cause.contains("://") { "the request failed".into() } else { cause }
}

/// The address without credentials and query, which may hold secrets.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    url.rsplit('@').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after("30"), Some(Duration::from_secs(30)));
        let soon = SystemTime::now() + Duration::from_secs(100);
        let date = retry_after(&httpdate::fmt_http_date(soon)).unwrap();
        assert!((98..=100).contains(&date.as_secs()), "{date:?}");
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(retry_after("soon"), None);
    }

    #[test]
    fn an_address_keeps_its_path_and_a_key_is_never_shown() {
        let second = Duration::from_secs(1);
        let key = Key::new(" secret\n");
        let at = |url: &str| Service::new(url, key.clone(), second).unwrap().at("/translate");
        assert_eq!(at("http://127.0.0.1:5000").as_str(), "http://127.0.0.1:5000/translate");
        assert_eq!(
            at("http://127.0.0.1:5000/api/").as_str(),
            "http://127.0.0.1:5000/api/translate"
        );
        assert_eq!(at("http://a.example/translate").as_str(), "http://a.example/translate");
        assert_eq!(format!("{:?}", key), "Some(Key(…))");
        assert_eq!(Key::new(" \n"), None);
        let it = Service::new("http://a.example", key, second).unwrap();
        assert_eq!(it.scrubbed("bad key secret!"), "bad key …!");
        let refused = Service::new("ftp://me:secret@a.example?key=secret", None, second);
        let told = refused.err().unwrap().to_string();
        assert!(told.contains("a.example") && !told.contains("secret"), "{told}");
    }

    #[test]
    fn what_a_service_says_is_found_where_it_puts_it() {
        for (body, said) in [
            (r#"{"error":{"message":"slow down","type":"x"}}"#, "slow down"),
            (r#"{"error":"Invalid API key"}"#, "Invalid API key"),
            (r#"{"message":"Quota\n exceeded"}"#, "Quota exceeded"),
            (r#"{"other":1}"#, ""),
            ("<html>502</html>", ""),
            ("plain", "plain"),
        ] {
            assert_eq!(said_in(body.as_bytes()), said);
        }
    }
}
