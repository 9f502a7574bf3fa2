//! HTTP clients that are all set up alike: their name, their certificates, and when they use a proxy.
use std::{error::Error, net::IpAddr, sync::Once};

use reqwest::{Client, ClientBuilder, Url};

/// A client for requests to `url`, with what `settings` add. It goes by the proxy that the environment names, but not to
/// a server on this machine, which the proxy cannot reach.
///
/// # Errors
/// Where the system's certificates cannot be read and `url` needs some.
pub fn client(
    url: &str,
    settings: impl Fn(ClientBuilder) -> ClientBuilder,
) -> reqwest::Result<Client> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // It fails where one is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    // What is no address fails when the request is sent, with an error that says so.
    let url = Url::parse(url).ok();
    let builder = || {
        let client = Client::builder().user_agent(concat!("livecap/", env!("CARGO_PKG_VERSION")));
        let client = if url.as_ref().is_some_and(is_loopback) { client.no_proxy() } else { client };
        settings(client)
    };
    match builder().build() {
        // A machine without certificates still reaches a server that needs none.
        Err(_) if url.as_ref().is_some_and(|it| it.scheme() == "http") => {
            builder().tls_certs_only([]).build()
        }
        built => built,
    }
}

/// The cause at the bottom of an error. The errors above it say only that a request failed, and where.
pub fn innermost_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn only_servers_on_this_machine_are_reached_without_a_proxy() {
        let is_loopback = |url| is_loopback(&Url::parse(url).unwrap());
        for url in
            ["http://localhost:5000/a", "https://127.0.0.2", "http://[::1]:80", "http://LOCALHOST"]
        {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "http://localhost.example",
            "http://192.0.2.1",
            "http://[2001:db8::1]",
            "http://127.example",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn the_innermost_cause_of_an_error_is_told() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = io::Error::other(io::Error::other(refused));
        assert_eq!(innermost_cause(&error), "connection refused");
    }

    #[tokio::test]
    async fn what_is_no_address_fails_when_it_is_asked() {
        let client = client("no address", |it| it).unwrap();
        assert!(client.get("no address").send().await.unwrap_err().is_builder());
    }
}
