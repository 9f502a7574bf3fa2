//! Engine.IO 4 and Socket.IO 5 packets as a websocket client reads and writes them, default namespace only.
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// What the server sends in one text frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Packet {
    /// The session's heartbeat: how often the server pings, and how long it may be late.
    Open {
        ping_interval: Duration,
        ping_timeout: Duration,
    },
    Ping,
    /// The namespace is joined.
    Connected,
    /// The namespace is not joined, or was left.
    Refused(String),
    /// The server wants this client to leave.
    Disconnected,
    /// The transport ends, for whatever reason.
    Closed,
    Event {
        id: Option<u64>,
        attachments: usize,
        args: Vec<Value>,
    },
    Ack {
        id: u64,
        attachments: usize,
        args: Vec<Value>,
    },
    /// Of no meaning for a websocket that is open, or of another namespace.
    Other,
}

#[derive(Debug, thiserror::Error)]
#[error("not a Socket.IO packet: {0}")]
pub(super) struct NoPacket(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handshake {
    ping_interval: u64,
    ping_timeout: u64,
}

pub(super) fn read(text: &str) -> Result<Packet, NoPacket> {
    let wrong = || NoPacket(text.chars().take(80).collect());
    let json = |body: &str| serde_json::from_str::<Value>(body).map_err(|_| wrong());
    let mut rest = text.chars();
    match rest.next().ok_or_else(wrong)? {
        '0' => {
            let open: Handshake = serde_json::from_str(rest.as_str()).map_err(|_| wrong())?;
            let ms = Duration::from_millis;
            Ok(Packet::Open {
                ping_interval: ms(open.ping_interval),
                ping_timeout: ms(open.ping_timeout),
            })
        }
        '1' => Ok(Packet::Closed),
        '2' => Ok(Packet::Ping),
        '3' | '5' | '6' => Ok(Packet::Other),
        '4' => {
            let kind = rest.next().ok_or_else(wrong)?;
            let (attachments, body) = match kind {
                '5' | '6' => {
                    let (count, body) = rest.as_str().split_once('-').ok_or_else(wrong)?;
                    (count.parse().map_err(|_| wrong())?, body)
                }
                _ => (0, rest.as_str()),
            };
            if body.starts_with('/') {
                return Ok(Packet::Other);
            }
            match kind {
                '0' => Ok(Packet::Connected),
                '1' => Ok(Packet::Disconnected),
                '4' => {
                    let told = json(body)?;
                    let message = told.get("message").and_then(Value::as_str);
                    Ok(Packet::Refused(message.map_or_else(|| told.to_string(), str::to_owned)))
                }
                '2' | '3' | '5' | '6' => {
                    let digits = body.find(|it: char| !it.is_ascii_digit()).ok_or_else(wrong)?;
                    let (id, body) = body.split_at(digits);
                    let id =
                        (!id.is_empty()).then(|| id.parse()).transpose().map_err(|_| wrong())?;
                    let Value::Array(args) = json(body)? else { return Err(wrong()) };
                    match kind {
                        '2' | '5' => Ok(Packet::Event { id, attachments, args }),
                        _ => Ok(Packet::Ack { id: id.ok_or_else(wrong)?, attachments, args }),
                    }
                }
                _ => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}

pub(super) const PONG: &str = "3";
pub(super) const DISCONNECT: &str = "41";

/// Asks to join the default namespace.
pub(super) fn connect(auth: &Value) -> String {
    if auth.is_null() { "40".to_owned() } else { format!("40{auth}") }
}

pub(super) fn event(name: &str, args: &[Value], id: Option<u64>) -> String {
    let id = id.map(|it| it.to_string()).unwrap_or_default();
    let mut text = format!("42{id}[{}", Value::from(name));
    for value in args {
        text.push(',');
        text.push_str(&value.to_string());
    }
    text.push(']');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn packets_are_read_as_the_protocol_writes_them() {
        let event = |id, attachments, args: Value| {
            let Value::Array(args) = args else { unreachable!() };
            Packet::Event { id, attachments, args }
        };
        let open = Packet::Open {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
        };
        for (text, packet) in [
            (
                r#"0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1}"#,
                open,
            ),
            ("2", Packet::Ping),
            (r#"40{"sid":"y"}"#, Packet::Connected),
            (r#"44{"message":"full"}"#, Packet::Refused("full".into())),
            ("41", Packet::Disconnected),
            (r#"42["final","good morning"]"#, event(None, 0, json!(["final", "good morning"]))),
            (r#"4217["a",1,{"b":[]}]"#, event(Some(17), 0, json!(["a", 1, { "b": [] }]))),
            (
                r#"451-["a",{"_placeholder":true,"num":0}]"#,
                event(None, 1, json!(["a", { "_placeholder": true, "num": 0 }])),
            ),
            (
                r#"433[{"now":1}]"#,
                Packet::Ack { id: 3, attachments: 0, args: vec![json!({ "now": 1 })] },
            ),
            (r#"42/admin,["a"]"#, Packet::Other),
        ] {
            assert_eq!(read(text).unwrap(), packet, "{text}");
        }
        for text in
            ["", "4", "42", "42{}", "43[]", "45[1]", "9", "hello", "0{}", "42[", "44nonsense"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_event_is_written_with_its_name_first() {
        assert_eq!(
            super::event("a \"b\"", &[json!(1), json!({ "c": "d" })], Some(4)),
            r#"424["a \"b\"",1,{"c":"d"}]"#
        );
        assert_eq!(super::event("", &[], None), r#"42[""]"#);
    }
}
