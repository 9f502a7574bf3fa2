//! The pages in the binary: the built `web/dist`, or a page with instructions where it was not built.
use std::borrow::Cow;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::serve::pipeline::event_page::Logo;

/// Sent with every page. Scripts and styles may only be files of this server, so that the text of a caption can never become a
/// script or markup. `ws:` and `wss:` are listed because not every browser includes them in `'self'`. Pages of captions may be
/// framed anywhere: they have no controls that clickjacking could misuse. The overlay builder shows the overlay in a frame, so frames
/// may show pages of this server.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self' ws: wss:; img-src 'self' data:; font-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors *; require-trusted-types-for 'script'; trusted-types 'none'";

/// The same for one page: that of speakers may start one script of this server as a worker, for which its policy lets no other
/// pass, and the archive may play sound.
pub(crate) fn policy(page: &Page) -> Cow<'static, str> {
    let usual = CONTENT_SECURITY_POLICY;
    match (page.of_speakers, page.plays_sound) {
        (true, _) => usual.replace("trusted-types 'none'", "trusted-types livecap-speak").into(),
        (_, true) => usual.replace("img-src", "media-src 'self'; img-src").into(),
        _ => Cow::Borrowed(usual),
    }
}

/// What pages may ask a browser for: the microphone, and the sound of a tab, on the page of speakers alone.
pub(crate) const fn permissions(of_speakers: bool) -> &'static str {
    if of_speakers {
        "camera=(), microphone=(self), display-capture=(self)"
    } else {
        "camera=(), microphone=(), display-capture=()"
    }
}

/// The headers of every page, beside its content type and its policies.
pub(crate) const HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    // The names of files have no version, so browsers must revalidate their copies.
    ("cache-control", "no-cache"),
    // Text is sent with gzip to clients that accept it.
    ("vary", "accept-encoding"),
];

/// The pages by their paths, which have no ending. The path of any other file is its name.
const PAGES: [(&str, &str); 8] = [
    ("/", "index.html"),
    ("/join", "join.html"),
    ("/overlay", "overlay.html"),
    ("/overlay/edit", BUILDER),
    ("/demo", "demo.html"),
    ("/operator", OPERATOR),
    ("/speak", SPEAK),
    ("/archive", ARCHIVE),
];

/// The ending of files with gzip, beside the plain ones.
const PACKED: &str = ".gz";

/// The response to a GET of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) content_type: &'static str,
    /// The value of the header `etag`, with its quotes. It is a hash of the bytes.
    pub(crate) etag: String,
    pub(crate) body: Cow<'static, [u8]>,
    /// It may listen to the microphone.
    pub(crate) of_speakers: bool,
    /// It may play sound of this server.
    pub(crate) plays_sound: bool,
    /// Whether other sites may show it in a frame.
    pub(crate) framed: bool,
    /// A picture of somebody else's making.
    pub(crate) is_picture: bool,
    /// The `content-encoding` of `body`, where it has one.
    pub(crate) encoding: Option<&'static str>,
}

/// `packed`: the client accepts gzip. `path` as in the request line, without the query. `None`: there is no such page.
pub(crate) fn page(path: &str, packed: bool) -> Option<Page> {
    let page = name_of(path).and_then(|name| {
        let plain = built(name, Dist::get(name)?);
        let smaller = packed.then(|| Dist::get(&format!("{name}{PACKED}"))).flatten();
        Some(smaller.map_or(plain, |it| Page { encoding: Some("gzip"), ..built(name, it) }))
    });
    match path {
        "/" => Some(page.unwrap_or_else(how_to_build)),
        _ => page,
    }
}

/// Embedded in every profile, so that a debug build works in any folder.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// Its buttons can pause and end the pipeline, so it must not be framed.
const OPERATOR: &str = "operator.html";

/// It writes to the clipboard and may ask for the fonts of the machine, so it must not be framed either.
const BUILDER: &str = "builder.html";

/// It plays the sound of talks, which may be for a few.
const ARCHIVE: &str = "archive.html";

/// It listens to the microphone.
const SPEAK: &str = "speak.html";

/// The name of the file for a path.
fn name_of(path: &str) -> Option<&str> {
    let page = PAGES.iter().find(|(it, _)| *it == path).map(|(_, name)| *name);
    // Each page has one address, so that caches and search engines do not see it twice.
    let is_file = ![".html", PACKED].iter().any(|it| path.ends_with(it));
    page.or_else(|| path.strip_prefix('/').filter(|it| is_file && !it.is_empty()))
}

fn built(name: &str, file: rust_embed::EmbeddedFile) -> Page {
    Page {
        content_type: content_type(name),
        etag: quoted(&file.metadata.sha256_hash()),
        body: file.data,
        of_speakers: name == SPEAK,
        framed: ![OPERATOR, BUILDER, SPEAK, ARCHIVE].contains(&name),
        plays_sound: name == ARCHIVE,
        is_picture: false,
        encoding: None,
    }
}

/// Opened by itself, an SVG file could run scripts in the name of this server.
pub(crate) const POLICY_OF_PICTURES: &str =
    "default-src 'none'; style-src 'unsafe-inline'; sandbox";

