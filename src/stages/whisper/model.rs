//! The weights of a model, and the errors of loading them.
use std::{path::Path, sync::Arc};

use whisper_rs::{WhisperContext, WhisperContextParameters, WhisperTokenId};

use super::{language::is_language, settings::WhisperSettings};
use crate::{
    message::Language,
    models::{self, Header, InspectError, Weight},
};

/// Whether the CPU multiplies the weights, which is slow for some weight types.
const ON_PROCESSOR: bool = !cfg!(any(feature = "cuda", feature = "metal", feature = "vulkan"));

/// The weights of a model. Clones share them; each recogniser has a state of its own.
#[derive(Clone)]
pub struct WhisperModel {
    pub(super) context: Arc<WhisperContext>,
    pub(super) name: Arc<str>,
    pub(super) header: Header,
}

/// Why a model cannot be used. A retry does not help in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum WhisperError {
    #[error("{0}")]
    Broken(InspectError),
    #[error("the model `{model}` cannot be loaded: {cause}")]
    Load { model: String, cause: String },
    #[error(
        "the model `{model}` knows English only, not `{language}`: take one without `.en` in its name"
    )]
    EnglishOnly { model: String, language: Language },
    #[error(
        "the model `{model}` knows English only and cannot translate: take one without `.en` in its name"
    )]
    CannotTranslate { model: String },
    #[error(
        "Whisper knows no language `{language}`: write a code as in `en`, `nl`, `zh`, or `auto`"
    )]
    UnknownLanguage { language: Language },
    #[error(
        "the prompt cannot be text_language in the vocabulary of the model `{model}`: leave out unusual characters"
    )]
    Prompt { model: String },
    #[error("the model `{model}` failed its first decode: {cause}")]
    FirstDecode { model: String, cause: String },
}

impl WhisperModel {
    /// From the bytes of a model file.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<WhisperModel, WhisperError> {
        // Broken files are not passed on: whisper.cpp accepts some of them, and ends the process on others.
        let header = models::inspect_bytes(name, bytes).map_err(WhisperError::Broken)?;
        WhisperModel::of_bytes(name, header, bytes)
    }

    pub fn from_file(name: &str, path: &Path) -> Result<WhisperModel, WhisperError> {
        let header = models::inspect(path).map_err(WhisperError::Broken)?;
        if !ON_PROCESSOR || header.weight != Weight::Q5_1 {
            return WhisperModel::load(name, header, || {
                WhisperContext::new_with_params(path, WhisperModel::parameters())
            });
        }
        let unreadable = |cause: std::io::Error| WhisperError::Load {
            model: name.to_owned(),
            cause: cause.to_string(),
        };
        let bytes = std::fs::read(path).map_err(unreadable)?;
        WhisperModel::of_bytes(name, header, &bytes)
    }

    fn of_bytes(name: &str, header: Header, bytes: &[u8]) -> Result<WhisperModel, WhisperError> {
        let repacked = ON_PROCESSOR.then(|| models::repacked(&header, bytes)).flatten();
        let bytes = repacked.as_deref().unwrap_or(bytes);
        WhisperModel::load(name, header, || {
            WhisperContext::new_from_buffer_with_params(bytes, WhisperModel::parameters())
        })
    }

    fn load(
        name: &str,
        header: Header,
        load: impl FnOnce() -> Result<WhisperContext, whisper_rs::WhisperError>,
    ) -> Result<WhisperModel, WhisperError> {
        // Once per process: sends whisper.cpp's log to tracing at its levels, instead of standard error.
        whisper_rs::install_logging_hooks();
        let refused =
            |cause| WhisperError::Load { model: name.to_owned(), cause: format!("{cause}") };
        let context = Arc::new(load().map_err(refused)?);
        Ok(WhisperModel { context, name: name.into(), header })
    }

    fn parameters() -> WhisperContextParameters<'static> {
        // Flash attention reads keys of earlier decodes where `audio_ctx` is no multiple of 256.
        WhisperContextParameters { flash_attn: false, ..WhisperContextParameters::default() }
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the model knows languages other than English.
    pub fn is_multilingual(&self) -> bool {
        self.context.is_multilingual()
    }

    /// Checks that the model can do what the settings ask for.
    pub(super) fn check(&self, settings: &WhisperSettings) -> Result<(), WhisperError> {
        let model = || self.name.to_string();
        if let Some(language) = &settings.language {
            if !is_language(language.as_str()) {
                return Err(WhisperError::UnknownLanguage { language: language.clone() });
            }
            if !self.is_multilingual() && language.as_str() != "en" {
                return Err(WhisperError::EnglishOnly {
                    model: model(),
                    language: language.clone(),
                });
            }
        }
        if settings.translate && !self.is_multilingual() {
            return Err(WhisperError::CannotTranslate { model: model() });
        }
        Ok(())
    }
}

impl WhisperModel {
    pub(super) fn tokens(&self, text: &str) -> Result<Vec<WhisperTokenId>, WhisperError> {
        let refused = || WhisperError::Prompt { model: self.name.to_string() };
        if text.contains('\0') {
            return Err(refused());
        }
        // One token per byte is enough room: whisper-rs takes the negative answer that asks for more room for a length.
        let tokens = self.context.tokenize(text, text.len() + 1).map_err(|_| refused())?;
        // Only half of the text context may be prompt. whisper.cpp keeps the end.
        Ok(tokens)
    }
}
