//! OpenAI's realtime transcription over a WebSocket: events as JSON, sound as base64 in them.
use std::sync::Arc;

use axum::{extract::Request, response::Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{
    door::{Adapter, Door, Step, refuse, say},
    realtime_items::Items,
};
use crate::{
    serve::{
        hub::Hub,
        random::random_name,
        speakers::{
            admission::{Refusal, refusal},
            upgrade::{self, Opened},
        },
    },
    wire::{CaptionEvent, Codec, IngestFormat, RefusalCode},
};

/// The most bytes of a message: 16 s of sound in base64.
const LONGEST: usize = 1024 * 1024;

const FORMAT: IngestFormat = IngestFormat { codec: Codec::PcmS16le, rate: 24_000 };

/// The events of a client that mean something here.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum FromClient {
    #[serde(rename = "session.update")]
    Update { session: Value },
    #[serde(rename = "transcription_session.update")]
    OldUpdate { session: Value },
    #[serde(rename = "input_audio_buffer.append")]
    Append { audio: String },
    #[serde(rename = "input_audio_buffer.commit")]
    Commit,
    #[serde(rename = "input_audio_buffer.clear")]
    Clear,
}

pub(super) fn open(hub: Arc<Hub>, request: Request) -> Response {
    upgrade::open(hub, request, LONGEST, async |hub, opened| {
        let Opened { mut socket, seen, client, half_open } = opened;
        let door = Door::open(&hub, (&seen, client), |it| it.openai, FORMAT);
        drop((half_open, seen));
        let mut adapter = Realtime::new();
        match door {
            Ok(door) => {
                let created = json!({ "type": "session.created", "session": adapter.session() });
                let created = adapter.items.event(created);
                if say(&mut socket, &created).await.is_ok() {
                    door.serve(&hub, &mut socket, &mut adapter).await;
                }
            }
            Err(refused) => refuse(&hub, &mut socket, &adapter, &refused).await,
        }
    })
}

struct Realtime {
    id: String,
    items: Items,
}

impl Realtime {
    fn new() -> Realtime {
        Realtime { id: format!("sess_{}", random_name()), items: Items::default() }
    }

    fn session(&self) -> Value {
        let turns = match self.items.is_manual {
            true => Value::Null,
            false => json!({ "type": "server_vad" }),
        };
        json!({
            "id": self.id, "object": "realtime.transcription_session", "type": "transcription",
            "audio": { "input": { "format": { "type": "audio/pcm", "rate": FORMAT.rate }, "turn_detection": turns } },
        })
    }

    /// The error says what of it is not done here.
    fn update(&mut self, session: &Value) -> Result<(), String> {
        let input = &session["audio"]["input"];
        let format = if input["format"].is_null() {
            &session["input_audio_format"]
        } else {
            &input["format"]
        };
        let kind = format["type"].as_str().or(format.as_str());
        let rate = format["rate"].as_u64().unwrap_or(FORMAT.rate.into());
        if !matches!(kind, None | Some("audio/pcm" | "pcm16")) || rate != u64::from(FORMAT.rate) {
            return Err(format!("sound is audio/pcm (pcm16) at {} Hz here", FORMAT.rate));
        }
        for place in [session, input] {
            if let Some(turns) = place.get("turn_detection") {
                self.items.is_manual = turns.is_null();
            }
        }
        Ok(())
    }

    fn error(&mut self, message: &str) -> Step {
        let error =
            json!({ "type": "invalid_request_error", "code": "invalid_event", "message": message });
        Step::Say(self.items.event(json!({ "type": "error", "error": error })))
    }
}

impl Adapter for Realtime {
    fn take(&mut self, message: Message) -> Result<Vec<Step>, Refusal> {
        let Message::Text(text) = message else {
            return Err(refusal(RefusalCode::Protocol, "events are JSON, as text"));
        };
        let event = match serde_json::from_str::<FromClient>(&text) {
            Ok(event) => event,
            Err(error) => {
                return Ok(vec![self.error(&format!("this event is not known here: {error}"))]);
            }
        };
        let (updated, session) = match event {
            FromClient::Update { session } => ("session.updated", session),
            FromClient::OldUpdate { session } => ("transcription_session.updated", session),
            FromClient::Append { audio } => {
                return Ok(vec![match BASE64_STANDARD.decode(audio) {
                    Ok(bytes) => Step::Sound(bytes),
                    Err(error) => self.error(&format!("`audio` is no base64: {error}")),
                }]);
            }
            FromClient::Commit => {
                let mut steps: Vec<Step> = self.items.commit().into_iter().map(Step::Say).collect();
                steps.push(Step::Complete);
                return Ok(steps);
            }
            // What was appended is on its way already.
            FromClient::Clear => {
                let cleared = self.items.event(json!({ "type": "input_audio_buffer.cleared" }));
                return Ok(vec![Step::Say(cleared)]);
            }
        };
        if let Err(why) = self.update(&session) {
            return Ok(vec![self.error(&why)]);
        }
        let session = self.session();
        Ok(vec![Step::Say(self.items.event(json!({ "type": updated, "session": session })))])
    }

    fn caption(&mut self, event: &CaptionEvent, begun: f64) -> Vec<Value> {
        self.items.caption(event, begun)
    }

    fn completes(&mut self, end: f64) {
        self.items.completes(end);
    }

    fn settled(&mut self) -> Vec<Value> {
        self.items.settled()
    }

    fn refused(&self, refused: &Refusal) -> Value {
        let kind = match refused.code {
            RefusalCode::Ended | RefusalCode::Full => "server_error",
            _ => "invalid_request_error",
        };
        let error =
            json!({ "type": kind, "code": refused.code.name(), "message": refused.message });
        json!({ "type": "error", "event_id": "event_refused", "error": error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(adapter: &mut Realtime, event: &str) -> Vec<Value> {
        let steps = adapter.take(Message::text(event)).unwrap();
        steps
            .into_iter()
            .filter_map(|it| match it {
                Step::Say(said) => Some(said),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn sessions_of_both_shapes_are_updated_and_other_formats_are_an_error() {
        let mut it = Realtime::new();
        let new = r#"{"type":"session.update","session":{"type":"transcription","audio":{"input":{"format":{"type":"audio/pcm","rate":24000},"turn_detection":null}}}}"#;
        assert_eq!(said(&mut it, new)[0]["type"], "session.updated");
        assert!(it.items.is_manual);
        let old = r#"{"type":"transcription_session.update","session":{"input_audio_format":"pcm16","turn_detection":{"type":"server_vad"}}}"#;
        assert_eq!(said(&mut it, old)[0]["type"], "transcription_session.updated");
        assert!(!it.items.is_manual);
        let law = r#"{"type":"session.update","session":{"input_audio_format":"g711_ulaw"}}"#;
        for event in [
            law,
            r#"{"type":"response.create"}"#,
            "{",
            r#"{"type":"input_audio_buffer.append","audio":"!"}"#,
        ] {
            assert_eq!(said(&mut it, event)[0]["type"], "error", "{event}");
        }
    }

    #[test]
    fn appended_sound_is_taken_out_of_its_base64() {
        let event = r#"{"type":"input_audio_buffer.append","event_id":"e","audio":"AQL/fw=="}"#;
        let step = Realtime::new().take(Message::text(event)).unwrap().pop();
        assert!(matches!(step, Some(Step::Sound(bytes)) if bytes == [1, 2, 255, 127]));
    }
}
