//! Downloads one model over HTTP: continues after a cut connection, retries with waits, hashes while it streams.
use std::{path::PathBuf, time::Duration};

use indicatif::ProgressBar;
use reqwest::{Client, Response, StatusCode, header};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::{PullError, lookup::in_program, part::Part};
use crate::{
    http_client::{client, innermost_cause},
    logic::backoff::doubled,
    models::{ModelEntry, Proof, Store, verify},
};

/// How patient a pull is.
#[derive(Clone, Debug)]
pub struct PullSettings {
    /// Where the files are, in place of the catalogue's addresses: `URL/FILE`.
    pub from: Option<String>,
    /// The longest wait for a connection.
    pub connect: Duration,
    /// The longest wait for the answer to begin, and for any next byte.
    pub idle: Duration,
    /// How often in a row a connection that brought less than 1 MiB is tried again.
    pub retries: u32,
    /// The wait before the first new try; each later one is twice as long.
    pub backoff: Duration,
}

impl Default for PullSettings {
    fn default() -> PullSettings {
        PullSettings {
            from: None,
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            retries: 5,
            backoff: Duration::from_secs(1),
        }
    }
}

/// How a model came to be here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// It is part of the program.
    BuiltIn,
    /// It was here before, and is whole.
    AlreadyHere { path: PathBuf, proof: Proof },
    Fetched {
        path: PathBuf,
        proof: Proof,
        /// Bytes of the whole file.
        bytes: u64,
        /// How many of them an earlier pull had brought.
        kept: u64,
    },
}

/// A connection that brought so much was a good one: the count of failures begins anew.
const PROGRESS: u64 = 1 << 20;
/// Of the wait between two tries: from 1 s it grows to 18 hours at most.
const MOST_DOUBLINGS: u32 = 16;

/// Gets `entry`'s file into `store`, checked, or leaves what was there as it was.
///
/// # Errors
/// As [`PullError`] tells; after a cut connection `FILE.part` stays, and the next call goes on from it.
pub async fn fetch(
    entry: &ModelEntry,
    store: &Store,
    settings: &PullSettings,
    bar: &ProgressBar,
) -> Result<Pulled, PullError> {
    let url = match (&settings.from, &entry.url) {
        _ if in_program(entry) => return Ok(Pulled::BuiltIn),
        (Some(base), _) => format!("{}/{}", base.trim_end_matches('/'), entry.file),
        (None, Some(url)) => url.clone(),
        (None, None) => return Ok(Pulled::BuiltIn),
    };
    let client = client(&url, |it| it.connect_timeout(settings.connect));
    let client = client.map_err(|error| PullError::Client(innermost_cause(&error)))?;
    let (known, place, from) = (entry.clone(), store.clone(), url.clone());
    let mut part = match aside(move || open(&known, &place, &from)).await? {
        Opened::Whole(path, proof) => return Ok(Pulled::AlreadyHere { path, proof }),
        Opened::Part(part) => *part,
    };
    let kept = part.bytes();
    let transfer =
        Transfer { entry, store, settings, bar, client, url: &url, answered: false, kept };
    let kept = transfer.run(&mut part).await?;
    let bytes = part.bytes();
    let (path, proof) = aside(move || part.finish(&url)).await?;
    Ok(Pulled::Fetched { path, proof, bytes, kept })
}

/// Off the async threads: to hash what is here, and to bring it to the disk, can take seconds.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PullError> + Send + 'static,
) -> Result<T, PullError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(cause) => std::panic::resume_unwind(cause.into_panic()),
    }
}

enum Opened {
    Whole(PathBuf, Proof),
    Part(Box<Part>),
}

/// A file in its place is looked at under the lock, so that a pull that has just ended is seen.
fn open(entry: &ModelEntry, store: &Store, url: &str) -> Result<Opened, PullError> {
    let part = Part::open(store, entry, url)?;
    let path = store.path_of(entry);
    match verify(&path, entry) {
        Ok(proof) => {
            part.give_up()?;
            Ok(Opened::Whole(path, proof))
        }
        Err(_) => Ok(Opened::Part(Box::new(part))),
    }
}

struct Transfer<'a> {
    entry: &'a ModelEntry,
    store: &'a Store,
    settings: &'a PullSettings,
    bar: &'a ProgressBar,
    client: Client,
    url: &'a str,
    /// Whether the server has answered at all in this pull.
    answered: bool,
    kept: u64,
}

/// Why one connection did not bring the rest.
enum Trouble {
    /// May be over soon.
    Passing(String),
    Lasting(PullError),
}

impl From<PullError> for Trouble {
    fn from(error: PullError) -> Trouble {
        Trouble::Lasting(error)
    }
}

