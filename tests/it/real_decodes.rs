//! Single decodes with OpenAI's weights: the probabilities beside the words. Skipped where the weights are missing.
use std::{num::NonZeroUsize, path::Path};

use livecap::{
    message::{Language, SampleRate},
    stages::{
        recognise::{DecodeRequest, Effort, Hypothesis, Recogniser},
        recording::SoundFile,
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};

use crate::real_weights::{recording, weights};

const MANY_LANGUAGES: &str = "ggml-base-q5_1.bin";
const ENGLISH: &str = "ggml-tiny.en-q5_1.bin";

fn whisper(path: &Path, language: Option<&str>) -> Whisper {
    let model = WhisperModel::from_file("real", path).unwrap();
    let settings = WhisperSettings {
        language: language.map(Language::new),
        threads: NonZeroUsize::MIN,
        ..WhisperSettings::default()
    };
    Whisper::start(&model, &settings).unwrap()
}

fn samples(path: &Path) -> Vec<f32> {
    let mut file = SoundFile::open(path).unwrap();
    assert_eq!(file.rate(), SampleRate::SPEECH);
    let mut samples = Vec::new();
    while let Some(chunk) = file.next_chunk().unwrap() {
        samples.extend(chunk);
    }
    samples
}

fn partial() -> DecodeRequest {
    DecodeRequest { effort: Effort::Partial, ..DecodeRequest::default() }
}

fn text(hypothesis: &Hypothesis) -> String {
    hypothesis.words.iter().map(|it| it.word.text.as_str()).collect()
}

#[test]
fn speech_has_a_low_no_speech_probability_with_every_model_after_any_decode() {
    for (file, language) in
        [(ENGLISH, Some("en")), (MANY_LANGUAGES, Some("en")), (MANY_LANGUAGES, None)]
    {
        let (Some(model), Some(recording)) = (weights(file), recording()) else { continue };
        let mut whisper = whisper(&model, language);
        let speech = &samples(&recording)[..4 * 16_000];
        let alone = whisper.decode(speech, &partial()).unwrap();
        assert!(alone.no_speech < 0.2 && !alone.words.is_empty(), "{file}: {alone:?}");
        assert!(alone.language == Language::new("en"), "{file}: {alone:?}");
        // What the decoder kept of the noise must not change the result.
        whisper.decode(&hiss(4), &partial()).unwrap();
        assert_eq!(whisper.decode(speech, &partial()).unwrap(), alone, "{file}");
    }
}

/// The same value as whisper.cpp's own for English models without a prompt, which whisper.cpp reads in the right place.
#[test]
fn a_prompt_does_not_change_the_no_speech_probability() {
    let (Some(model), Some(recording)) = (weights(ENGLISH), recording()) else { return };
    let mut whisper = whisper(&model, Some("en"));
    let speech = &samples(&recording)[..4 * 16_000];
    let alone = whisper.decode(speech, &partial()).unwrap();
    let request = DecodeRequest { context: "A speech.".to_owned(), ..partial() };
    let behind_text = whisper.decode(speech, &request).unwrap();
    let difference = (alone.no_speech - behind_text.no_speech).abs();
    assert!(difference < alone.no_speech / 100.0, "{alone:?} {behind_text:?}");
}

#[test]
fn a_found_language_gives_the_same_words_as_a_requested_one() {
    let (Some(model), Some(recording)) = (weights(MANY_LANGUAGES), recording()) else { return };
    let (mut finds, mut told) = (whisper(&model, None), whisper(&model, Some("en")));
    let english = &samples(&recording)[..4 * 16_000];
    for sound in [english, &hiss(3), english] {
        let found = finds.decode(sound, &partial()).unwrap();
        // Noise has a higher no-speech probability, with words or without.
        assert_eq!(found.no_speech < 0.24, sound.len() == english.len(), "{found:?}");
        assert!((0.0..=1.0).contains(&found.language_probability), "{found:?}");
        let request = DecodeRequest { language: Some(found.language.clone()), ..partial() };
        let again = finds.decode(sound, &request).unwrap();
        assert_eq!(text(&found), text(&again));
        if found.language == Language::new("en") {
            assert_eq!(found.words, told.decode(sound, &partial()).unwrap().words);
        }
    }
}

fn hiss(seconds: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(3);
    (0..seconds * 16_000).map(|_| (random.f32() - 0.5) * 0.2).collect()
}
