//! The settings of a Whisper recogniser.
use std::num::NonZeroUsize;

use crate::{message::Language, models::Decoding};

#[derive(Clone, Debug, PartialEq)]
pub struct WhisperSettings {
    /// `None`: each decode finds the language.
    pub language: Option<Language>,
    /// Translates into English instead of transcribing.
    pub translate: bool,
    /// Names and terms that are likely to come up.
    pub prompt: Option<String>,
    pub threads: NonZeroUsize,
    /// The most tokens of a decode. `None`: as many as the decoder holds, about 220.
    pub max_tokens: Option<usize>,
    /// `None`: by the model's header.
    pub decoding: Option<Decoding>,
}

impl Default for WhisperSettings {
    fn default() -> WhisperSettings {
        WhisperSettings {
            language: None,
            translate: false,
            prompt: None,
            threads: WhisperSettings::spare_threads(NonZeroUsize::MIN),
            max_tokens: None,
            decoding: None,
        }
    }
}

impl WhisperSettings {
    /// One thread less than the machine has cores, divided among this many recognisers, at least one each. Threads of
    /// whisper.cpp spin while they wait for each other, so one thread too many, or a busy neighbour, costs much more than it
    /// gains.
    pub fn spare_threads(recognisers: NonZeroUsize) -> NonZeroUsize {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        NonZeroUsize::new((cores - 1) / recognisers).unwrap_or(NonZeroUsize::MIN)
    }
}
