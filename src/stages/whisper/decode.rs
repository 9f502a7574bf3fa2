//! One decode: the encoder, the decoder, and what both say about the audio.
use std::time::Duration;

use super::{Whisper, language::is_language, start_token::StartTokenOutput, words::WordAssembler};
use crate::{
    logic::agreement::DecodedWord,
    message::{Language, SampleRate},
    models,
    stages::recognise::{DecodeRequest, Effort, Hypothesis, RecogniseError, Recogniser},
};

/// The samples of one encoder position: 20 ms.
const POSITION: usize = 320;
/// Shorter audio is padded with silence up to this: whisper.cpp gives nothing for 100 ms or less.
const SHORTEST: usize = 16_000 / 4;
/// A decode counts as empty if its no-speech probability is above this and its mean log probability is below
/// [`LOGPROB_THRESHOLD`]. This is OpenAI's own rule with its own limits (`no_speech_threshold` and `logprob_threshold` of
/// `transcribe` in openai/whisper).
const NO_SPEECH_THRESHOLD: f32 = 0.6;
const LOGPROB_THRESHOLD: f32 = -1.0;

impl Whisper {
    /// How many positions of its context the encoder gets for this many samples at 16 kHz.
    pub fn positions(&self, samples: usize, effort: Effort) -> usize {
        let room = self.room();
        let length = SampleRate::SPEECH.duration_of(samples);
        match effort {
            Effort::Partial => self.decoding.partial.positions(length, room),
            Effort::Final => self.decoding.full.positions(length, room),
            Effort::FullContext => room,
        }
    }

    fn room(&self) -> usize {
        self.model.context.model_n_audio_ctx().max(1) as usize
    }

    /// The most tokens of a decode.
    fn max_tokens_per_decode(&self) -> usize {
        // whisper.cpp's own limit is half of the decoder's context.
        let usual = self.model.header.text_context as usize / 2 - 4;
        self.max_tokens.unwrap_or(usual).min(usual)
    }

    /// Runs whisper.cpp on `sound`. [`Whisper::decoded`] then gives the words.
    fn run_decoder(
        &mut self,
        sound: &[f32],
        request: &DecodeRequest,
        language: Option<&Language>,
    ) -> Result<(), RecogniseError> {
        self.read_vocabulary();
        let mut parameters = self.parameters(language);
        parameters.set_audio_ctx(self.positions(sound.len(), request.effort) as i32);
        parameters.set_max_tokens(self.max_tokens_per_decode() as i32);
        let prompt = self.prompt(&request.context);
        if !prompt.is_empty() {
            parameters.set_tokens(&prompt);
        }
        self.cancellation.replace(request.cancellation.clone());
        let done = self.state.full(parameters, sound);
        let ended_early = self.cancellation.take().is_cancelled();
        done.map_err(|error| match ended_early {
            true => RecogniseError::Cancelled,
            false => failed(sound, &error),
        })
    }

    /// Takes what an operator has changed. What this model has no tokens for changes nothing.
    fn read_vocabulary(&mut self) {
        let (changes, text) = self.vocabulary.get();
        if changes == self.changes {
            return;
        }
        self.changes = changes;
        match self.model.tokens(&text) {
            Ok(tokens) => self.prompt = tokens,
            Err(error) => tracing::warn!(%error, "the vocabulary stays as it was"),
        }
    }

    /// The prompt of the settings and the context of the request. whisper.cpp keeps the end of it.
    fn prompt(&self, context: &str) -> Vec<whisper_rs::WhisperTokenId> {
        let context = self.model.tokens(context).unwrap_or_default();
        [self.prompt.clone(), context].concat()
    }

    /// Whether whisper.cpp reads the no-speech probability in the right place: directly after the start token.
    fn reads_no_speech(&self, request: &DecodeRequest) -> bool {
        !self.model.is_multilingual() && self.prompt(&request.context).is_empty()
    }

    /// The decoder's output after the start token, for the audio of the newest decode. It takes a decode of one token: the
    /// encoder's output is still there, and the next decode clears what the decoder keeps.
    fn decode_start_token(&mut self, sound: &[f32]) -> Result<StartTokenOutput, RecogniseError> {
        let context = &self.model.context;
        let (start, no_speech) = (context.token_sot(), context.token_nosp());
        // The language tokens follow the start token in the order of their numbers. The task tokens follow them.
        let languages = match context.is_multilingual() {
            true => context.token_lang(0)..context.token_translate(),
            false => 0..0,
        };
        let decoded = self.state.decode(&[start], 0, self.threads);
        decoded.map_err(|error| failed(sound, &error))?;
        let logits = self.state.get_logits().map_err(|error| failed(sound, &error))?;
        let at = |token: i32| usize::try_from(token).unwrap_or(usize::MAX);
        Ok(StartTokenOutput::of(logits, at(no_speech), at(languages.start)..at(languages.end)))
    }

