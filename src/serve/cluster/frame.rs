//! Messages with events of clients for other servers: several events in order, with attachments.
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::messages::{VERSION, version};
use crate::serve::relay::{
    client_event::{ClientEvent, Refusal},
    ring::Relayed,
};

/// One message of a server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Frame {
    v: u32,
    /// The id of the sending server.
    pub(super) from: String,
    /// The number of its first event among all events that this server has sent, from 1.
    pub(super) first: u64,
    events: Vec<Packet>,
}

/// An event as a client would send it: a list that begins with the name, with placeholders for attachments.
#[derive(Debug, Serialize, Deserialize)]
struct Packet {
    event: Box<RawValue>,
    /// The attachments, in base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<String>,
}

/// Collects encoded events for one message.
#[derive(Debug, Default)]
pub(super) struct Packed {
    events: Vec<String>,
    bytes: usize,
}

impl Packed {
    pub(super) fn add(&mut self, event: &Relayed) {
        let (text, attachments) = event.args.packet(&event.name);
        let mut packet = format!(r#"{{"event":{text}"#);
        if !attachments.is_empty() {
            let attachments: Vec<_> = attachments.iter().map(|it| STANDARD.encode(it)).collect();
            packet.push_str(&format!(r#","attachments":["{}"]"#, attachments.join(r#"",""#)));
        }
        packet.push('}');
        self.bytes += packet.len();
        self.events.push(packet);
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn frame(self, from: &str, first: u64) -> Vec<u8> {
        let events = self.events.join(",");
        format!(r#"{{"v":{VERSION},"from":"{from}","first":{first},"events":[{events}]}}"#)
            .into_bytes()
    }
}

impl Frame {
    pub(super) fn read(text: &[u8]) -> Result<Frame, String> {
        let frame: Frame = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        version(frame.v)?;
        Ok(frame)
    }

    pub(super) fn len(&self) -> u64 {
        self.events.len() as u64
    }

    /// Checks each event as if a client of this server had sent it.
    pub(super) fn events(self) -> impl Iterator<Item = Result<ClientEvent, Refusal>> {
        self.events.into_iter().map(|Packet { event, attachments }| {
            let bytes = attachments.iter().map(|it| STANDARD.decode(it).map(Bytes::from));
            let bytes = bytes.collect::<Result<_, _>>().map_err(|_| Refusal::Attachments)?;
            ClientEvent::read(event.get(), bytes)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn carried(text: &str, attachments: &[Vec<u8>]) -> Vec<(String, String)> {
        let bytes = || attachments.iter().cloned().map(Bytes::from).collect::<VecDeque<_>>();
        let sent = ClientEvent::read(text, bytes()).unwrap();
        let shown = serde_json::to_string(&sent.args).unwrap();
        let mut packed = Packed::default();
        packed.add(&Relayed::new(ClientEvent::read(text, bytes()).unwrap(), Some(1)));
        let frame = Frame::read(&packed.frame("a", 7)).unwrap();
        assert_eq!((frame.from.as_str(), frame.first, frame.len()), ("a", 7, 1));
        let got = frame.events().next().unwrap().unwrap();
        vec![(sent.name, got.name), (shown, serde_json::to_string(&got.args).unwrap())]
    }

    #[test]
    fn events_arrive_as_they_were_sent() {
        for (text, attachments) in [
            (r#"["demo",1467]"#, vec![]),
            (r#"["",{"b":1,"a":12345678901234567890123,"c":1.10},"é\n\""]"#, vec![]),
            (r#"["none"]"#, vec![]),
            (r#"["x",{"_placeholder":true,"num":0}]"#, vec![]),
            (
                r#"["x",{"a":[{"_placeholder":true,"num":1}],"\"":{"num":0,"_placeholder":true}},2.50]"#,
                vec![vec![1], vec![2, 255]],
            ),
            (r#"["x",{"_placeholder":true,"num":0}]"#, vec![vec![]]),
        ] {
            for (sent, got) in carried(text, &attachments) {
                assert_eq!(sent, got, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for text in ["", "{}", "[]", r#"{"v":1,"from":"a","first":1}"#] {
            assert!(Frame::read(text.as_bytes()).is_err(), "{text}");
        }
        let other = r#"{"v":9,"from":"a","first":1,"events":[]}"#;
        assert!(Frame::read(other.as_bytes()).unwrap_err().contains("version 9"));
        let bad = r#"{"v":1,"from":"a","first":1,"events":[{"event":["connect"]},{"event":["x"],"attachments":["?"]}]}"#;
        let read: Vec<_> = Frame::read(bad.as_bytes()).unwrap().events().collect();
        assert!(matches!(read[0], Err(Refusal::Reserved(_))));
        assert!(matches!(read[1], Err(Refusal::Attachments)));
    }

    proptest! {
        /// Whatever Redis contains, there is no panic.
        #[test]
        fn anything_is_read_or_refused(text in ".*") {
            if let Ok(frame) = Frame::read(text.as_bytes()) {
                frame.events().for_each(drop);
            }
        }
    }
}
