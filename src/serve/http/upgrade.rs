//! Requests for a websocket without a valid upgrade, mostly because a proxy has removed it. They are refused at once, so that clients go on
//! by long-polling.
use axum::{
    extract::Request,
    http::{HeaderName, Method, StatusCode, Version, header},
    response::{IntoResponse, Response},
};

use crate::serve::{socket::sessions, speakers::WHISPER_LIVE_PATH};

/// The only version of the protocol (RFC 6455, section 4.1).
const VERSION: &str = "13";
const NOT_PASSED_ON: &str = "a websocket was asked for without an upgrade: a proxy on the way has to pass on `Upgrade` and `Connection`; without them, transport=polling works\n";
const OTHER_VERSION: &str = "only version 13 of the websocket protocol is spoken here\n";
const NO_KEY: &str = "a websocket was asked for without a key\n";

/// The refusal of a request for a websocket that cannot be upgraded; `None` for all other requests.
pub(crate) fn refused<B>(request: &Request<B>) -> Option<Response> {
    let uri = request.uri();
    let query = uri.query().unwrap_or_default();
    if !uri.path().starts_with(sessions::PATH)
        || sessions::field(query, "transport") != Some("websocket")
    {
        return None;
    }
    let lists = |name: HeaderName, wanted: &str| {
        let lines = request.headers().get_all(name).iter().filter_map(|it| it.to_str().ok());
        lines.flat_map(|it| it.split(',')).any(|it| it.trim().eq_ignore_ascii_case(wanted))
    };
    let upgrade = [(header::UPGRADE, "websocket"), (header::CONNECTION, "upgrade")];
    let is_upgrade = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && lists(header::UPGRADE, "websocket")
        && lists(header::CONNECTION, "upgrade");
    if !is_upgrade {
        return Some((StatusCode::UPGRADE_REQUIRED, upgrade, NOT_PASSED_ON).into_response());
    }
    if !lists(header::SEC_WEBSOCKET_VERSION, VERSION) {
        let version = [(header::SEC_WEBSOCKET_VERSION, VERSION)];
        return Some((StatusCode::UPGRADE_REQUIRED, version, OTHER_VERSION).into_response());
    }
    let has_key = request.headers().contains_key(header::SEC_WEBSOCKET_KEY);
    (!has_key).then(|| (StatusCode::BAD_REQUEST, NO_KEY).into_response())
}

/// Clients of WhisperLive know a host and a port alone: a WebSocket that is opened at `/` is theirs. No page of ours opens one there.
pub(crate) fn lead<B>(request: &mut Request<B>) {
    let is_websocket = request
        .headers()
        .get(header::UPGRADE)
        .is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if request.method() != Method::GET || request.uri().path() != "/" || !is_websocket {
        return;
    }
    let query = request.uri().query().map_or(String::new(), |it| format!("?{it}"));
    if let Ok(uri) = format!("{WHISPER_LIVE_PATH}{query}").parse() {
        *request.uri_mut() = uri;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A valid request, with some headers changed, or removed where they are empty.
    fn asked(changes: &[(&str, &str)]) -> Request<()> {
        let usual = [
            ("upgrade", "websocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let mut request = Request::builder().uri("/socket.io/?EIO=4&transport=websocket");
        for (name, value) in usual {
            let changed = changes.iter().find(|it| it.0 == name).map_or(value, |it| it.1);
            if !changed.is_empty() {
                request = request.header(name, changed);
            }
        }
        request.body(()).unwrap()
    }

    #[test]
    fn what_cannot_become_a_websocket_is_told_so_at_once() {
        let status = |request: Request<()>| refused(&request).map(|it| it.status().as_u16());
        assert_eq!(status(asked(&[])), None);
        assert_eq!(status(asked(&[("upgrade", "WebSocket"), ("connection", "upgrade")])), None);
        assert_eq!(status(asked(&[("upgrade", "")])), Some(426));
        assert_eq!(status(asked(&[("upgrade", "h2c")])), Some(426));
        assert_eq!(status(asked(&[("connection", "close")])), Some(426));
        assert_eq!(status(asked(&[("sec-websocket-version", "8")])), Some(426));
        assert_eq!(status(asked(&[("sec-websocket-key", "")])), Some(400));
        let mut old = asked(&[]);
        *old.version_mut() = Version::HTTP_10;
        assert_eq!(status(old), Some(426));
        let mut posted = asked(&[]);
        *posted.method_mut() = Method::POST;
        assert_eq!(status(posted), Some(426));
        let told = refused(&asked(&[("sec-websocket-version", "8")])).unwrap();
        assert_eq!(told.headers()[header::SEC_WEBSOCKET_VERSION], "13");
    }

    #[test]
    fn a_websocket_at_the_root_is_one_of_whisper_live_and_pages_are_not() {
        let led = |uri: &str, changes: &[(&str, &str)]| {
            let mut request = asked(changes);
            *request.uri_mut() = uri.parse().unwrap();
            lead(&mut request);
            request.uri().to_string()
        };
        assert_eq!(led("/", &[]), "/whisper-live");
        assert_eq!(led("/?token=t", &[]), "/whisper-live?token=t");
        assert_eq!(led("/", &[("upgrade", "")]), "/");
        assert_eq!(led("/speak", &[]), "/speak");
    }

    #[test]
    fn long_polling_and_pages_need_no_upgrade() {
        for uri in ["/socket.io/?EIO=4&transport=polling", "/?transport=websocket", "/socket.io/"] {
            let request = Request::builder().uri(uri).body(()).unwrap();
            assert!(refused(&request).is_none(), "{uri}");
        }
    }
}
