//! Serving below a path of a proxy, as `/captions/`: the prefix that the proxy states is removed from the path.
//!
//! The pages need not know it, as all their links are relative.
use axum::{extract::Request, http::Uri};

/// The header in which Traefik and other proxies state the prefix.
const HEADER: &str = "x-forwarded-prefix";

/// Removes the prefix from a path, unless the proxy has removed it already, as most do.
pub(crate) fn strip<B>(request: &mut Request<B>) {
    let told = request.headers().get(HEADER).and_then(|it| it.to_str().ok());
    if let Some(stripped) = told.and_then(|prefix| without(request.uri(), prefix)) {
        *request.uri_mut() = stripped;
    }
}

fn without(uri: &Uri, prefix: &str) -> Option<Uri> {
    let prefix = prefix.trim().trim_end_matches('/');
    let rest = uri.path().strip_prefix(prefix).filter(|_| prefix.starts_with('/'))?;
    let query = uri.query().map_or(String::new(), |it| format!("?{it}"));
    match rest {
        "" => format!("/{query}"),
        _ if rest.starts_with('/') => format!("{rest}{query}"),
        _ => return None,
    }
    .parse()
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_proxy_put_in_front_is_taken_off_where_it_still_stands() {
        let stripped = |path: &str, prefix: &str| {
            let mut request = Request::builder().uri(path).header(HEADER, prefix).body(()).unwrap();
            strip(&mut request);
            request.uri().to_string()
        };
        assert_eq!(stripped("/captions/overlay?size=2", "/captions"), "/overlay?size=2");
        assert_eq!(stripped("/captions/", "/captions/"), "/");
        assert_eq!(stripped("/captions?lang=nl", "/captions"), "/?lang=nl");
        assert_eq!(stripped("/captions.js", "/captions"), "/captions.js");
        assert_eq!(stripped("/overlay", "/captions"), "/overlay");
        assert_eq!(stripped("/overlay", "/"), "/overlay");
        assert_eq!(stripped("/overlay", "over"), "/overlay");
    }
}
