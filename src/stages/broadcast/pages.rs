//! What the server answers to a browser's `GET`: pages, and the Socket.IO client library.

/// One answer.
pub(crate) struct Page {
    pub(crate) content_type: &'static str,
    pub(crate) body: std::borrow::Cow<'static, [u8]>,
}

/// Every page is served with it.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn page(path: &str) -> Option<Page> {
    let body: &[u8] = match path {
        "/" | "/demo" => b"<!doctype html><title>livecap</title><p>The pages are not built in.</p>",
        _ => return None,
    };
    Some(Page { content_type: "text/html; charset=utf-8", body: body.into() })
}
