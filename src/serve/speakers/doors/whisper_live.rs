//! WhisperLive's WebSocket: options as JSON, then 16 kHz floats, and segments as JSON in return.
use std::{collections::VecDeque, sync::Arc};

use axum::{extract::Request, response::Response};
use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use super::door::{Adapter, Door, Step, refuse, say};
use crate::{
    serve::{
        hub::Hub,
        speakers::{
            admission::{Refusal, refusal},
            upgrade::{self, HELLO, Opened, Socket},
        },
    },
    wire::{CaptionEvent, CaptionKind, Codec, IngestFormat, RefusalCode},
};

/// The most bytes of a message: 4 s of sound.
const LONGEST: usize = 256 * 1024;
const END_OF_AUDIO: &[u8] = b"END_OF_AUDIO";
/// How many segments a client is shown, where it does not say so.
const SHOWN: usize = 10;
/// The most that it can ask for.
const MOST_SHOWN: usize = 100;
/// What clients have to believe of the server, to keep what they are sent.
const BACKEND: &str = "faster_whisper";

const FORMAT: IngestFormat = IngestFormat { codec: Codec::PcmF32le, rate: 16_000 };

/// What is read of the options; the pipeline file has the others.
#[derive(Default, Deserialize)]
struct Options {
    uid: String,
    #[serde(default)]
    send_last_n_segments: Option<usize>,
}

pub(super) fn open(hub: Arc<Hub>, request: Request) -> Response {
    upgrade::open(hub, request, LONGEST, async |hub, opened| {
        let Opened { mut socket, seen, client, half_open } = opened;
        let Some(options) = options(&mut socket).await else { return };
        let (options, door) = match options {
            Ok(options) => {
                let door = Door::open(&hub, (&seen, client), |it| it.whisper_live, FORMAT);
                (options, door)
            }
            Err(refused) => (Options::default(), Err(refused)),
        };
        drop((half_open, seen));
        let mut adapter = WhisperLive::new(&options);
        match door {
            Ok(door) => {
                let ready = adapter.message("SERVER_READY");
                if say(&mut socket, &ready).await.is_ok() {
                    door.serve(&hub, &mut socket, &mut adapter).await;
                }
            }
            Err(refused) => refuse(&hub, &mut socket, &adapter, &refused).await,
        }
    })
}

/// The first message; `None`: the client went away.
async fn options(socket: &mut Socket) -> Option<Result<Options, Refusal>> {
    let first = async {
        loop {
            match socket.next().await? {
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Binary(_)) => return Some(String::new()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => (),
            }
        }
    };
    let Ok(first) = timeout(HELLO, first).await else {
        let told = format!("no options came within {} s", HELLO.as_secs());
        return Some(Err(refusal(RefusalCode::Timeout, told)));
    };
    Some(serde_json::from_str(&first?).map_err(|error| {
        let told = format!("the first message is a JSON object with `uid`: {error}");
        refusal(RefusalCode::Protocol, told)
    }))
}

struct WhisperLive {
    uid: String,
    shown: usize,
    /// The last segments that are complete.
    complete: VecDeque<Value>,
    is_over: bool,
}

impl WhisperLive {
    fn new(options: &Options) -> WhisperLive {
        let uid = options.uid.chars().take(200).collect();
        let shown = options.send_last_n_segments.unwrap_or(SHOWN).clamp(1, MOST_SHOWN);
        WhisperLive { uid, shown, complete: VecDeque::new(), is_over: false }
    }

    fn message(&self, message: &str) -> Value {
        json!({ "uid": self.uid, "message": message, "backend": BACKEND })
    }
}

impl Adapter for WhisperLive {
    fn take(&mut self, message: Message) -> Result<Vec<Step>, Refusal> {
        Ok(match message {
            Message::Binary(bytes) if *bytes == *END_OF_AUDIO => {
                self.is_over = true;
                vec![Step::End]
            }
            Message::Binary(bytes) => vec![Step::Sound(bytes.into())],
            // Nothing of the kind is known.
            _ => Vec::new(),
        })
    }

