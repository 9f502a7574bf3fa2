//! Recordings with their references.
use std::path::Path;

use crate::noise::{NOISES, Noise};
use livecap::{logic::reference::Reference, message::SampleRate, stages::recording::SoundFile};

pub(crate) struct Piece {
    pub(crate) name: String,
    /// As in its reference: a language tag, or `mixed`.
    language: String,
    /// The licence of the recording and its reference; empty where the reference has none.
    pub(crate) licence: String,
    pub(crate) reference: Reference,
    /// The language of each sentence, where it is known.
    pub(crate) languages: Vec<Option<String>>,
    /// 16 kHz.
    pub(crate) sound: Vec<f32>,
}

impl Piece {
    /// `None`: the recogniser finds it.
    pub(crate) fn language(&self) -> Option<&str> {
        (self.language != "mixed").then_some(self.language.as_str())
    }
}

/// `seconds` of each of the synthetic noises. Nobody speaks in them.
pub(crate) fn noises(seconds: usize, only: Option<&str>) -> Vec<Piece> {
    let length = seconds * SampleRate::SPEECH.hertz() as usize;
    let piece = |noise: &Noise| Piece {
        name: format!("{}{}", noise.name.replace(' ', "-"), noise.level),
        language: "en".to_owned(),
        licence: "made by rule (benches/support/noise.rs)".to_owned(),
        reference: Reference::default(),
        languages: Vec::new(),
        sound: noise.samples(length),
    };
    let wanted =
        |it: &Piece| only.is_none_or(|only| only.split(',').any(|only| it.name.contains(only)));
    NOISES.iter().filter(|_| seconds > 0).map(piece).filter(wanted).collect()
}

/// The recordings in `folder` whose names contain one of the comma-separated words `only`, sorted by name.
pub(crate) fn pieces(folder: &Path, only: Option<&str>) -> Vec<Piece> {
    let files =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|it| it.expect("a file").path()).collect();
    paths.sort();
    let wanted = |name: &str| only.is_none_or(|it| it.split(',').any(|it| name.contains(it)));
    let sounds =
        paths.into_iter().filter(|it| it.extension().is_some_and(|it| it == "flac" || it == "wav"));
    let pieces = sounds.filter_map(|path| {
        let name = path.file_stem()?.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path.with_extension("json")).ok()?;
        wanted(&name).then(|| piece(name, &path, &text))
    });
    pieces.collect()
}

fn piece(name: String, path: &Path, text: &str) -> Piece {
    let value: serde_json::Value = serde_json::from_str(text).expect("a reference is JSON");
    let language = value["language"].as_str().unwrap_or("en").to_owned();
    let licence = value["licence"].as_str().unwrap_or_default().to_owned();
    let mut reference: Reference = match serde_json::from_str(text) {
        Ok(reference) => reference,
        Err(_) => Reference {
            text: value["text"].as_str().unwrap_or_default().to_owned(),
            ..Reference::default()
        },
    };
    if reference.sentences.as_ref().is_some_and(Vec::is_empty) {
        reference.sentences = None;
    }
    let sentences = value["sentences"].as_array().into_iter().flatten();
    let languages = sentences.map(|it| it["language"].as_str().map(str::to_owned)).collect();
    let mut file =
        SoundFile::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(file.rate(), SampleRate::SPEECH, "{}: it has to be at 16 kHz", path.display());
    let channels = file.channels().get();
    let mut sound = Vec::new();
    while let Some(chunk) = file.next_chunk().expect("it is whole") {
        sound.extend(chunk.chunks(channels).map(|it| it.iter().sum::<f32>() / channels as f32));
    }
    Piece { name, language, licence, reference, languages, sound }
}
