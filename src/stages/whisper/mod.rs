//! Whisper models, run by whisper.cpp, as a recogniser. The only folder that names whisper-rs.
mod decode;
mod language;
mod model;
mod settings;
mod start_token;
mod words;

use std::{cell::RefCell, collections::HashMap, rc::Rc};

// ggml calls it: it has to be linked.
use livecap_blas as _;
use whisper_rs::{FullParams, SamplingStrategy, WhisperState, WhisperTokenId};

pub use self::{
    model::{WhisperError, WhisperModel},
    settings::WhisperSettings,
};
use super::recognise::{Cancellation, Recogniser};
use crate::{flow::Setting, message::Language, models::Decoding};

/// The recogniser of one stream: shared weights, and a state of its own.
pub struct Whisper {
    model: WhisperModel,
    state: WhisperState,
    /// Built once and cloned: the setters for texts and callbacks leak their arguments.
    parameters: FullParams<'static, 'static>,
    /// The parameters for each requested language other than that of the settings.
    language_parameters: HashMap<Language, FullParams<'static, 'static>>,
    /// The cancellation that whisper.cpp checks between its steps.
    cancellation: Rc<RefCell<Cancellation>>,
    /// As text, and its tokens as it was after so many changes.
    vocabulary: Setting<String>,
    changes: u64,
    prompt: Vec<WhisperTokenId>,
    max_tokens: Option<usize>,
    decoding: Decoding,
    /// The language of the text where it is not the spoken one: Whisper translates into English only.
    text_language: Option<Language>,
    /// The newest language found, where decodes find the language themselves.
    found_language: Option<Language>,
    threads: usize,
}

impl Whisper {
    /// Returns after a first decode, so that the next one takes its usual time. Must be called on the thread where the
    /// recogniser lives.
    pub fn start(
        model: &WhisperModel,
        settings: &WhisperSettings,
    ) -> Result<Whisper, WhisperError> {
        let prompt = settings.prompt.clone().unwrap_or_default();
        Whisper::start_with(model, settings, Setting::new(prompt))
    }

    /// The same, with a prompt that may be changed while it runs.
    pub fn start_with(
        model: &WhisperModel,
        settings: &WhisperSettings,
        vocabulary: Setting<String>,
    ) -> Result<Whisper, WhisperError> {
        model.check(settings)?;
        let context = &model.context;
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        let english = (!model.is_multilingual()).then_some("en");
        // `None` would mean `auto` too, but whisper.cpp compares the text in places.
        let language =
            settings.language.as_ref().map(Language::as_str).or(english).unwrap_or("auto");
        let language: &'static str =
            whisper_rs::get_lang_id(language).and_then(whisper_rs::get_lang_str).unwrap_or("auto");
        parameters.set_language(Some(language));
        parameters.set_translate(settings.translate);
        parameters.set_n_threads(settings.threads.get().try_into().unwrap_or(1));
        parameters.set_temperature_inc(0.0);
        parameters.set_no_context(true);
        parameters.set_single_segment(true);
        let decoding = settings.decoding.unwrap_or_else(|| Decoding::of(&model.header));
        // With this option whisper.cpp searches the vocabulary for words. It ends the process if one is missing.
        parameters.set_suppress_blank(decoding.suppress);
        parameters.set_suppress_nst(decoding.suppress);
        parameters.set_temperature(decoding.temperature);
        // No probability is above this. Otherwise whisper.cpp would drop text by a probability that it reads in the wrong
        // place.
        parameters.set_no_speech_thold(1.0);
        parameters.set_print_special(false);
        parameters.set_print_progress(false);
        parameters.set_print_realtime(false);
        parameters.set_print_timestamps(false);
        let cancellation = Rc::<RefCell<Cancellation>>::default();
        let shared = cancellation.clone();
        // Boxed: whisper-rs calls a plain closure through a pointer of another type.
        let abort: Box<dyn FnMut() -> bool> = Box::new(move || shared.borrow().is_cancelled());
        parameters.set_abort_callback_safe::<_, Box<dyn FnMut() -> bool>>(abort);
        let failed = |cause| WhisperError::Load { model: model.name.to_string(), cause };
        let state = context.create_state().map_err(|error| failed(error.to_string()))?;
        let (changes, text) = vocabulary.get();
        let (language_parameters, prompt) = (HashMap::new(), model.tokens(&text)?);
        let (model, max_tokens) = (model.clone(), settings.max_tokens);
        let text_language = settings.translate.then(|| Language::new("en"));
        let found_language = (language == "auto").then(|| Language::new("en"));
        let threads = settings.threads.get();
        let mut whisper = Whisper {
            model,
            state,
            parameters,
            language_parameters,
            cancellation,
            vocabulary,
            changes,
            prompt,
            max_tokens,
            decoding,
            text_language,
            found_language,
            threads,
        };
        let first = whisper.decode_with_defaults(&[0.0; 16_000]);
        first.map_err(|error| WhisperError::FirstDecode {
            model: whisper.model.name.to_string(),
            cause: error.to_string(),
        })?;
        Ok(whisper)
    }

    fn parameters(&mut self, language: Option<&Language>) -> FullParams<'static, 'static> {
        let Some(language) = language else { return self.parameters.clone() };
        let known = self.language_parameters.entry(language.clone()).or_insert_with(|| {
            let mut parameters = self.parameters.clone();
            let text = whisper_rs::get_lang_id(language.as_str());
            parameters.set_language(text.and_then(whisper_rs::get_lang_str));
            parameters
        });
        known.clone()
    }
}
