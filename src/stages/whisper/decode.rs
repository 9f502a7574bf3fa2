//! One decode: the sound through the encoder, the words out of the decoder, and what it says of them.
use std::time::Duration;

use super::{Whisper, behind_start::BehindStart, is_language, words::WordsOfTokens};
use crate::{
    logic::agree::Heard,
    message::{Language, SampleRate},
    models,
    stages::recognise::{Ask, Effort, Hypothesis, RecogniseError, Recogniser},
};

/// Samples of one position of the encoder: 20 ms.
const POSITION: usize = 320;
/// whisper.cpp gives nothing for 100 ms or less: sound is filled up to this with silence.
const SHORTEST: usize = 16_000 / 4;
/// Text over sound that is so probably no speech is left out where its tokens have so low a mean logarithm of probability: OpenAI's
/// own rule, at its own limits (`no_speech_threshold` and `logprob_threshold` of `transcribe` in openai/whisper).
const NOBODY: f32 = 0.6;
const GUESSED: f32 = -1.0;

impl Whisper {
    /// How many positions of its context the encoder is given for so many samples at 16 kHz.
    pub fn positions(&self, samples: usize, effort: Effort) -> usize {
        let room = self.room();
        let length = SampleRate::SPEECH.duration_of(samples);
        match effort {
            Effort::Partial => self.decoding.partial.positions(length, room),
            Effort::Final => self.decoding.full.positions(length, room),
            Effort::Whole => room,
        }
    }

    fn room(&self) -> usize {
        self.model.context.model_n_audio_ctx().max(1) as usize
    }

    /// As many tokens as a decode may have.
    fn most_tokens(&self) -> usize {
        // whisper.cpp's own limit is half of the decoder's context.
        let usual = self.model.header.text_context as usize / 2 - 4;
        self.max_tokens.unwrap_or(usual).min(usual)
    }

    /// Has whisper.cpp decode `sound`, whose words [`Whisper::heard`] gives then.
    fn decode(
        &mut self,
        sound: &[f32],
        ask: &Ask,
        language: Option<&Language>,
    ) -> Result<(), RecogniseError> {
        let mut parameters = self.parameters(language);
        parameters.set_audio_ctx(self.positions(sound.len(), ask.effort) as i32);
        parameters.set_max_tokens(self.most_tokens() as i32);
        let prompt = self.prompt(&ask.context);
        if !prompt.is_empty() {
            parameters.set_tokens(&prompt);
        }
        self.wanted.replace(ask.wanted.clone());
        let done = self.state.full(parameters, sound);
        let ended_early = !self.wanted.take().is_still();
        done.map_err(|error| match ended_early {
            true => RecogniseError::Unwanted,
            false => failed(sound, &error),
        })
    }

    /// The settings' prompt and what was said before, of which whisper.cpp keeps the end.
    fn prompt(&self, context: &str) -> Vec<whisper_rs::WhisperTokenId> {
        let context = self.model.tokens(context).unwrap_or_default();
        [self.prompt.clone(), context].concat()
    }

    /// Whether whisper.cpp has read the probability of no speech where it stands: right behind the token of the start.
    fn reads_no_speech(&self, ask: &Ask) -> bool {
        !self.model.is_multilingual() && self.prompt(&ask.context).is_empty()
    }

    /// What the decoder says of the newest decode's sound, by a decode of one token: the encoder's output is still there, and the
    /// next decode begins by clearing what the decoder keeps.
    fn behind_start(&mut self, sound: &[f32]) -> Result<BehindStart, RecogniseError> {
        let context = &self.model.context;
        let (start, no_speech) = (context.token_sot(), context.token_nosp());
        // The languages stand behind the start, in the order of their numbers, and the tasks behind them.
        let languages = match context.is_multilingual() {
            true => context.token_lang(0)..context.token_translate(),
            false => 0..0,
        };
        let decoded = self.state.decode(&[start], 0, self.threads);
        decoded.map_err(|error| failed(sound, &error))?;
        let logits = self.state.get_logits().map_err(|error| failed(sound, &error))?;
        let at = |token: i32| usize::try_from(token).unwrap_or(usize::MAX);
        Ok(BehindStart::of(logits, at(no_speech), at(languages.start)..at(languages.end)))
    }

