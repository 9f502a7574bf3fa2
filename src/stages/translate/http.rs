//! Requests to a translation service: where it is, the key that it asks for, and what its refusals mean.
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

/// No answer to a caption is longer, in bytes.
const LONGEST: usize = 1 << 20;
/// So much of what a service says of a failure is told on, in letters.
const TOLD: usize = 160;

/// What a service asks for who it serves. Nothing shows it: not a log, not an error.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Space around it, as the line end of a file, does not belong to it. `None` where nothing is left.
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

/// Why a service cannot even be asked.
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

/// One service and the way to it.
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
        // A service that has moved is to be named in the file: a redirect does not decide who gets what was said.
        let client =
            client(url, |it| it.connect_timeout(connect).redirect(redirect::Policy::none()));
        let client = client.map_err(|error| ServiceError::Client(cause_of(&error)))?;
        Ok(Service { client, url: parsed, key })
    }

    /// The address with `path` behind it, where it does not end so already.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        if !base.ends_with(path) {
            url.set_path(&format!("{base}{path}"));
        }
        url
    }

    /// The answer to it, if that is one.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let after = response.headers().get(header::RETRY_AFTER).and_then(|it| it.to_str().ok());
        let after = after.and_then(retry_after);
        let said = self.whole(response).await.unwrap_or_default();
        // Before it is cut: a part of a key is nobody's to read either.
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

    /// The next part of the body.
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

/// In seconds, or as a date.
fn retry_after(value: &str) -> Option<Duration> {
    match value.trim().parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let at = httpdate::parse_http_date(value).ok()?;
            Some(at.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

/// What the services say of a failure, wherever they put it, in one short line.
fn said_in(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(json) => {
            let places = ["/error/message", "/error", "/message", "/explanation", "/detail"];
            let said = places.iter().find_map(|it| json.pointer(it)?.as_str());
            said.unwrap_or_default().to_owned()
        }
        // A page for people is no reason.
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

/// A password may stand before the host, a key behind it.
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
