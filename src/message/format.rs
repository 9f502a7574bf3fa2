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

/// What happens to a file that exists where text is to be written.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum WhenExists {
    /// The file is kept, and the new one gets a number: `talk-2` follows `talk`.
    #[default]
    Number,
    /// The new file takes the place of the old one in one step, as soon as it holds its first caption.
    Replace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubtitleFormat {
    Srt,
    Vtt,
    Txt,
}
