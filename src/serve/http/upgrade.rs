//! Requests for a websocket without a valid upgrade, mostly because a proxy has removed it. They are refused at once, so that clients go on
//! by long-polling.
use axum::{
    extract::Request,
    http::{HeaderName, Method, StatusCode, Version, header},
    response::{IntoResponse, Response},
};

use crate::serve::socket::sessions;

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
    fn long_polling_and_pages_need_no_upgrade() {
        for uri in ["/socket.io/?EIO=4&transport=polling", "/?transport=websocket", "/socket.io/"] {
            let request = Request::builder().uri(uri).body(()).unwrap();
            assert!(refused(&request).is_none(), "{uri}");
        }
    }
}