impl Transfer<'_> {
    /// Brings the whole file into `part`; says how much of it was there before.
    async fn run(mut self, part: &mut Part) -> Result<u64, PullError> {
        let mut failures = 0;
        loop {
            let before = part.bytes();
            let cause = match self.connection(part).await {
                Ok(()) => return Ok(self.kept),
                Err(Trouble::Lasting(error)) => return Err(error),
                Err(Trouble::Passing(cause)) => cause,
            };
            failures = if part.bytes() >= before + PROGRESS { 1 } else { failures + 1 };
            if failures > self.settings.retries {
                let (url, kept) = (self.url.to_string(), part.bytes());
                return Err(PullError::GaveUp { url, tries: failures, cause, kept });
            }
            let wait = doubled(self.settings.backoff, (failures - 1).min(MOST_DOUBLINGS));
            warn!(model = self.entry.name, cause, ?wait, "the connection was cut, trying again");
            sleep(wait).await;
        }
    }

    async fn connection(&mut self, part: &mut Part) -> Result<(), Trouble> {
        let mut request = self.client.get(self.url).header(header::ACCEPT_ENCODING, "identity");
        if let Some(validator) = part.validator() {
            let range = format!("bytes={}-", part.bytes());
            request = request.header(header::RANGE, range).header(header::IF_RANGE, validator);
        }
        let Ok(sent) = timeout(self.settings.idle, request.send()).await else {
            return Err(Trouble::Passing(format!("no answer within {:?}", self.settings.idle)));
        };
        let response = sent.map_err(|cause| self.not_sent(&cause))?;
        self.answered = true;
        let mut response = match response.status() {
            StatusCode::PARTIAL_CONTENT if starts_at(&response) == Some(part.bytes()) => response,
            StatusCode::OK => {
                self.look_at_kind(&response)?;
                self.kept = 0;
                part.begin(self.url, validator_of(&response))?;
                response
            }
            StatusCode::RANGE_NOT_SATISFIABLE if total_of(&response) == Some(part.bytes()) => {
                return Ok(());
            }
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                self.kept = 0;
                part.begin(self.url, None)?;
                return Err(Trouble::Passing(
                    "the server gave another part than was asked for".into(),
                ));
            }
            status => return Err(self.refusal(status, &response)),
        };
        if let Some(rest) = response.content_length() {
            self.bar.set_length(part.bytes() + rest);
        }
        loop {
            self.bar.set_position(part.bytes());
            match timeout(self.settings.idle, response.chunk()).await {
                Err(_) => {
                    return Err(Trouble::Passing(format!(
                        "no byte within {:?}",
                        self.settings.idle
                    )));
                }
                Ok(Err(cause)) => return Err(Trouble::Passing(innermost_cause(&cause))),
                Ok(Ok(Some(bytes))) => part.append(&bytes)?,
                Ok(Ok(None)) => return Ok(()),
            }
        }
    }

    /// If the server was never reached, the error comes at once: retries do not help a machine without a network.
    fn not_sent(&self, cause: &reqwest::Error) -> Trouble {
        let (url, told) = (self.url.to_string(), innermost_cause(cause));
        if cause.is_builder() {
            Trouble::Lasting(PullError::Address { url, cause: told })
        } else if (cause.is_connect() || cause.is_timeout()) && !self.answered {
            let (name, path) = (self.entry.name.clone(), self.store.path_of(self.entry));
            Trouble::Lasting(PullError::Offline { name, url, path, cause: told })
        } else if cause.is_redirect() {
            Trouble::Lasting(PullError::Address { url, cause: told })
        } else {
            Trouble::Passing(told)
        }
    }

    fn look_at_kind(&self, response: &Response) -> Result<(), PullError> {
        match text(response, header::CONTENT_TYPE) {
            Some(kind) if kind.starts_with("text/html") => {
                Err(PullError::NotAFile { url: self.url.into(), kind: "an HTML page".into() })
            }
            _ => Ok(()),
        }
    }

    fn refusal(&self, status: StatusCode, response: &Response) -> Trouble {
        let (url, code) = (self.url.to_string(), status.as_u16());
        match code {
            404 | 410 => PullError::NotFound { url, status: code }.into(),
            401 | 403 | 407 | 451 => PullError::Refused { url, status: code }.into(),
            429 => PullError::TooMany { url, after: text(response, header::RETRY_AFTER) }.into(),
            408 | 500.. => Trouble::Passing(format!("the server answers {code}")),
            _ => PullError::Status { url, status: code }.into(),
        }
    }
}

/// What `If-Range` may name: an entity tag that promises the same bytes, or else the date of the file.
fn validator_of(response: &Response) -> Option<String> {
    let tag = text(response, header::ETAG).filter(|tag| !tag.starts_with("W/"));
    tag.or_else(|| text(response, header::LAST_MODIFIED))
}

/// The 12 of `Content-Range: bytes 12-99/100`.
fn starts_at(response: &Response) -> Option<u64> {
    let range = text(response, header::CONTENT_RANGE)?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// The 100 of `Content-Range: bytes */100`.
fn total_of(response: &Response) -> Option<u64> {
    text(response, header::CONTENT_RANGE)?.rsplit('/').next()?.parse().ok()
}

fn text(response: &Response, name: header::HeaderName) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_string())
}
