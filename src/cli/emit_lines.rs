//! Lines to events: the event is a line's `type`, with the text alone for `final` and `intermediate`; plain text is a final.
use serde_json::Value;
use tokio::io::AsyncBufRead;

use super::{
    Trouble,
    client::{Client, ClientError},
    pipe::Lines,
};

/// Emits until the lines end. A line that is none is named and left out; an error where the server is gone.
pub(super) async fn emit_lines<R: AsyncBufRead + Unpin>(
    client: &mut Client,
    lines: &mut Lines<R>,
) -> Result<(), Trouble> {
    let told = |error: ClientError| Trouble::Told(error.to_string());
    let mut line = Vec::new();
    loop {
        tokio::select! {
            some = lines.next(&mut line) => {
                if !some? {
                    return Ok(());
                }
                match event(&line) {
                    Ok(Some((name, data))) => client.emit(&name, &[data]).await.map_err(told)?,
                    Ok(None) => (),
                    Err(why) => {
                        tracing::warn!(line = lines.number, why, "left out a line that is no event");
                    }
                }
                line.clear();
            }
            // Read, so that its pings are answered while the lines are quiet.
            event = client.next() => {
                if event.map_err(told)?.is_none() {
                    return Err(Trouble::Told("the server has ended the connection".to_owned()));
                }
            }
        }
    }
}

/// The name and the data; `None` for an empty line.
fn event(line: &[u8]) -> Result<Option<(String, Value)>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is no UTF-8".to_owned())?.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if !text.starts_with('{') {
        return Ok(Some(("final".to_owned(), text.into())));
    }
    let object: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let name = object.get("type").and_then(Value::as_str);
    let name = name.ok_or_else(|| "the key `type` is missing".to_owned())?.to_owned();
    match (name.as_str(), object.get("text")) {
        ("final" | "intermediate", Some(Value::String(text))) => {
            let text = text.as_str().into();
            Ok(Some((name, text)))
        }
        ("final" | "intermediate", _) => Err("the key `text` is missing".to_owned()),
        _ => Ok(Some((name, object))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_event_is_the_type_and_its_data_the_text_or_the_whole() {
        let of = |line: &str| event(line.as_bytes());
        let some = |name: &str, data| Ok(Some((name.to_owned(), data)));
        assert_eq!(
            of("{\"type\":\"final\",\"text\":\"Hi\",\"seq\":1}\n"),
            some("final", json!("Hi"))
        );
        assert_eq!(
            of("{\"type\":\"intermediate\",\"text\":\"H\"}"),
            some("intermediate", json!("H"))
        );
        let translation = json!({ "type": "translation", "lang": "nl", "text": "Hoi" });
        assert_eq!(of(&translation.to_string()), some("translation", translation));
        assert_eq!(of("plain text\n"), some("final", json!("plain text")));
        assert_eq!(of(" \n"), Ok(None));
        for wrong in ["{\"type\":\"final\"}", "{\"text\":\"x\"}", "{\"type\":", "{\"type\":7}"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert!(event(b"\xff\n").is_err());
    }
}
