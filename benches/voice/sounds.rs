//! The sounds that detectors are measured on: recordings, the same with noise added, noise alone.
use std::{collections::BTreeMap, fs, path::PathBuf};

use livecap::{
    logic::reference::{Reference, Sentence},
    message::SampleRate,
    stages::recording::SoundFile,
};

use crate::noise::{NOISES, level};

pub(crate) const SECOND: usize = 16_000;
/// The row of all recordings with word times.
const RECORDED: &str = "as recorded";
/// Noises that are added to speech, and the signal-to-noise ratios in dB.
const BACKGROUNDS: [&str; 4] = ["pink noise", "fan", "music", "applause"];
const RATIOS: [f32; 2] = [10.0, 0.0];

pub(crate) struct Sound {
    /// Sounds of one name are one row.
    pub(crate) name: String,
    pub(crate) samples: Vec<f32>,
    /// `None`: there is speech, and nothing states when.
    pub(crate) reference: Option<Vec<Sentence>>,
}

/// Sounds of one name follow each other. `longest`: the most samples of a recording, `length`: the samples of a noise.
pub(crate) fn sounds(longest: usize, length: usize) -> Vec<Sound> {
    let named = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let mut sounds = recordings(named, longest);
    sounds.sort_by_key(|it| (it.reference.is_none(), it.name != RECORDED));
    let alone = NOISES.iter().map(|it| Sound {
        name: format!("{}, {} dBFS", it.name, it.level),
        samples: it.samples(length),
        reference: Some(vec![]),
    });
    let mut in_noise = Vec::new();
    for (kind, ratio) in BACKGROUNDS.iter().flat_map(|kind| RATIOS.map(|ratio| (kind, ratio))) {
        let noise = NOISES.iter().rfind(|it| it.name == *kind).expect("it is one of them");
        let noise = noise.samples(length);
        let speech = sounds.iter().filter(|it| it.name == RECORDED);
        in_noise.extend(speech.map(|it| mixed(it, kind, &noise, ratio)));
    }
    sounds.into_iter().chain(in_noise).chain(alone).collect()
}

/// The named recordings. Of files with the same name one is taken: there are copies of the shipped ones.
fn recordings(named: Vec<String>, longest: usize) -> Vec<Sound> {
    let shipped = || vec![concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines").to_owned()];
    let inside = |path: String| match fs::read_dir(&path) {
        Ok(folder) => folder.map(|it| it.unwrap().path()).collect(),
        Err(_) => vec![PathBuf::from(path)],
    };
    let named = if named.is_empty() { shipped() } else { named };
    let sound = |it: &PathBuf| it.extension().is_some_and(|it| it == "flac" || it == "wav");
    let files = named.into_iter().flat_map(inside).filter(sound);
    let files: BTreeMap<_, _> = files.map(|it| (it.file_name().unwrap().to_owned(), it)).collect();
    let read = |path: &PathBuf| {
        let (mut file, mut samples) = (SoundFile::open(path).unwrap(), Vec::new());
        assert_eq!(file.rate(), SampleRate::SPEECH, "{}", path.display());
        while let Some(chunk) = file.next_chunk().unwrap() {
            samples.extend(chunk);
        }
        samples.truncate(longest);
        let reference = fs::read(path.with_extension("json")).ok().map(|text| {
            let reference: Reference = serde_json::from_slice(&text).unwrap();
            let mut sentences = reference.sentences.unwrap_or_default();
            sentences.retain(|it| it.end < samples.len() as f64 / SECOND as f64);
            sentences
        });
        let name = match &reference {
            None => "recordings without word times".to_owned(),
            Some(sentences) if sentences.is_empty() => {
                path.file_stem().unwrap().display().to_string()
            }
            Some(_) => RECORDED.to_owned(),
        };
        Sound { name, samples, reference }
    };
    // As a test one recording is enough.
    let count = if longest == usize::MAX { files.len() } else { 1 };
    files.values().take(count).map(read).collect()
}

/// The speech with noise added.
fn mixed(speech: &Sound, kind: &str, noise: &[f32], ratio: f32) -> Sound {
    let place = |at: f64| (at * SECOND as f64) as usize;
    let sentences = speech.reference.iter().flatten();
    let spoken = sentences.flat_map(|it| &speech.samples[place(it.start)..place(it.end)]);
    let gain = level(spoken) / level(noise) / 10f32.powf(ratio / 20.0);
    let pairs = speech.samples.iter().zip(noise.iter().cycle());
    let samples = pairs.map(|(speech, noise)| (speech + noise * gain).clamp(-1.0, 1.0)).collect();
    Sound {
        name: format!("{kind}, {ratio} dB below"),
        samples,
        reference: speech.reference.clone(),
    }
}
