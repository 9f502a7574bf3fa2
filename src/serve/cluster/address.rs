//! The address of Redis, and the name of the broadcast there. A password in it is never shown.
use std::fmt;

use redis::{Client, ConnectionAddr, IntoConnectionInfo, ProtocolVersion};

/// The name of a broadcast if the address has none.
const USUAL_NAME: &str = "live";

const LONGEST_NAME: usize = 64;

/// An address as `redis://127.0.0.1/?name=talk`: `rediss://` speaks TLS, `redis+unix:///run/redis.sock` needs no network.
#[derive(Clone)]
pub struct ClusterAddress {
    client: Client,
    name: String,
    shown: String,
}

impl ClusterAddress {
    /// The error does not repeat the address, which may hold a password.
    pub fn parse(written: &str) -> Result<ClusterAddress, String> {
        let Some(url) = redis::parse_redis_url(written) else {
            return Err("not an address of Redis, as redis://127.0.0.1/".to_owned());
        };
        let name = url.query_pairs().find(|(key, _)| key == "name");
        let name = name.map_or_else(|| USUAL_NAME.to_owned(), |(_, name)| name.into_owned());
        let plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
            return Err(format!(
                "`name` has letters, digits, `-`, `_` and `.`, at most {LONGEST_NAME} of them"
            ));
        }
        let shown = match url.host_str() {
            Some(host) if !host.is_empty() => {
                let port = url.port().map(|it| format!(":{it}")).unwrap_or_default();
                format!("{}://{host}{port}{}", url.scheme(), url.path())
            }
            _ => format!("{}://{}", url.scheme(), url.path()),
        };
        // The errors of the library name the wrong part, never its value.
        let info = url.into_connection_info().map_err(|error| error.to_string())?;
        // Published messages come over the same connection as responses, which needs RESP3.
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings));
        Ok(ClusterAddress { client: client.map_err(|error| error.to_string())?, name, shown })
    }

    pub fn has_password(&self) -> bool {
        self.client.get_connection_info().redis_settings().password().is_some()
    }

    /// How to connect to Redis.
    pub(super) fn way(&self) -> &ConnectionAddr {
        self.client.get_connection_info().addr()
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The name of the broadcast.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Without user, password and parameters.
impl fmt::Display for ClusterAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for ClusterAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterAddress({self}, name {})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_their_secrets() {
        for (written, shown, name) in [
            ("redis://127.0.0.1/", "redis://127.0.0.1/", "live"),
            ("redis://me:secret@cache:6380/2?name=talk", "redis://cache:6380/2", "talk"),
            ("rediss://:secret@cache", "rediss://cache", "live"),
            (
                "redis+unix:///run/r.sock?pass=secret&name=a.b-c_1",
                "redis+unix:///run/r.sock",
                "a.b-c_1",
            ),
        ] {
            let it = ClusterAddress::parse(written).unwrap();
            assert_eq!((it.to_string().as_str(), it.name()), (shown, name), "{written}");
            assert!(!format!("{it:?}").contains("secret"));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for written in [
            "",
            "127.0.0.1",
            "http://me:secret@cache/",
            "redis://:secret@cache/x",
            "redis://:secret@cache/?name=",
            "redis://:secret@cache/?name=a%20b",
            "rediss://:secret@cache/#secret",
        ] {
            let told = ClusterAddress::parse(written).unwrap_err();
            assert!(!told.is_empty() && !told.contains("secret"), "{written}: {told}");
        }
    }
}
