//! Events with escapes in their JSON names. The library reads names without unescaping, and disconnects a client that sends an escape. So
//! another name is put before the escaped one before the library reads the event, and removed after it.
use std::borrow::Cow;

use axum::{body::Body, extract::Request, http::header, response::Response};
use bytes::Bytes;

/// The name that is put before. A client that sends it itself gets the same result: the next item is taken as the name.
pub(crate) const ESCAPED: &str = "livecap:escaped";

/// The separator of Engine.IO packets in a request by long-polling.
const PARTED: char = '\u{1e}';

/// The beginning of an escape.
const ESCAPE: u8 = b'\\';

/// The Engine.IO packet with the readable name put before; `None` if it needs none, or is not valid anyway.
pub(crate) fn with_readable_name(packet: &str) -> Option<String> {
    if !packet.as_bytes().contains(&ESCAPE) {
        return None;
    }
    let name = name_at(packet)?;
    let mut escapes = false;
    let mut letters = packet.as_bytes()[name..].iter().skip(1);
    loop {
        match letters.next()? {
            b'"' => break,
            &ESCAPE => {
                escapes = true;
                letters.next()?;
            }
            _ => (),
        }
    }
    let (head, list) = packet.split_at(name);
    escapes.then(|| format!("{head}\"{ESCAPED}\",{list}"))
}

/// The position of an event's name in a packet of the default namespace: `42["name"`, `421["name"`, `451-7["name"`.
fn name_at(packet: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut at = match packet.as_bytes() {
        [b'4', b'2', ..] => 2,
        [b'4', b'5', ..] => {
            let dash = 2 + digits(&packet[2..]);
            (packet.as_bytes().get(dash) == Some(&b'-')).then_some(dash + 1)?
        }
        _ => return None,
    };
    at += digits(&packet[at..]);
    let list = packet[at..].strip_prefix('[')?;
    let name = list.trim_start_matches([' ', '\t', '\n', '\r']);
    name.starts_with('"').then(|| packet.len() - name.len())
}

/// The list of an event as the client sent it.
pub(crate) fn as_sent(list: &str) -> Cow<'_, str> {
    let put = format!("\"{ESCAPED}\",");
    match list.split_once(put.as_str()) {
        Some((before, rest)) if before.trim_end() == "[" => Cow::Owned(format!("[{rest}")),
        _ => Cow::Borrowed(list),
    }
}

/// The body of a request by long-polling with readable names. It may have up to `longest` bytes.
pub(crate) async fn readable<B>(
    request: Request<B>,
    longest: usize,
) -> Result<Request<Body>, Response>
where
    B: hyper::body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    use axum::{http::StatusCode, response::IntoResponse};
    let (mut head, body) = request.into_parts();
    let told = "its body is too long, or did not come whole\n";
    let body = axum::body::to_bytes(Body::new(body), longest).await;
    let body = body.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, told).into_response())?;
    let Some(text) = readable_packets(&body) else {
        return Ok(Request::from_parts(head, Body::from(body)));
    };
    head.headers.remove(header::CONTENT_LENGTH);
    Ok(Request::from_parts(head, Body::from(text)))
}

fn readable_packets(body: &[u8]) -> Option<String> {
    if !body.contains(&ESCAPE) {
        return None;
    }
    let packets = std::str::from_utf8(body).ok()?.split(PARTED);
    let packets = packets.map(|it| with_readable_name(it).map_or(Cow::Borrowed(it), Cow::Owned));
    Some(packets.collect::<Vec<_>>().join("\u{1e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_with_an_escape_is_put_second_and_first_again() {
        for (sent, list) in [
            (r#"42["a\"b",1]"#, r#"["a\"b",1]"#),
            (r#"427[ "\/","\\"]"#, r#"["\/","\\"]"#),
            (
                r#"451-["\u0041",{"_placeholder":true,"num":0}]"#,
                r#"["\u0041",{"_placeholder":true,"num":0}]"#,
            ),
            (r#"451-12["\u00e9"]"#, r#"["\u00e9"]"#),
        ] {
            let changed = with_readable_name(sent).unwrap();
            assert!(changed.contains(r#""livecap:escaped","#), "{changed}");
            let at = changed.find('[').unwrap();
            assert_eq!(as_sent(&changed[at..]).replace("[ ", "["), list);
        }
    }

    #[test]
    fn what_the_library_reads_or_never_could_stays_as_it_is() {
        for sent in [
            r#"42["a","\"",{"b\\":1}]"#,
            r#"42["livecap:escaped","a"]"#,
            r#"42[1,"\""]"#,
            r#"42["a\"#,
            r#"42["a\"]"#,
            r#"42/x,["a\"b"]"#,
            r#"45-["a\"b"]"#.get(..3).unwrap(),
            r#"45x["a\"b"]"#,
            r#"43["a\"b"]"#,
            r#"40{"token":"\""}"#,
            r"\",
            "",
        ] {
            assert_eq!(with_readable_name(sent), None, "{sent}");
        }
        assert_eq!(as_sent(r#"["a","livecap:escaped","b"]"#), r#"["a","livecap:escaped","b"]"#);
        assert_eq!(as_sent(r#"{"x":"livecap:escaped","y":1}"#), r#"{"x":"livecap:escaped","y":1}"#);
    }

    #[test]
    fn packets_of_one_request_are_changed_each_for_itself() {
        let sent = "42[\"a\"]\u{1e}42[\"\\/\"]\u{1e}bAQ==";
        let changed = "42[\"a\"]\u{1e}42[\"livecap:escaped\",\"\\/\"]\u{1e}bAQ==";
        assert_eq!(readable_packets(sent.as_bytes()).as_deref(), Some(changed));
        assert_eq!(readable_packets(b"42[\"a\"]"), None);
    }

    proptest! {
        /// Whatever the name, the event arrives as it was sent, and the library finds a readable name.
        #[test]
        fn every_name_comes_through(name in any::<String>(), args in prop::collection::vec(any::<String>(), 0..3), ack in prop::option::of(0u64..100)) {
            let list = serde_json::to_string(&[vec![name], args].concat()).unwrap();
            let packet = format!("42{}{list}", ack.map_or(String::new(), |it| it.to_string()));
            let changed = with_readable_name(&packet).unwrap_or_else(|| packet.clone());
            let at = changed.find('[').unwrap();
            let first: (&str,) = {
                let mut read = serde_json::Deserializer::from_str(&changed[at + 1..]);
                (serde::Deserialize::deserialize(&mut read).unwrap(),)
            };
            prop_assert!(!first.0.contains('\\'));
            prop_assert_eq!(as_sent(&changed[at..]), list);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = with_readable_name(&text);
            let _ = with_readable_name(&format!("42[\"\\{text}"));
            let _ = as_sent(&text);
        }
    }
}
