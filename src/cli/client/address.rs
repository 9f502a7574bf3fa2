//! The address of a server, from the command line: host, port and path.
use tokio_tungstenite::tungstenite::http::Uri;

use super::error::ClientError;

/// The address of a server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) secure: bool,
    /// The websocket's own address.
    pub(super) request: String,
    /// That of requests by long-polling.
    pub(super) polled: String,
}

pub(super) fn address(url: &str) -> Result<Address, ClientError> {
    let wrong = || ClientError::Address { url: url.to_owned() };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let secure = match uri.scheme_str() {
        Some("http" | "ws") => false,
        Some("https" | "wss") => true,
        Some(_) | None => return Err(wrong()),
    };
    let authority = uri.authority().ok_or_else(wrong)?;
    let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let path = if uri.path().trim_matches('/').is_empty() { "/socket.io/" } else { uri.path() };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let scheme = if secure { "wss" } else { "ws" };
    let request = format!("{scheme}://{authority}{path}?EIO=4&transport=websocket");
    let scheme = if secure { "https" } else { "http" };
    let polled = format!("{scheme}://{authority}{path}?EIO=4&transport=polling");
    Ok(Address { host, port, secure, request, polled })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_the_default_path_and_port() {
        let asked = "?EIO=4&transport=websocket";
        for (url, host, port, request) in [
            ("http://localhost:31979", "localhost", 31979, "ws://localhost:31979/socket.io/"),
            ("http://[::1]:9/", "::1", 9, "ws://[::1]:9/socket.io/"),
            ("ws://a.example/x/", "a.example", 80, "ws://a.example/x/"),
            ("https://a.example", "a.example", 443, "wss://a.example/socket.io/"),
        ] {
            let (host, request) = (host.to_owned(), format!("{request}{asked}"));
            let secure = url.starts_with("https");
            let polled = request.replacen("ws", "http", 1).replace("websocket", "polling");
            assert_eq!(address(url).unwrap(), Address { host, port, secure, request, polled });
        }
        for url in ["localhost:31979", "127.0.0.1:1", "", "ftp://a"] {
            assert!(matches!(address(url), Err(ClientError::Address { .. })), "{url}");
        }
    }
}
