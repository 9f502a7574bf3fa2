//! In which form sound comes and goes, and subtitles are written.
use serde::{Deserialize, Serialize};

/// Of raw samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SampleFormat {
    /// Integers of 16 bits, little-endian.
    S16le,
    /// Floats of 32 bits in −1..1, little-endian.
    F32le,
}

/// Of a recording that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    Flac,
    Wav,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubtitleFormat {
    Srt,
    Vtt,
    Txt,
}
