//! The router of HTTP requests: pages, the API and Socket.IO; and the check of `Host` on loopback addresses.
use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use socketioxide::layer::SocketIoLayer;
use tower_http::cors::{AllowHeaders, AllowOrigin, Any, CorsLayer};

use super::{api, event_pages::EventPages, pages};
use crate::serve::{
    access::rights::{is_loopback, name_of},
    hub::Hub,
    pipeline::event_page::LOGO,
};

pub(crate) fn router(hub: &Arc<Hub>, sockets: SocketIoLayer) -> Router {
    let made = Arc::new(EventPages::default());
    api::router()
        .fallback(move |hub, method, uri, asked| page(made, hub, method, uri, asked))
        .with_state(hub.clone())
        .layer(sockets)
        .layer(cors(&hub.settings.origins, hub.rules.any_origin()))
}

async fn page(
    made: Arc<EventPages>,
    State(hub): State<Arc<Hub>>,
    method: Method,
    uri: Uri,
    asked: HeaderMap,
) -> Response {
    let (path, packed, event) = (uri.path(), takes_gzip(&asked), hub.pipeline.page.get());
    let of_event = event.and_then(|event| match path.strip_prefix('/') {
        Some(LOGO) => event.logo().map(pages::logo),
        _ => made.page(&event, path, packed),
    });
    let Some(page) = of_event.or_else(|| pages::page(path, packed)) else {
        return (StatusCode::NOT_FOUND, "nothing here\n").into_response();
    };
    if method != Method::GET && method != Method::HEAD {
        let allow = [(header::ALLOW, "GET, HEAD")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "only to be read\n").into_response();
    }
    let tag = page.etag.clone();
    let mut headers = HeaderMap::new();
    for (name, value) in pages::HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        "permissions-policy",
        HeaderValue::from_static(pages::permissions(page.of_speakers)),
    );
    let policy = match page.is_picture {
        true => pages::POLICY_OF_PICTURES.into(),
        false => pages::policy(&page),
    };
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if !page.framed {
        // A second policy applies beside the first: this page must not be framed, because of clickjacking.
        headers.append(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("frame-ancestors 'none'"),
        );
    }
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes());
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(page.content_type));
    if let Some(encoding) = page.encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    (headers, page.body).into_response()
}

/// Whether gzip is accepted. Weights other than 0 do not matter, as there is no other encoding to choose.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let lines = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|it| it.to_str().ok());
    lines.flat_map(|it| it.split(',')).any(|it| {
        let (name, weight) = it.split_once(';').unwrap_or((it, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|it| it.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_none_or(|it| it > 0.0)
    })
}

/// CORS: which sites may read. Long-polling needs `POST`. Headers are mirrored, as a wildcard does not include `Authorization`.
fn cors(origins: &[String], any: bool) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request());
    if any {
        return layer.allow_origin(Any);
    }
    // Browsers send origins without a slash at the end.
    let origins = origins.iter().map(|it| it.trim_end_matches('/'));
    let origins = origins.filter_map(|it| HeaderValue::from_str(it).ok());
    layer.allow_origin(AllowOrigin::list(origins))
}

/// Whether a server on a loopback address answers a request with this `Host`. Otherwise a page of another site could reach it by a
/// name that resolves to this address (DNS rebinding).
pub(crate) fn is_own_host(host: Option<&str>, hosts: &[String]) -> bool {
    let Some(host) = host else { return false };
    let name = name_of(host);
    let listed = |it: &String| it.eq_ignore_ascii_case(name) || it.eq_ignore_ascii_case(host);
    is_loopback(host) || hosts.iter().any(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_files_go_to_who_takes_them() {
        for (asked, takes) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.8", true),
            ("identity", false),
            ("gzip;q=0", false),
            ("x-gzip", false),
            ("", false),
        ] {
            let headers = [(header::ACCEPT_ENCODING, asked.parse().unwrap())].into_iter().collect();
            assert_eq!(takes_gzip(&headers), takes, "{asked}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_loopback_server_answers_to_its_own_names_only() {
        let hosts = ["captions.example".to_owned()];
        for host in [
            "127.0.0.1:31979",
            "127.8.8.8",
            "localhost:1",
            "LOCALHOST",
            "[::1]:31979",
            "[::1]",
            "app.localhost",
            "Captions.example:80",
        ] {
            assert!(is_own_host(Some(host), &hosts), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "10.0.0.1:31979",
            "notlocalhost",
            ".localhost.evil",
            "[::2]",
        ] {
            assert!(!is_own_host(Some(host), &hosts), "{host}");
        }
        assert!(!is_own_host(None, &hosts));
    }
}
