//! Events that clients emit: parsed, checked, and encoded for other clients.
use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeTuple};
use serde_json::{json, value::RawValue};
use socketioxide::{adapter::Adapter, handler::FromMessage, socket::Socket};
use socketioxide_core::Value;

use super::{
    escaped_names::as_sent,
    payload::{self, MissingAttachments, Tree},
};

/// The most bytes of an event's name.
const LONGEST_NAME: usize = 1024;

/// The deepest nesting of arguments. Far deeper nesting overflows the stack of some clients.
const DEEPEST: usize = 128;

/// The most packets of a burst by long-polling. All that waits is sent in one response, and python-engineio accepts no more than 16
/// packets in one.
pub(crate) const POLLED_BURST: usize = 7;

/// With the packet of the event this is one burst by long-polling. Two bursts and a ping may come in one response.
const MOST_ATTACHMENTS: usize = POLLED_BURST - 1;

/// Names of Socket.IO itself: a JavaScript client that receives one disconnects, a Python client stops receiving. The last one is
/// python-socketio's own and ends its simple clients.
const RESERVED: [&str; 7] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
    "__disconnect_final",
];

/// Names of livecap's caption events: a client that may emit them can forge captions.
const OWN: [&str; 12] = [
    "final",
    "intermediate",
    "translation",
    "caption",
    "correction",
    "hello",
    "gap",
    "mark",
    "live",
    "state",
    "clear",
    "end",
];

/// A valid event.
#[derive(Debug)]
pub(crate) struct ClientEvent {
    pub(crate) name: String,
    pub(crate) args: Args,
    /// About how many bytes it has when it is sent.
    pub(crate) weight: usize,
}

/// Why an event is not relayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("an event is a list that begins with its name")]
    NoEvent,
    #[error("an event's name has at most {LONGEST_NAME} bytes")]
    LongName,
    #[error("`{0}` is a name of Socket.IO's own")]
    Reserved(String),
    #[error("brackets go more than {DEEPEST} deep")]
    Deep,
    #[error("a number is too large, or half of a letter is missing")]
    Unreadable,
    #[error("an attachment is missing, or stands for two")]
    Attachments,
    #[error("an event has at most {MOST_ATTACHMENTS} attachments")]
    ManyAttachments,
    #[error("`{0}` is not passed on here")]
    NotRelayed(String),
    #[error("`painted` is for the page that a bench has opened")]
    NotTheBench,
    #[error("what was painted cannot be read")]
    NotPainted,
    #[error("`{0}` is one of livecap's own names, and takes the right to publish")]
    MayNotPublish(String),
}

impl ClientEvent {
    pub(crate) fn read(text: &str, attachments: VecDeque<Bytes>) -> Result<ClientEvent, Refusal> {
        if attachments.len() > MOST_ATTACHMENTS {
            return Err(Refusal::ManyAttachments);
        }
        if is_deeper_than(text, DEEPEST) {
            return Err(Refusal::Deep);
        }
        let parts: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| Refusal::NoEvent)?;
        let (name, args) = parts.split_first().ok_or(Refusal::NoEvent)?;
        let name: String = serde_json::from_str(name.get()).map_err(|_| Refusal::NoEvent)?;
        if name.len() > LONGEST_NAME {
            return Err(Refusal::LongName);
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(Refusal::Reserved(name));
        }
        let weight = text.len() + attachments.iter().map(Bytes::len).sum::<usize>();
        let mut left = attachments.into_iter().map(Some).collect();
        // A boxed string has no spare capacity.
        let list: Box<[_]> =
            args.iter().map(|raw| Arg::read(raw, &mut left)).collect::<Result<_, _>>()?;
        let attachments = left.iter().filter(|it| it.is_none()).count();
        Ok(ClientEvent { name, args: Args { list, attachments }, weight })
    }

    /// Whether its name is one of livecap's caption events.
    pub(crate) fn is_own(&self) -> bool {
        OWN.contains(&self.name.as_str())
    }
}

/// An event from the library: the text as it was sent, and its attachments.
impl<A: Adapter> FromMessage<A> for Incoming {
    type Error = Infallible;

    fn from_message(_: Arc<Socket<A>>, value: Value, _: Option<i64>) -> Result<Self, Infallible> {
        Ok(Incoming(match value {
            Value::Str(text, attachments) => {
                ClientEvent::read(&as_sent(&text), attachments.unwrap_or_default())
            }
            Value::Bytes(_) => Err(Refusal::NoEvent),
        }))
    }
}

pub(crate) struct Incoming(pub(crate) Result<ClientEvent, Refusal>);

