//! The pages that the binary carries: the built `web/dist`, and a page that says how to get it where it is absent.
use rust_embed::RustEmbed;
use std::borrow::Cow;

/// Sent with every page. Scripts and styles are files of this server and nothing else; no text of a caption can become
/// a script or markup. `ws:` and `wss:` are spelled out because not every browser takes them for `'self'`. The captions
/// may be framed anywhere: there is nothing on them to click that could be stolen.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self' ws: wss:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors *; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// The headers of every page, beside its content type.
pub(crate) const HEADERS: [(&str, &str); 4] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    // The files have no version in their names: a browser asks whether its copy still stands.
    ("cache-control", "no-cache"),
];

/// What is answered to a GET of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) content_type: &'static str,
    /// In quotes, as the header `etag` has it; the same bytes have the same tag in every build.
    pub(crate) etag: String,
    pub(crate) body: Cow<'static, [u8]>,
    /// Whether pages of others may show it inside of theirs.
    pub(crate) framed: bool,
}

/// `path` as in the request line, without its query. `None` is a 404.
pub(crate) fn page(path: &str) -> Option<Page> {
    let page = name_of(path).and_then(|name| Some(built(name, Dist::get(name)?)));
    match path {
        "/" => Some(page.unwrap_or_else(how_to_build)),
        _ => page,
    }
}

/// In the binary in every profile, so that a debug build does not depend on where it was built.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// It has buttons that end what others watch.
const OPERATOR: &str = "operator.html";

/// The file behind a path: the pages have names without an ending, everything else its own.
fn name_of(path: &str) -> Option<&str> {
    match path {
        "/" => Some("index.html"),
        "/demo" => Some("demo.html"),
        "/operator" => Some(OPERATOR),
        // One address a page, or a cache and a search engine know it twice.
        _ if path.ends_with(".html") => None,
        _ => path.strip_prefix('/').filter(|it| !it.is_empty()),
    }
}

fn built(name: &str, file: rust_embed::EmbeddedFile) -> Page {
    let hash = file.metadata.sha256_hash();
    let short: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    Page {
        content_type: content_type(name),
        etag: format!("\"{short}\""),
        body: file.data,
        framed: name != OPERATOR,
    }
}

fn how_to_build() -> Page {
    Page {
        content_type: content_type("index.html"),
        etag: String::from("\"unbuilt\""),
        body: Cow::Borrowed(UNBUILT.as_bytes()),
        framed: true,
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

const UNBUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>livecap without its pages</title>
<h1>livecap is running, without its pages</h1>
<p>This binary was built before the caption page was. To get the page, in the folder of the sources:
<pre>make setup &amp;&amp; cargo build</pre>
<p>Captions are delivered all the same: any Socket.IO client receives them from this address.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_page_is_always_there() {
        let page = page("/").unwrap();
        assert_eq!(page.content_type, "text/html; charset=utf-8");
        assert!(page.body.starts_with(b"<!doctype html>"));
    }

    #[test]
    fn without_the_built_page_the_front_page_says_how_to_get_it() {
        let body = String::from_utf8(how_to_build().body.into_owned()).unwrap();
        assert!(body.contains("make setup &amp;&amp; cargo build"), "{body}");
    }

    #[test]
    fn a_path_that_is_no_page_is_none() {
        for path in [
            "",
            "/nothing",
            "//",
            "/index.html",
            "/demo.html",
            "/operator.html",
            "/demo/",
            "/../Cargo.toml",
            "index.html",
        ] {
            assert_eq!(page(path), None, "{path}");
        }
    }

    #[test]
    fn every_built_file_has_a_type_and_a_tag_of_its_own_bytes() {
        for name in Dist::iter() {
            let found = built(&name, Dist::get(&name).unwrap());
            assert_ne!(found.content_type, "application/octet-stream", "{name}");
            assert_eq!(found.etag.len(), 26, "{name}");
            assert!(!found.body.is_empty(), "{name}");
        }
    }

    #[test]
    fn the_built_pages_hold_to_the_policy_they_are_sent_with() {
        for name in Dist::iter().filter(|name| name.ends_with(".html")) {
            let text = String::from_utf8(Dist::get(&name).unwrap().data.into_owned()).unwrap();
            for tag in text.split("<script").skip(1) {
                let (head, body) = tag.split_once('>').unwrap();
                assert!(
                    head.contains("src=\"/") && body.starts_with("</script>"),
                    "{name}: a script in the page itself"
                );
            }
            for banned in ["<style", " style=", " onclick=", " onload="] {
                assert!(!text.contains(banned), "{name}: {banned}");
            }
        }
    }

    #[test]
    fn the_front_page_names_only_files_that_are_served() {
        let text = String::from_utf8(page("/").unwrap().body.into_owned()).unwrap();
        for path in text.split(['"']).filter(|it| it.starts_with('/')) {
            assert!(page(path).is_some(), "{path}");
        }
    }
}
