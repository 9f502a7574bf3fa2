//! Turns lines into events: the name is the `type` of the line, the data its text or the whole object; plain text is a final.
use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;
use tokio::{io::AsyncBufRead, time::timeout};

use super::{
    client::{Client, ClientError},
    exit::Trouble,
    pipe::Lines,
};

/// Emits until the lines end. Invalid lines are logged and skipped. Of each name only the first event waits for an
/// acknowledgement, for at most `patience`: rights are the same for all events of a name.
///
/// # Errors
/// If the server is gone, or has refused events of some name.
pub(super) async fn emit_lines<R: AsyncBufRead + Unpin>(
    client: &mut Client,
    lines: &mut Lines<R>,
    patience: Duration,
) -> Result<(), Trouble> {
    let told = |error: ClientError| Trouble::Told(error.to_string());
    let (mut line, mut asked, mut refused) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    loop {
        tokio::select! {
            // Read before sending: a server stops reading a client that does not take its own echoes.
            biased;
            event = client.next() => {
                if event.map_err(told)?.is_none() {
                    return Err(Trouble::Told("the server has ended the connection".to_owned()));
                }
            }
            some = lines.next(&mut line) => {
                if !some? {
                    return all_taken(&refused);
                }
                match event(&line) {
                    Ok(Some((name, data))) if asked.insert(name.clone()) => {
                        let answer = timeout(patience, client.emit_with_ack(&name, &[data])).await;
                        // Servers acknowledge only what they have a handler for.
                        let answer = answer.unwrap_or(Ok(Vec::new())).map_err(told)?;
                        if let Some(why) = answer.first().and_then(|it| it["error"].as_str()) {
                            tracing::warn!(line = lines.number, event = name, why, "refused");
                            refused.insert(name);
                        }
                    }
                    Ok(Some((name, data))) => client.emit(&name, &[data]).await.map_err(told)?,
                    Ok(None) => (),
                    Err(why) => {
                        tracing::warn!(line = lines.number, why, "skipped a line that is not an event");
                    }
                }
                line.clear();
            }
        }
    }
}

fn all_taken(refused: &BTreeSet<String>) -> Result<(), Trouble> {
    if refused.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = refused.iter().map(|it| format!("`{it}`")).collect();
    Err(Trouble::Told(format!(
        "the server refused {}, and with it all lines of that name",
        names.join(", ")
    )))
}

/// The name and the data; `None` for an empty line.
fn event(line: &[u8]) -> Result<Option<(String, Value)>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?.trim();
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
