//! Below a path of a proxy, as `/captions/`: what it says that it has put in front of the path is taken off.
//!
//! The pages know nothing of it: all of their addresses are relative.
use axum::{extract::Request, http::Uri};

/// What Traefik and others call the path that they serve this server under.
const HEADER: &str = "x-forwarded-prefix";

/// Takes the prefix off the path of a request whose proxy has left it there. Proxies that take it off themselves, as most do, change nothing.
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