    fn caption(&mut self, event: &CaptionEvent, begun: f64) -> Vec<Value> {
        let completed = event.kind == CaptionKind::Final;
        let time = |at: f64| format!("{:.3}", (at - begun).max(0.0));
        let segment = json!({
            "start": time(event.start), "end": time(event.end), "text": event.text.trim(), "completed": completed,
        });
        let mut segments: Vec<Value> = self.complete.iter().cloned().collect();
        segments.push(segment.clone());
        if completed {
            self.complete.push_back(segment);
        }
        while self.complete.len() >= self.shown.max(2) {
            self.complete.pop_front();
        }
        let first = segments.len().saturating_sub(self.shown);
        vec![json!({ "uid": self.uid, "segments": segments[first..] })]
    }

    fn completes(&mut self, _end: f64) {}

    fn settled(&mut self) -> Vec<Value> {
        let over = self.is_over.then(|| self.message("DISCONNECT"));
        over.into_iter().collect()
    }

    fn refused(&self, refused: &Refusal) -> Value {
        match refused.code {
            // In minutes.
            RefusalCode::Full => json!({ "uid": self.uid, "status": "WAIT", "message": 1.0 }),
            _ => json!({ "uid": self.uid, "status": "ERROR", "message": refused.message }),
        }
    }

    /// Clients take any other for a failure of the connection.
    fn close_code(&self, _code: RefusalCode) -> CloseCode {
        CloseCode::Normal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::At;

    fn caption(segment: u64, kind: CaptionKind, text: &str) -> CaptionEvent {
        let at = At { captured: 0, recognised: None, translated: None, published: None };
        CaptionEvent {
            text: text.to_owned(),
            seq: 1,
            track: "words".into(),
            segment,
            revision: 1,
            kind,
            lang: "en".into(),
            edited_by: None,
            speaker: None,
            committed: None,
            start: 100.0 + segment as f64,
            end: 101.0 + segment as f64,
            words: None,
            at,
        }
    }

    #[test]
    fn the_last_segments_are_shown_with_times_from_the_beginning_of_the_sound() {
        let options = r#"{"uid":"u","language":"en","task":"transcribe","send_last_n_segments":2}"#;
        let mut adapter = WhisperLive::new(&serde_json::from_str(options).unwrap());
        let said = adapter.caption(&caption(0, CaptionKind::Partial, "one"), 100.5);
        let one = json!({ "start": "0.000", "end": "0.500", "text": "one", "completed": false });
        assert_eq!(said, [json!({ "uid": "u", "segments": [one] })]);
        for (segment, text) in [(0, "one."), (1, "two."), (2, "three.")] {
            adapter.caption(&caption(segment, CaptionKind::Final, text), 100.5);
        }
        let said = adapter.caption(&caption(3, CaptionKind::Partial, "four"), 100.5);
        let texts: Vec<&Value> =
            said[0]["segments"].as_array().unwrap().iter().map(|it| &it["text"]).collect();
        assert_eq!(texts, ["three.", "four"]);
        assert_eq!(said[0]["segments"][0]["completed"], true);
    }

    #[test]
    fn the_end_of_the_audio_is_told_apart_from_sound() {
        let mut adapter = WhisperLive::new(&Options::default());
        let step = |bytes: &[u8], it: &mut WhisperLive| {
            it.take(Message::binary(bytes.to_vec())).unwrap().pop()
        };
        assert!(matches!(step(&[0; 16], &mut adapter), Some(Step::Sound(_))));
        assert!(adapter.settled().is_empty());
        assert!(matches!(step(END_OF_AUDIO, &mut adapter), Some(Step::End)));
        assert_eq!(adapter.settled()[0]["message"], "DISCONNECT");
    }
}
