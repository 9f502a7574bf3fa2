//! Why a connection to a server could not be made, or broke.
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("`{url}` is not the address of a server: write http://host:port")]
    Address { url: String },
    #[error("cannot speak TLS with {url}: {source}")]
    Tls { url: String, source: std::io::Error },
    #[error("cannot reach {url}: {source}")]
    Unreachable { url: String, source: std::io::Error },
    #[error("{url} does not answer within {within:?}")]
    Silent { url: String, within: Duration },
    #[error("{url} does not answer as a Socket.IO server: {why}")]
    NotSocketIo { url: String, why: String },
    #[error("{url} takes no speakers: {why}; name a server of livecap with a `browser` stage")]
    NotForSpeakers { url: String, why: String },
    #[error("{url} refused the connection: {message}")]
    Refused { url: String, message: String },
    #[error("the connection to {url} broke: {why}")]
    Broken { url: String, why: String },
}

impl ClientError {
    /// There is no room. `after`: when to try again, as the server says.
    pub(super) fn full(url: &str, after: Option<&str>) -> ClientError {
        let again = after.map_or(String::new(), |it| format!(", try again in {it} s"));
        ClientError::Refused { url: url.to_owned(), message: format!("full{again}") }
    }
}
