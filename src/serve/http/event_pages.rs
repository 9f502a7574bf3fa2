//! The pages with what they say of the event put in: the title of the document, and the rest as a `meta` element that scripts read.
//!
//! It stands in the page itself, so that no other title flashes up before.
use std::{
    borrow::Cow,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use flate2::{Compression, write::GzEncoder};

use super::pages::{self, Page};
use crate::{serve::pipeline::event_page::EventPage, wire::PageInfo};

/// The pages made for one event, since each is asked for by many.
#[derive(Default)]
pub(crate) struct EventPages(Mutex<Option<Made>>);

struct Made {
    of: Arc<EventPage>,
    /// By path and whether it is compressed.
    pages: Vec<(&'static str, bool, Page)>,
}

/// The pages that say something of the event, each with the title of its document, in which `{}` is that of the event, and whether its heading
/// is that too.
const TITLED: [(&str, &str, bool); 4] = [
    ("/", "{}", true),
    ("/join", "{}", true),
    ("/overlay", "{}", false),
    ("/operator", "{}: operator", false),
];

impl EventPages {
    /// The page of this path for the event; `None`: it is the same for every event.
    pub(crate) fn page(&self, event: &Arc<EventPage>, path: &str, packed: bool) -> Option<Page> {
        let (path, title, is_heading) = TITLED.iter().find(|it| it.0 == path)?;
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = match &mut *made {
            Some(made) if Arc::ptr_eq(&made.of, event) => made,
            other => other.insert(Made { of: event.clone(), pages: Vec::new() }),
        };
        let known = |it: &&(&str, bool, Page)| it.0 == *path && it.1 == packed;
        if let Some((.., page)) = made.pages.iter().find(known) {
            return Some(page.clone());
        }
        let page = make(&pages::page(path, false)?, packed, |html| {
            with_event(html, event.info(), title, *is_heading)
        })?;
        made.pages.push((*path, packed, page.clone()));
        Some(page)
    }
}

fn make(plain: &Page, packed: bool, with_event: impl Fn(&str) -> Option<String>) -> Option<Page> {
    let html = with_event(std::str::from_utf8(&plain.body).ok()?)?.into_bytes();
    let (body, encoding) = if packed { (gzip(&html), Some("gzip")) } else { (html, None) };
    let &Page { content_type, of_speakers, plays_sound, framed, is_picture, .. } = plain;
    let etag = pages::tag_of(&body);
    let body = Cow::Owned(body);
    Some(Page { content_type, etag, body, of_speakers, plays_sound, framed, is_picture, encoding })
}

/// `None` where the page has no title to replace.
fn with_event(html: &str, info: &PageInfo, title: &str, is_heading: bool) -> Option<String> {
    let json = serde_json::to_string(info).ok()?;
    let meta = format!("<meta name=\"livecap-page\" content=\"{}\">", escaped(&json));
    let at = html.find("<title")?;
    let html = format!("{}{meta}{}", &html[..at], &html[at..]);
    let Some(of_event) = &info.title else { return Some(html) };
    let html = with_text(&html, "title", &title.replace("{}", of_event))?;
    // The heading too, so that it does not change before the eyes.
    Some(if is_heading { with_text(&html, "h1", of_event).unwrap_or(html) } else { html })
}

/// The first element of this name gets another text, and is no longer one of the page's own texts, which scripts translate.
fn with_text(html: &str, name: &str, text: &str) -> Option<String> {
    let begin = html.find(&format!("<{name}"))?;
    let (tag, rest) = html[begin..].split_once('>')?;
    let (_, rest) = rest.split_once(&format!("</{name}>"))?;
    let tag = match tag.split_once(" data-text=\"") {
        Some((before, after)) => format!("{before}{}", after.split_once('"')?.1),
        None => tag.to_owned(),
    };
    Some(format!("{}{tag}>{}</{name}>{rest}", &html[..begin], escaped(text)))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // These would end a line, or the text, for some readers of HTML.
            '\0' | '\r' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Writing to memory does not fail.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let written = packed.write_all(text);
    written.and_then(|()| packed.finish()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    const HTML: &str = "<head><title data-text=\"page.title\">Live captions</title></head>\
        <h1 class=\"a\" data-text=\"page.title\">Live captions</h1><p data-text=\"b\">B</p>";

    fn info(title: Option<&str>) -> PageInfo {
        PageInfo { title: title.map(str::to_owned), starts: Some(7), ..PageInfo::default() }
    }

    #[test]
    fn the_title_stands_in_the_page_as_text() {
        let html =
            with_event(HTML, &info(Some("Q&A <script>\"1\"</script>")), "{}: x", true).unwrap();
        let title = "Q&amp;A &lt;script&gt;&quot;1&quot;&lt;/script&gt;";
        assert!(html.contains(&format!("<title>{title}: x</title>")), "{html}");
        assert!(
            html.contains(&format!("<h1 class=\"a\">{title}</h1><p data-text=\"b\">B</p>")),
            "{html}"
        );
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("content=\"{&quot;title&quot;:&quot;Q&amp;A "), "{html}");
    }

    #[test]
    fn without_a_title_the_usual_one_stays() {
        let html = with_event(HTML, &info(None), "{}", true).unwrap();
        assert!(html.contains("page.title\">Live captions</title>"), "{html}");
        assert!(html.contains("content=\"{&quot;starts&quot;:7}\""), "{html}");
        assert_eq!(html.matches("Live captions").count(), 2);
        assert_eq!(with_event("no page", &info(None), "{}", true), None);
    }

    #[test]
    fn a_page_is_made_once_for_an_event_and_anew_for_the_next() {
        let pages = EventPages::default();
        let event = |title| Arc::new(EventPage::new(info(Some(title)), None));
        let (first, second) = (event("First"), event("Second"));
        let Some(page) = pages.page(&first, "/overlay", false) else {
            return; // The pages were not built.
        };
        assert_eq!(pages.page(&first, "/overlay", false), Some(page.clone()));
        let other = pages.page(&second, "/overlay", false).unwrap();
        assert_ne!(page.etag, other.etag);
        let packed = pages.page(&second, "/overlay", true).unwrap();
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&*packed.body).read_to_end(&mut text).unwrap();
        assert_eq!((text, packed.encoding), (other.body.into_owned(), Some("gzip")));
        assert_eq!(pages.page(&second, "/demo", false), None);
        assert_eq!(pages.page(&second, "/captions.js", false), None);
    }
}