/// The arguments of an event.
#[derive(Debug, Default)]
pub(crate) struct Args {
    list: Box<[Arg]>,
    attachments: usize,
}

#[derive(Debug)]
enum Arg {
    /// The JSON as it was sent: numbers keep their digits, objects their order.
    Raw(Box<RawValue>),
    /// JSON with binary values.
    Tree(Tree),
}

impl Arg {
    /// `left`: the attachments that no placeholder has used yet.
    fn read(raw: &RawValue, left: &mut Vec<Option<Bytes>>) -> Result<Arg, Refusal> {
        // Parsed even though it is relayed unchanged: valid JSON may still be something that some clients cannot handle.
        let mut tree: Tree = serde_json::from_str(raw.get()).map_err(|_| Refusal::Unreadable)?;
        // Without attachments, what looks like a placeholder is plain data.
        if !left.is_empty() && tree.fill(left).map_err(|MissingAttachments| Refusal::Attachments)? {
            return Ok(Arg::Tree(tree));
        }
        Ok(Arg::Raw(raw.to_owned()))
    }
}

impl Args {
    /// The number of binary packets after the packet of the event.
    pub(crate) fn attachments(&self) -> usize {
        self.attachments
    }

    /// The event with this name as a client would send it: text with placeholders, and the attachments.
    pub(crate) fn packet(&self, name: &str) -> (String, Vec<Bytes>) {
        let (mut text, mut attached) = (format!("[{}", json!(name)), Vec::new());
        for arg in &self.list {
            text.push(',');
            match arg {
                Arg::Raw(raw) => text.push_str(raw.get()),
                Arg::Tree(tree) => tree.write(&mut text, &mut attached),
            }
        }
        text.push(']');
        (text, attached)
    }

    /// About how many bytes of memory they take beside those of text and attachments. For many small values this is most of it.
    pub(crate) fn overhead(&self) -> usize {
        let of = |arg: &Arg| {
            size_of::<Arg>()
                + match arg {
                    Arg::Raw(_) => payload::ALLOCATION,
                    Arg::Tree(it) => it.overhead(),
                }
        };
        self.list.iter().map(of).sum()
    }
}

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The library encodes a tuple as several arguments, a list as one.
        let mut tuple = serializer.serialize_tuple(self.list.len())?;
        for arg in &self.list {
            match arg {
                Arg::Raw(raw) => tuple.serialize_element(raw)?,
                Arg::Tree(tree) => tuple.serialize_element(tree)?,
            }
        }
        tuple.end()
    }
}