    /// Decodes `sound` in the language that is found in it. First that is assumed to be the newest language found. If it is
    /// another one, the audio is decoded again. So the encoder, which is most of the cost, runs only once for most audio.
    fn decode_in_its_language(
        &mut self,
        sound: &[f32],
        request: &DecodeRequest,
        guess: &Language,
    ) -> Result<(StartTokenOutput, f32), RecogniseError> {
        self.run_decoder(sound, request, Some(guess))?;
        let output = self.decode_start_token(sound)?;
        let (language, probability) = output.language.unwrap_or_default();
        let found = i32::try_from(language).ok().and_then(whisper_rs::get_lang_str);
        let found = found.map_or_else(|| guess.clone(), Language::new);
        if found != *guess {
            self.run_decoder(sound, request, Some(&found))?;
        }
        self.found_language = Some(found);
        Ok((output, probability))
    }

    /// The words of the newest decode, with its probabilities.
    fn decoded(&self) -> Decoded {
        let mut words = WordAssembler::default();
        let (end_of_text, times) = (self.model.context.token_eot(), self.model.context.token_beg());
        let (mut sum, mut count, mut sum_of_all, mut tokens) = (0.0, 0.0, 0.0, 0);
        for segment in self.state.as_iter() {
            for at in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(at) else { continue };
                tokens += 1;
                sum_of_all += token.token_data().plog;
                let id = token.token_id();
                if id > times {
                    let steps = u32::try_from(id - times).unwrap_or_default();
                    words.add_time(models::POSITION * steps);
                }
                // In every vocabulary, timestamps and other special tokens come after the tokens of words.
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
        let is_guess = tokens > 0 && sum_of_all / (tokens as f32) < LOGPROB_THRESHOLD;
        let hit_token_limit = tokens >= self.max_tokens_per_decode();
        let (words, times) = words.finish();
        Decoded { words, log_probability, is_guess, times, hit_token_limit }
    }
}

#[derive(Default)]
struct Decoded {
    words: Vec<DecodedWord>,
    log_probability: f32,
    /// Whether the mean log probability of all its tokens, with timestamps and the end, is below [`LOGPROB_THRESHOLD`].
    is_guess: bool,
    times: Vec<(usize, Duration)>,
    hit_token_limit: bool,
}

impl Recogniser for Whisper {
    fn decode(
        &mut self,
        speech: &[f32],
        request: &DecodeRequest,
    ) -> Result<Hypothesis, RecogniseError> {
        // Audio longer than the context is cut: whisper.cpp would begin a second window.
        let speech = &speech[..speech.len().min(self.room() * POSITION)];
        let filled: Vec<f32>;
        let sound = if speech.len() < SHORTEST {
            filled = speech.iter().copied().chain(std::iter::repeat(0.0)).take(SHORTEST).collect();
            &filled
        } else {
            speech
        };
        let requested = request.language.as_ref().filter(|it| is_language(it.as_str()));
        let guess = self.found_language.clone().filter(|_| requested.is_none());
        let (start_output, language_probability) = match guess {
            Some(guess) => {
                let (output, probability) = self.decode_in_its_language(sound, request, &guess)?;
                (Some(output), probability)
            }
            None => {
                self.run_decoder(sound, request, requested)?;
                (None, 1.0)
            }
        };
        let language =
            whisper_rs::get_lang_str(self.state.full_lang_id_from_state()).unwrap_or("en");
        let mut decoded = self.decoded();
        let no_speech = match start_output {
            Some(output) => output.no_speech,
            // Nobody uses it for a decode without words.
            None if decoded.words.is_empty() => 0.0,
            None if self.reads_no_speech(request) => {
                self.state.as_iter().map(|it| it.no_speech_probability()).fold(0.0, f32::max)
            }
            None => self.decode_start_token(sound)?.no_speech,
        };
        if no_speech > NO_SPEECH_THRESHOLD && decoded.is_guess {
            decoded = Decoded::default();
        }
        let Decoded { words, log_probability, times, hit_token_limit, .. } = decoded;
        let (language, text_language) = (Language::new(language), self.text_language.clone());
        // whisper.cpp's own word times are late by 0.3 s and more. Its times by alignment end the process on bad output.
        let has_word_times = false;
        Ok(Hypothesis {
            words,
            has_word_times,
            language,
            language_probability,
            text_language,
            no_speech,
            log_probability,
            times,
            hit_token_limit,
        })
    }
}

fn failed(sound: &[f32], error: &whisper_rs::WhisperError) -> RecogniseError {
    RecogniseError::Failed { samples: sound.len(), cause: error.to_string() }
}