    /// Decodes `sound` in the language that is found in it. It is taken for the newest one that was found, and decoded again where it
    /// turns out to be another one: the encoder, which is most of the cost, runs once for most of the sound.
    fn decode_in_its_language(
        &mut self,
        sound: &[f32],
        ask: &Ask,
        guess: &Language,
    ) -> Result<(BehindStart, f32), RecogniseError> {
        self.decode(sound, ask, Some(guess))?;
        let told = self.behind_start(sound)?;
        let (language, probability) = told.language.unwrap_or_default();
        let found = i32::try_from(language).ok().and_then(whisper_rs::get_lang_str);
        let found = found.map_or_else(|| guess.clone(), Language::new);
        if found != *guess {
            self.decode(sound, ask, Some(&found))?;
        }
        self.found = Some(found);
        Ok((told, probability))
    }

    /// What the newest decode heard.
    fn heard(&self) -> Decoded {
        let mut words = WordsOfTokens::default();
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
        let is_guess = tokens > 0 && sum_of_all / (tokens as f32) < GUESSED;
        let cut_off = tokens >= self.most_tokens();
        let (words, times) = words.finish();
        Decoded { words, log_probability, is_guess, times, cut_off }
    }
}

#[derive(Default)]
struct Decoded {
    words: Vec<Heard>,
    log_probability: f32,
    /// Whether all its tokens, those of times and the end among them, are as improbable as [`GUESSED`].
    is_guess: bool,
    times: Vec<(usize, Duration)>,
    cut_off: bool,
}

impl Recogniser for Whisper {
    fn listen(&mut self, speech: &[f32], ask: &Ask) -> Result<Hypothesis, RecogniseError> {
        // No longer than the context: whisper.cpp would begin a second window.
        let speech = &speech[..speech.len().min(self.room() * POSITION)];
        let filled: Vec<f32>;
        let sound = if speech.len() < SHORTEST {
            filled = speech.iter().copied().chain(std::iter::repeat(0.0)).take(SHORTEST).collect();
            &filled
        } else {
            speech
        };
        let told = ask.language.as_ref().filter(|it| is_language(it.as_str()));
        let guess = self.found.clone().filter(|_| told.is_none());
        let (behind_start, language_probability) = match guess {
            Some(guess) => {
                let (behind, probability) = self.decode_in_its_language(sound, ask, &guess)?;
                (Some(behind), probability)
            }
            None => {
                self.decode(sound, ask, told)?;
                (None, 1.0)
            }
        };
        let language =
            whisper_rs::get_lang_str(self.state.full_lang_id_from_state()).unwrap_or("en");
        let mut decoded = self.heard();
        let no_speech = match behind_start {
            Some(told) => told.no_speech,
            // Nobody asks of what has no words.
            None if decoded.words.is_empty() => 0.0,
            None if self.reads_no_speech(ask) => {
                self.state.as_iter().map(|it| it.no_speech_probability()).fold(0.0, f32::max)
            }
            None => self.behind_start(sound)?.no_speech,
        };
        if no_speech > NOBODY && decoded.is_guess {
            decoded = Decoded::default();
        }
        let Decoded { words, log_probability, times, cut_off, .. } = decoded;
        let (language, written) = (Language::new(language), self.written.clone());
        // whisper.cpp's own word times are late by 0.3 s and more, and those by alignment end the process on bad output.
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

fn failed(sound: &[f32], error: &whisper_rs::WhisperError) -> RecogniseError {
    RecogniseError::Failed { samples: sound.len(), cause: error.to_string() }
}
