//! What is known of one model.
use serde::Deserialize;

use super::DecodingChange;

/// What is known of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEntry {
    /// What a pipeline file calls it.
    pub name: String,
    /// Its file's name in the models folder, without any folder.
    pub file: String,
    /// Where the file is published; `None` where it is built in.
    pub url: Option<String>,
    /// Whether it is part of the program where the feature `whisper` is.
    pub built_in: bool,
    /// Bytes, where they are known.
    pub size: Option<u64>,
    /// Millions of numbers that it is made of, where that is known.
    pub parameters: Option<u32>,
    /// What its weights are under, where that is known.
    pub licence: Option<String>,
    pub sums: Sums,
    pub languages: Languages,
    /// What is special about the words that it knows, as in "a small fixed vocabulary".
    pub vocabulary: Option<String>,
    /// What is otherwise than its header tells.
    pub decoding: DecodingChange,
}

/// Lower-case hexadecimal checksums. At least one is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// As whisper.cpp's own list has it.
    pub sha1: Option<String>,
    /// Taken from a file that was seen.
    pub sha256: Option<String>,
    /// As other projects quote it: decides where nothing else is known.
    pub sha256_quoted: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Languages {
    English,
    Multilingual,
}

impl Languages {
    pub const fn name(self) -> &'static str {
        match self {
            Languages::English => "English",
            Languages::Multilingual => "multilingual",
        }
    }
}
