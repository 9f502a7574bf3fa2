//! Whisper models by whisper.cpp, as a recogniser. The only folder that names whisper-rs.
mod behind_start;
mod decode;
mod model;
mod words;

use std::{cell::RefCell, collections::HashMap, num::NonZeroUsize, rc::Rc};

// ggml calls it: it has to be linked.
use livecap_blas as _;
use whisper_rs::{FullParams, SamplingStrategy, WhisperState, WhisperTokenId};

pub use self::model::{WhisperError, WhisperModel};
use super::recognise::{Recogniser, Wanted};
use crate::{message::Language, models::Decoding};

#[derive(Clone, Debug, PartialEq)]
pub struct WhisperSettings {
    /// `None`: settled anew by each look.
    pub language: Option<Language>,
    /// Into English, instead of writing down what is said.
    pub translate: bool,
    /// Names and terms that are likely to come up.
    pub prompt: Option<String>,
    pub threads: NonZeroUsize,
    /// `None`: as many as the decoder holds, about 220.
    pub max_tokens: Option<usize>,
    /// `None`: as the model's header tells.
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
    /// One thread less than the machine has cores, shared out among so many recognisers, at least one each: threads of whisper.cpp
    /// spin while they wait for each other, so that one too many, or a busy neighbour, costs much more than it gives.
    pub fn spare_threads(recognisers: NonZeroUsize) -> NonZeroUsize {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        NonZeroUsize::new((cores - 1) / recognisers).unwrap_or(NonZeroUsize::MIN)
    }
}

/// One stream's recogniser: the shared weights and a state of its own.
pub struct Whisper {
    model: WhisperModel,
    state: WhisperState,
    /// Built once and cloned: the setters for texts and callbacks leak what they are given.
    parameters: FullParams<'static, 'static>,
    /// The same for each language that was asked for beside the one of the settings.
    in_language: HashMap<Language, FullParams<'static, 'static>>,
    /// What whisper.cpp asks between its steps.
    wanted: Rc<RefCell<Wanted>>,
    prompt: Vec<WhisperTokenId>,
    max_tokens: Option<usize>,
    decoding: Decoding,
    /// What it writes where that is not what is spoken: Whisper translates into English alone.
    written: Option<Language>,
    /// Where each decode that is not told its language finds it out: the newest one that was found.
    found: Option<Language>,
    threads: usize,
}

impl Whisper {
    /// Returns after a first look, so that the next one takes its usual time. To be called on the thread where it lives.
    pub fn start(
        model: &WhisperModel,
        settings: &WhisperSettings,
    ) -> Result<Whisper, WhisperError> {
        model.check(settings)?;
        let context = &model.context;
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        let english = (!model.is_multilingual()).then_some("en");
        // `None` would do for `auto`, but whisper.cpp compares the text in places.
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
        // whisper.cpp looks words up for this in a way that ends the process where one is not there.
        parameters.set_suppress_blank(decoding.suppress);
        parameters.set_suppress_nst(decoding.suppress);
        parameters.set_temperature(decoding.temperature);
        // No probability is higher than this: it would leave out text by a probability that it reads in the wrong place.
        parameters.set_no_speech_thold(1.0);
        parameters.set_print_special(false);
        parameters.set_print_progress(false);
        parameters.set_print_realtime(false);
        parameters.set_print_timestamps(false);
        let wanted = Rc::<RefCell<Wanted>>::default();
        let asked = wanted.clone();
        // Boxed: given a plain closure, whisper-rs calls it through a pointer of another type.
        let unwanted: Box<dyn FnMut() -> bool> = Box::new(move || !asked.borrow().is_still());
        parameters.set_abort_callback_safe::<_, Box<dyn FnMut() -> bool>>(unwanted);
        let failed = |cause| WhisperError::Load { model: model.name.to_string(), cause };
        let state = context.create_state().map_err(|error| failed(error.to_string()))?;
        let prompt = settings.prompt.as_deref().map(|text| model.tokens(text)).transpose()?;
        let (in_language, prompt) = (HashMap::new(), prompt.unwrap_or_default());
        let (model, max_tokens) = (model.clone(), settings.max_tokens);
        let written = settings.translate.then(|| Language::new("en"));
        let found = (language == "auto").then(|| Language::new("en"));
        let threads = settings.threads.get();
        let mut whisper = Whisper {
            model,
            state,
            parameters,
            in_language,
            wanted,
            prompt,
            max_tokens,
            decoding,
            written,
            found,
            threads,
        };
        let first = whisper.look(&[0.0; 16_000]);
        first.map_err(|error| WhisperError::FirstLook {
            model: whisper.model.name.to_string(),
            cause: error.to_string(),
        })?;
        Ok(whisper)
    }

    fn parameters(&mut self, language: Option<&Language>) -> FullParams<'static, 'static> {
        let Some(language) = language else { return self.parameters.clone() };
        let known = self.in_language.entry(language.clone()).or_insert_with(|| {
            let mut parameters = self.parameters.clone();
            let text = whisper_rs::get_lang_id(language.as_str());
            parameters.set_language(text.and_then(whisper_rs::get_lang_str));
            parameters
        });
        known.clone()
    }
}

/// Asked of whisper.cpp only where it is safe to: it also takes whole names, and whisper-rs panics on a zero byte.
fn is_language(code: &str) -> bool {
    let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|it| it.is_ascii_lowercase());
    is_code && whisper_rs::get_lang_id(code).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_language_is_refused_before_whisper_sees_it() {
        for code in ["", "EN", "xx", "en\0", "english language"] {
            assert!(!is_language(code), "{code:?}");
        }
        assert!(["en", "nl", "yue", "haw"].iter().all(|code| is_language(code)));
    }
}