/// Counts brackets outside of strings, without recursion.
fn is_deeper_than(text: &str, most: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => (),
        }
        if depth > most {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, attachments: &[&'static [u8]]) -> Result<ClientEvent, Refusal> {
        ClientEvent::read(text, attachments.iter().copied().map(Bytes::from_static).collect())
    }

    /// As plain JSON, with binary values as lists of numbers.
    fn shown(emitted: &ClientEvent) -> String {
        serde_json::to_string(&emitted.args).unwrap()
    }

    #[test]
    fn what_is_written_goes_on_as_it_was_written() {
        for (text, name, args) in [
            (r#"["demo",1467]"#, "demo", "[1467]"),
            (
                r#"["",{"b":1,"a":12345678901234567890123,"c":1.10}]"#,
                "",
                r#"[{"b":1,"a":12345678901234567890123,"c":1.10}]"#,
            ),
            (r#"["none"]"#, "none", "[]"),
            (
                r#"["x", null, [], "é", {"_placeholder":true,"num":0}]"#,
                "x",
                r#"[null,[],"é",{"_placeholder":true,"num":0}]"#,
            ),
        ] {
            let emitted = read(text, &[]).unwrap();
            assert_eq!((emitted.name.as_str(), shown(&emitted).as_str()), (name, args));
        }
    }

    #[test]
    fn attachments_take_the_place_of_their_placeholders() {
        let text =
            r#"["x",{"a":[{"_placeholder":true,"num":1}],"b":{"num":0,"_placeholder":true}},2.50]"#;
        let emitted = read(text, &[b"\x01", b"\x02\x03"]).unwrap();
        assert_eq!(shown(&emitted), r#"[{"a":[[2,3]],"b":[1]},2.50]"#);
    }

    #[test]
    fn placeholders_that_none_fills_are_refused() {
        for arg in [
            r#"{"_placeholder":true,"num":1}"#,
            r#"{"_placeholder":true}"#,
            r#"{"_placeholder":true,"num":-1}"#,
            r#"{"_placeholder":true,"num":"0"}"#,
            r#"{"_placeholder":1,"num":0}"#,
            r#"{"\u005fplaceholder":true,"num":7}"#,
            r#"{"_placeholder":false,"_placeholder":true,"num":0,"num":9}"#,
            r#"[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#,
        ] {
            let told = read(&format!(r#"["x",{arg}]"#), &[b"1"]).unwrap_err();
            assert_eq!(told, Refusal::Attachments, "{arg}");
        }
        let plain = read(r#"["x",{"_placeholder":false,"num":9},1]"#, &[b"1"]).unwrap();
        assert_eq!(shown(&plain), r#"[{"_placeholder":false,"num":9},1]"#);
    }

    #[test]
    fn names_of_socket_io_and_what_is_no_event_are_refused() {
        for name in RESERVED {
            assert_eq!(
                read(&format!("[\"{name}\"]"), &[]).unwrap_err(),
                Refusal::Reserved(name.into())
            );
        }
        for text in ["", "[]", "{}", "[1]", "[null,1]", "[\"x\"", "[\"x\",]", "\"x\""] {
            assert_eq!(read(text, &[]).unwrap_err(), Refusal::NoEvent, "{text}");
        }
        assert!(read(&format!("[\"{}\"]", "x".repeat(1024)), &[]).is_ok());
        assert_eq!(
            read(&format!("[\"{}\"]", "x".repeat(1025)), &[]).unwrap_err(),
            Refusal::LongName
        );
    }

    #[test]
    fn what_some_clients_cannot_read_is_refused() {
        for arg in ["1e999", "-1e999", r#"{"a":[1e400]}"#, r#""\ud800""#, r#"{"\udc00":1}"#] {
            assert_eq!(
                read(&format!("[\"x\",{arg}]"), &[]).unwrap_err(),
                Refusal::Unreadable,
                "{arg}"
            );
        }
        assert!(read(r#"["x",1e308,"\ud83d\ude00"]"#, &[]).is_ok());
    }

    #[test]
    fn depth_is_bounded_and_brackets_in_text_do_not_count() {
        let nested = |depth| format!("[\"x\",{}{}]", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(DEEPEST - 1), &[b""]).is_ok());
        assert_eq!(read(&nested(DEEPEST), &[]).unwrap_err(), Refusal::Deep);
        assert_eq!(read(&nested(100_000), &[b""]).unwrap_err(), Refusal::Deep);
        assert!(read(&format!("[\"x\",\"\\\"{}\"]", "[".repeat(1000)), &[]).is_ok());
    }

    #[test]
    fn what_holding_many_small_parts_takes_is_known() {
        let ones = "1,".repeat(1000);
        let args = read(&format!(r#"["x",{ones}1]"#), &[]).unwrap().args;
        assert!(args.overhead() > 1000 * size_of::<Arg>());
        for part in ["[", r#"{"a":["#] {
            let bytes = r#"{"_placeholder":true,"num":0}"#;
            let closed = if part == "[" { "]" } else { "]}" };
            let args =
                read(&format!(r#"["x",{part}{ones}{bytes}{closed}]"#), &[b"1"]).unwrap().args;
            assert!(args.overhead() > 1000 * size_of::<Tree>());
        }
    }

    #[test]
    fn an_event_has_few_attachments() {
        let with = |count| {
            let places: Vec<String> =
                (0..count).map(|it| format!(r#"{{"_placeholder":true,"num":{it}}}"#)).collect();
            let attachments: Vec<&[u8]> = vec![b"1"; count];
            read(&format!(r#"["x",{}]"#, places.join(",")), &attachments)
        };
        assert!(with(MOST_ATTACHMENTS).is_ok());
        assert_eq!(with(MOST_ATTACHMENTS + 1).unwrap_err(), Refusal::ManyAttachments);
    }

    proptest! {
        /// Whatever is sent, there is no panic, and what is accepted is a JSON list of the arguments that were sent.
        #[test]
        fn anything_is_taken_or_refused(
            text in prop_oneof![
                ".*",
                r#"\["[a-z]{0,3}"(,(\{"_placeholder":(true|1|null),"num":[0-3]\}|[0-9]{1,9}|"[^"\\]{0,5}"|\[\[\]\])){0,4}\]"#,
            ],
            attachments in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..4),
        ) {
            let bytes = attachments.into_iter().map(Bytes::from).collect::<VecDeque<_>>();
            let plain = bytes.is_empty();
            if let Ok(emitted) = ClientEvent::read(&text, bytes) {
                let args: serde_json::Value = serde_json::from_str(&shown(&emitted)).unwrap();
                let sent: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(args.as_array().unwrap().len(), sent.len() - 1);
                if plain {
                    prop_assert_eq!(args.as_array().unwrap().as_slice(), &sent[1..]);
                }
            }
        }
    }
}
