//! Whisper models by whisper.cpp, as a recogniser. The only folder that names whisper-rs.
mod model;
mod words;

use std::{cell::RefCell, collections::HashMap, num::NonZeroUsize, rc::Rc, time::Duration};

use whisper_rs::{FullParams, SamplingStrategy, WhisperState, WhisperTokenId};

pub use self::model::{WhisperError, WhisperModel};
use self::words::WordsOfTokens;
use super::recognise::{Ask, Effort, Hypothesis, RecogniseError, Recogniser, Wanted};
use crate::{
    logic::agree::Heard,
    message::{Language, SampleRate},
    models::{self, Decoding},
};

/// Samples of one position of the encoder: 20 ms.
const POSITION: usize = 320;
/// whisper.cpp gives nothing for 100 ms or less: sound is filled up to this with silence.
const SHORTEST: usize = 16_000 / 4;

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
    /// Whether each decode that is not told its language finds it out.
    detects: bool,
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
        let (detects, threads) = (language == "auto", settings.threads.get());
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
            detects,
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
        let Some(language) = language.filter(|it| is_language(it.as_str())) else {
            return self.parameters.clone();
        };
        let known = self.in_language.entry(language.clone()).or_insert_with(|| {
            let mut parameters = self.parameters.clone();
            let text = whisper_rs::get_lang_id(language.as_str());
            parameters.set_language(text.and_then(whisper_rs::get_lang_str));
            parameters
        });
        known.clone()
    }

    /// The language of the sound and how probable it is, by a run of the encoder of its own. whisper.cpp would do the same, and tell
    /// no probability.
    fn detect(
        &mut self,
        sound: &[f32],
        samples: usize,
    ) -> Result<(Option<Language>, f32), RecogniseError> {
        let failed = |error: whisper_rs::WhisperError| RecogniseError::Failed {
            samples,
            cause: error.to_string(),
        };
        self.state.pcm_to_mel(sound, self.threads).map_err(failed)?;
        let (id, probabilities) = self.state.lang_detect(0, self.threads).map_err(failed)?;
        let language = whisper_rs::get_lang_str(id).map(Language::new);
        let probability = usize::try_from(id).ok().and_then(|it| probabilities.get(it));
        Ok((language, probability.copied().unwrap_or_default()))
    }

    /// The settings' prompt and what was said before, of which whisper.cpp keeps the end.
    fn prompt(&self, context: &str) -> Vec<WhisperTokenId> {
        let context = self.model.tokens(context).unwrap_or_default();
        [self.prompt.clone(), context].concat()
    }

    /// What the newest decode heard.
    fn heard(&self, most: usize) -> Decoded {
        let mut words = WordsOfTokens::default();
        let (end_of_text, times) = (self.model.context.token_eot(), self.model.context.token_beg());
        let (mut sum, mut count, mut tokens) = (0.0, 0.0, 0);
        for segment in self.state.as_iter() {
            for at in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(at) else { continue };
                tokens += 1;
                let id = token.token_id();
                if id > times {
                    let steps = u32::try_from(id - times).unwrap_or_default();
                    words.add_time(models::POSITION * steps);
                }
                // Times and other marks stand behind the words in every vocabulary.
                if id < end_of_text
                    && let Ok(bytes) = token.to_bytes()
                {
                    let probability = token.token_probability();
                    words.add(bytes, probability);
                    sum += probability.max(f32::MIN_POSITIVE).ln();
                    count += 1.0;
                }
            }
        }
        let log_probability = if count > 0.0 { sum / count } else { 0.0 };
        let cut_off = tokens >= most;
        let (words, times) = words.finish();
        Decoded { words, log_probability, times, cut_off }
    }
}

impl Whisper {
    /// How many positions of its context the encoder is given for so many samples at 16 kHz.
    pub fn positions(&self, samples: usize, effort: Effort) -> usize {
        let room = self.model.context.model_n_audio_ctx().max(1) as usize;
        let length = SampleRate::SPEECH.duration_of(samples);
        match effort {
            Effort::Partial => self.decoding.partial.positions(length, room),
            Effort::Final => self.decoding.full.positions(length, room),
            Effort::Whole => room,
        }
    }
}

struct Decoded {
    words: Vec<Heard>,
    log_probability: f32,
    times: Vec<(usize, Duration)>,
    cut_off: bool,
}

impl Recogniser for Whisper {
    fn listen(&mut self, speech: &[f32], ask: &Ask) -> Result<Hypothesis, RecogniseError> {
        let samples = speech.len();
        let room = self.model.context.model_n_audio_ctx().max(1) as usize;
        // No longer than the context: whisper.cpp would begin a second window.
        let speech = &speech[..speech.len().min(room * POSITION)];
        let filled: Vec<f32>;
        let sound = if speech.len() < SHORTEST {
            filled = speech.iter().copied().chain(std::iter::repeat(0.0)).take(SHORTEST).collect();
            &filled
        } else {
            speech
        };
        let context = self.positions(sound.len(), ask.effort);
        let (detected, language_probability) = match &ask.language {
            None if self.detects => self.detect(sound, samples)?,
            told => (told.clone(), 1.0),
        };
        let mut parameters = self.parameters(detected.as_ref());
        parameters.set_audio_ctx(context as i32);
        // whisper.cpp's own limit is half of the decoder's context.
        let usual = self.model.header.text_context as usize / 2 - 4;
        let most = self.max_tokens.unwrap_or(usual).min(usual);
        parameters.set_max_tokens(most as i32);
        let prompt = self.prompt(&ask.context);
        if !prompt.is_empty() {
            parameters.set_tokens(&prompt);
        }
        self.wanted.replace(ask.wanted.clone());
        let done = self.state.full(parameters, sound);
        let ended_early = !self.wanted.take().is_still();
        if let Err(error) = done {
            return Err(match ended_early {
                true => RecogniseError::Unwanted,
                false => RecogniseError::Failed { samples, cause: error.to_string() },
            });
        }
        let language =
            whisper_rs::get_lang_str(self.state.full_lang_id_from_state()).unwrap_or("en");
        let no_speech =
            self.state.as_iter().map(|it| it.no_speech_probability()).fold(0.0, f32::max);
        // whisper.cpp's own word times are late by 0.3 s and more, and those by alignment end the process on bad output.
        let Decoded { words, log_probability, times, cut_off } = self.heard(most);
        let (language, written) = (Language::new(language), self.written.clone());
        let timed = false;
        Ok(Hypothesis {
            words,
            timed,
            language,
            language_probability,
            written,
            no_speech,
            log_probability,
            times,
            cut_off,
        })
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
