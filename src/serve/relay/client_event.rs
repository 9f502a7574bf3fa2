//! What a client emits: taken apart, checked, and in the form in which it goes on to others.
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

/// Bytes of an event's name.
const LONGEST_NAME: usize = 1024;

/// Brackets within brackets. Some clients end in a stack overflow at what is far deeper.
const DEEPEST: usize = 128;

/// How many packets a burst by long-polling has: all that waits goes out as one answer, and python-engineio takes no more than 16
/// packets in one.
pub(crate) const POLLED_BURST: usize = 7;

/// With its event that is one burst by long-polling: python-engineio hangs up at more than 16 packets in one answer, in
/// which two bursts and a ping may come together.
const MOST_ATTACHMENTS: usize = POLLED_BURST - 1;

/// Those of Socket.IO itself: a JavaScript client that is sent one disconnects, a Python one hears nothing more.
/// The last is python-socketio's own, which ends its simple clients.
const RESERVED: [&str; 7] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
    "__disconnect_final",
];

/// Those by which livecap tells what was said: whoever may emit them can put words into somebody's mouth.
const OWN: [&str; 11] = [
    "final",
    "intermediate",
    "translation",
    "caption",
    "hello",
    "gap",
    "mark",
    "live",
    "state",
    "clear",
    "end",
];

/// An event whose parts fit together.
#[derive(Debug)]
pub(crate) struct ClientEvent {
    pub(crate) name: String,
    pub(crate) args: Args,
    /// Bytes, as it is sent, about.
    pub(crate) weight: usize,
}

/// Why an event goes on to nobody.
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
        // Boxed, so that it has no room to spare.
        let list: Box<[_]> =
            args.iter().map(|raw| Arg::read(raw, &mut left)).collect::<Result<_, _>>()?;
        let attachments = left.iter().filter(|it| it.is_none()).count();
        Ok(ClientEvent { name, args: Args { list, attachments }, weight })
    }

    /// Whether it says something in livecap's name.
    pub(crate) fn is_own(&self) -> bool {
        OWN.contains(&self.name.as_str())
    }
}

/// As it comes from the library: the text as it was sent, with what was attached.
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

/// All arguments of an event.
#[derive(Debug, Default)]
pub(crate) struct Args {
    list: Box<[Arg]>,
    attachments: usize,
}

#[derive(Debug)]
enum Arg {
    /// As it was written: numbers keep their digits, objects their order.
    Raw(Box<RawValue>),
    /// With bytes somewhere in it.
    Tree(Tree),
}

impl Arg {
    /// `left`: the attachments that no placeholder has taken yet.
    fn read(raw: &RawValue, left: &mut Vec<Option<Bytes>>) -> Result<Arg, Refusal> {
        // Read even where it goes on as it is: what has the form of JSON may still be what some clients choke on.
        let mut tree: Tree = serde_json::from_str(raw.get()).map_err(|_| Refusal::Unreadable)?;
        // Without attachments, text that looks like a placeholder is text.
        if !left.is_empty() && tree.fill(left).map_err(|MissingAttachments| Refusal::Attachments)? {
            return Ok(Arg::Tree(tree));
        }
        Ok(Arg::Raw(raw.to_owned()))
    }
}

impl Args {
    /// How many packets of bytes follow that of the event.
    pub(crate) fn attachments(&self) -> usize {
        self.attachments
    }

    /// As a client would send them with this name: text with placeholders, and what is attached.
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

    /// Bytes that holding them takes beside those of text and attachments, about: many small ones are mostly that.
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
        // A tuple is several arguments, where a list would be one.
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

/// Counts brackets outside of strings, so that it costs no stack.
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

    /// As plain JSON; bytes are shown as a list of numbers.
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
        /// Whatever is sent: no panic, and what passes is one JSON list of arguments that reads as what was sent.
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
