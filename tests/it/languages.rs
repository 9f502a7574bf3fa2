//! Multilingual models: the spoken language, and translation into English. With random weights the text means nothing.
use std::fs;

use livecap::{
    message::Language,
    stages::{
        recognise::{DecodeRequest, Recogniser},
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
    wire::Line,
};

use crate::{
    run::{LINES, lines, pipeline, shipped},
    support::{program, random_model::multilingual},
};

/// Random weights rarely end a decode by themselves.
const FEW: Option<usize> = Some(5);

fn settings() -> WhisperSettings {
    WhisperSettings { max_tokens: FEW, ..WhisperSettings::default() }
}

#[test]
fn a_decode_finds_its_language_unless_the_request_names_one() {
    let model = WhisperModel::from_bytes("random", &multilingual(1)).unwrap();
    assert!(model.is_multilingual());
    let sound = vec![0.01; 16_000 * 2];
    let mut auto = Whisper::start(&model, &settings()).unwrap();
    let hypothesis = auto.decode_with_defaults(&sound).unwrap();
    assert!(is_tag(hypothesis.language.as_str()), "{:?}", hypothesis.language);
    // A segment with a settled language keeps it, and the next one finds its own.
    let nepali = Language::new("ne");
    let request = DecodeRequest { language: Some(nepali.clone()), ..DecodeRequest::default() };
    assert_eq!(auto.decode(&sound, &request).unwrap().language, nepali);
    assert_eq!(auto.decode_with_defaults(&sound).unwrap().language, hypothesis.language);
    let dutch = WhisperSettings { language: Some(Language::new("nl")), ..settings() };
    let hypothesis = Whisper::start(&model, &dutch).unwrap().decode_with_defaults(&sound).unwrap();
    assert_eq!(hypothesis.language, Language::new("nl"));
}

#[test]
fn a_multilingual_model_translates() {
    let model = WhisperModel::from_bytes("random", &multilingual(2)).unwrap();
    let sound = vec![0.01; 16_000 * 2];
    let words = |translate| {
        let settings =
            WhisperSettings { translate, language: Some(Language::new("nl")), ..settings() };
        Whisper::start(&model, &settings).unwrap().decode_with_defaults(&sound).unwrap().words
    };
    let settings = WhisperSettings { translate: true, ..settings() };
    let hypothesis =
        Whisper::start(&model, &settings).unwrap().decode_with_defaults(&sound).unwrap();
    assert_eq!(hypothesis.text_language, Some(Language::new("en")));
    // The task is one token of the decoder's prompt. With the same weights, another task gives other words.
    assert_ne!(words(false), words(true));
}

#[tokio::test]
async fn captions_name_their_language() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("random.bin"), multilingual(3)).unwrap();
    let set = "model = \"./random.bin\"\nlanguage = \"auto\"\nguards = []\nmax-tokens = 5\n";
    let file = pipeline(&shipped("demo.flac"), "\"max\"", LINES).replace("model = \"demo\"\n", set);
    let ended = program::run(folder.path(), &file).await;
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let told = lines(&ended.out);
    let tags: Vec<&str> = told
        .iter()
        .filter_map(|it| match it {
            Line::Final(it) | Line::Intermediate(it) => Some(it.lang.as_str()),
            Line::Translation(_) | Line::Gap(_) => None,
        })
        .collect();
    assert!(!tags.is_empty() && tags.iter().all(|it| is_tag(it)), "{tags:?}");
}

/// Two or three small letters, and not the sign for a language that nobody knows.
fn is_tag(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_lowercase()) && text != "und"
}