pub(crate) fn logo(logo: &Logo) -> Page {
    Page {
        content_type: logo.content_type,
        etag: tag_of(&logo.bytes),
        body: Cow::Owned(logo.bytes.to_vec()),
        of_speakers: false,
        plays_sound: false,
        framed: true,
        is_picture: true,
        encoding: None,
    }
}

/// The tag of what is not a built file.
pub(crate) fn tag_of(body: &[u8]) -> String {
    quoted(&Sha256::digest(body))
}

fn quoted(hash: &[u8]) -> String {
    let short: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{short}\"")
}

fn how_to_build() -> Page {
    Page {
        content_type: content_type("index.html"),
        etag: String::from("\"unbuilt\""),
        body: Cow::Borrowed(UNBUILT.as_bytes()),
        of_speakers: false,
        plays_sound: false,
        framed: true,
        is_picture: false,
        encoding: None,
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "woff2" => "font/woff2",
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
        let page = page("/", false).unwrap();
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
            "/speak.html",
            "/demo/",
            "/captions.js.gz",
            "/index.html.gz",
            "/../Cargo.toml",
            "index.html",
        ] {
            assert_eq!(page(path, true), None, "{path}");
        }
    }

    #[test]
    fn every_built_file_has_a_type_and_a_tag_of_its_own_bytes() {
        for name in Dist::iter().filter(|name| !name.ends_with(PACKED)) {
            let found = built(&name, Dist::get(&name).unwrap());
            assert_ne!(found.content_type, "application/octet-stream", "{name}");
            assert_eq!(found.etag.len(), 26, "{name}");
            assert!(!found.body.is_empty(), "{name}");
        }
    }

    #[test]
    fn the_microphone_is_for_one_page_alone() {
        assert!(permissions(true).contains("microphone=(self), display-capture=(self)"));
        assert!(permissions(false).contains("microphone=(), display-capture=()"));
        for (path, _) in PAGES {
            let Some(page) = page(path, false).filter(|it| it.etag != "\"unbuilt\"") else {
                return;
            };
            assert_eq!(page.of_speakers, path == "/speak", "{path}");
            let policy = policy(&page);
            assert!(policy.contains("script-src 'self'"), "{path}");
            assert_eq!(policy.ends_with("trusted-types livecap-speak"), path == "/speak", "{path}");
            assert_eq!(policy.contains("media-src 'self';"), path == "/archive", "{path}");
            assert!(!(page.of_speakers && page.framed));
        }
    }

    #[test]
    fn what_is_packed_is_smaller_and_has_another_tag() {
        for name in Dist::iter().filter(|name| Dist::get(&format!("{name}{PACKED}")).is_some()) {
            let pages =
                PAGES.iter().find(|(_, it)| *it == name).map(|(path, _)| (*path).to_owned());
            let path = pages.unwrap_or_else(|| format!("/{name}"));
            let (plain, packed) = (page(&path, false).unwrap(), page(&path, true).unwrap());
            assert_eq!((plain.encoding, packed.encoding), (None, Some("gzip")), "{name}");
            assert!(packed.body.len() < plain.body.len() && packed.body.starts_with(b"\x1f\x8b"));
            assert_eq!(packed.content_type, plain.content_type);
            assert_ne!(packed.etag, plain.etag);
        }
    }

    #[test]
    fn the_built_pages_hold_to_the_policy_they_are_sent_with() {
        for name in Dist::iter().filter(|name| name.ends_with(".html")) {
            let text = String::from_utf8(Dist::get(&name).unwrap().data.into_owned()).unwrap();
            for tag in text.split("<script").skip(1) {
                let (head, body) = tag.split_once('>').unwrap();
                assert!(
                    head.contains(" src=\"") && body.starts_with("</script>"),
                    "{name}: a script in the page itself"
                );
            }
            for banned in ["<style", " style=", " onclick=", " onload="] {
                assert!(!text.contains(banned), "{name}: {banned}");
            }
        }
    }

    #[test]
    fn a_page_names_only_files_that_are_served_and_from_where_it_stands() {
        for (place, name) in PAGES {
            let Some(page) = page(place, false).filter(|it| it.etag != "\"unbuilt\"") else {
                return;
            };
            let text = String::from_utf8(page.body.into_owned()).unwrap();
            let named = text.split(['"', ' ']).collect::<Vec<_>>();
            let named = named.windows(2).filter(|it| ["href=", "src="].contains(&it[0]));
            for path in named.map(|it| it[1]).filter(|it| !it.starts_with('#')) {
                assert!(!path.starts_with('/'), "{name}: {path} is not below a proxy's prefix");
                let whole = resolved(place, path);
                assert!(super::page(&whole, false).is_some(), "{name}: {path}");
            }
        }
    }

    /// The path of a relative link on the page at `place`.
    fn resolved(place: &str, link: &str) -> String {
        let mut folders: Vec<&str> = place.split('/').collect();
        folders.pop();
        for part in link.split('/') {
            match part {
                ".." => drop(folders.pop().filter(|it| !it.is_empty()).expect("a folder above")),
                "." => (),
                _ => folders.push(part),
            }
        }
        folders.join("/")
    }
}
