//! What speakers and the server tell each other over the WebSocket of `docs/ingest.md`.
use serde::{Deserialize, Serialize};

/// The version of the protocol that `hello` asks for.
pub const INGEST_VERSION: u32 = 1;

/// The path of the WebSocket.
pub const INGEST_PATH: &str = "/ingest/v1";

/// How sound is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    PcmS16le,
    PcmF32le,
    Opus,
}

impl Codec {
    pub const fn name(self) -> &'static str {
        match self {
            Codec::PcmS16le => "pcm_s16le",
            Codec::PcmF32le => "pcm_f32le",
            Codec::Opus => "opus",
        }
    }

    /// Of one sample; `None` where samples are packed together.
    pub const fn bytes_per_sample(self) -> Option<usize> {
        match self {
            Codec::PcmS16le => Some(2),
            Codec::PcmF32le => Some(4),
            Codec::Opus => None,
        }
    }
}

/// One channel of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestFormat {
    pub codec: Codec,
    pub rate: u32,
}

/// The first message of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IngestHello {
    pub protocol: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub format: IngestFormat,
    /// The client's clock now, in ms.
    pub clock_ms: f64,
    /// To resume: what an earlier `welcome` said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// Text messages of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum FromSpeaker {
    Hello(IngestHello),
    Clock { client_ms: f64 },
    Offset { ms: f64, error_ms: f64 },
    Mute { muted: bool },
    Gap { samples: u64, why: LostBy },
    Level { peak_db: f32, clipped: u64 },
    Bye,
}

/// Why a client lost sound before it could send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LostBy {
    Device,
    Network,
    Overload,
}

/// Text messages of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ToSpeaker {
    Welcome(IngestWelcome),
    Refused { code: RefusalCode, message: String, retry: bool },
    Ack(IngestAck),
    Clock { client_ms: f64, server_ms: f64 },
    Renamed { name: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IngestWelcome {
    pub protocol: u32,
    pub session: String,
    pub stage: String,
    /// Which of the stage's places, from 1.
    pub slot: usize,
    /// The track with the captions of this place; null where no recogniser listens to it.
    pub track: Option<String>,
    pub name: String,
    pub resumed: bool,
    pub next_sequence: u32,
    pub next_sample: u64,
    pub ring_ms: u64,
    pub max_lag_ms: u64,
    pub clock_ms: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestAck {
    pub next_sequence: u32,
    /// Sound that waits to enter the pipeline.
    pub waiting_ms: u64,
    /// Sound of this session that was given up because it was too old.
    pub dropped_ms: u64,
    pub state: IngestState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IngestState {
    Ready,
    /// For a recogniser.
    Waiting,
    /// By an operator.
    Paused,
}

/// Why a client is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    Token,
    Stage,
    Full,
    Format,
    Protocol,
    TooLarge,
    TooFast,
    TooMany,
    Sequence,
    Revoked,
    Replaced,
    Timeout,
    Ended,
}

impl RefusalCode {
    pub const ALL: [RefusalCode; 13] = [
        RefusalCode::Token,
        RefusalCode::Stage,
        RefusalCode::Full,
        RefusalCode::Format,
        RefusalCode::Protocol,
        RefusalCode::TooLarge,
        RefusalCode::TooFast,
        RefusalCode::TooMany,
        RefusalCode::Sequence,
        RefusalCode::Revoked,
        RefusalCode::Replaced,
        RefusalCode::Timeout,
        RefusalCode::Ended,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            RefusalCode::Token => "token",
            RefusalCode::Stage => "stage",
            RefusalCode::Full => "full",
            RefusalCode::Format => "format",
            RefusalCode::Protocol => "protocol",
            RefusalCode::TooLarge => "too-large",
            RefusalCode::TooFast => "too-fast",
            RefusalCode::TooMany => "too-many",
            RefusalCode::Sequence => "sequence",
            RefusalCode::Revoked => "revoked",
            RefusalCode::Replaced => "replaced",
            RefusalCode::Timeout => "timeout",
            RefusalCode::Ended => "ended",
        }
    }

    /// Whether the same request may succeed later.
    pub const fn retry(self) -> bool {
        matches!(self, RefusalCode::Full | RefusalCode::TooMany | RefusalCode::Timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_the_protocol_page_has_them() {
        let hello = r#"{ "type": "hello", "protocol": 1, "stage": "panel", "format": { "codec": "pcm_s16le", "rate": 16000 },
            "clock_ms": 81234.5, "later": [] }"#;
        let FromSpeaker::Hello(hello) = serde_json::from_str(hello).unwrap() else {
            panic!("no hello")
        };
        assert_eq!((hello.stage.as_deref(), hello.format.codec), (Some("panel"), Codec::PcmS16le));
        for text in [
            r#"{"type":"clock","client_ms":1.5}"#,
            r#"{"type":"offset","ms":-75556.3,"error_ms":1.2}"#,
            r#"{"type":"mute","muted":true}"#,
            r#"{"type":"gap","samples":48000,"why":"device"}"#,
            r#"{"type":"level","peak_db":-12,"clipped":3}"#,
            r#"{"type":"bye"}"#,
        ] {
            assert!(serde_json::from_str::<FromSpeaker>(text).is_ok(), "{text}");
        }
        assert!(serde_json::from_str::<FromSpeaker>(r#"{"type":"shout"}"#).is_err());
    }

    #[test]
    fn a_code_is_written_by_its_name() {
        for code in RefusalCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
    }
}
