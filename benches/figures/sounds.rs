//! The recordings that are measured: joined or synthesised here, each with its reference in a file beside it.
use std::{
    fs,
    path::{Path, PathBuf},
};

use livecap::{
    logic::reference::{Reference, Sentence},
    message::SampleRate,
    stages::recording::SoundFile,
};

use crate::noise::NOISES;

/// A file or folder of the project.
pub(crate) fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

const RATE: SampleRate = SampleRate::SPEECH;
/// Samples between two joined recordings.
const PAUSE: usize = 16_000;
/// The amplitude of room noise, at -60 dB, so that the sound never jumps to digital silence.
const ROOM_NOISE: f32 = 0.001;

/// Recordings joined to one, at 16 kHz, and their reference.
pub(crate) struct Joined {
    samples: Vec<f32>,
    reference: Vec<Sentence>,
    random: fastrand::Rng,
}

impl Joined {
    pub(crate) fn new() -> Joined {
        let mut joined = Joined {
            samples: Vec::new(),
            reference: Vec::new(),
            random: fastrand::Rng::with_seed(7),
        };
        joined.pause();
        joined
    }

    fn pause(&mut self) {
        for _ in 0..PAUSE {
            self.samples.push((self.random.f32() - 0.5) * 2.0 * ROOM_NOISE);
        }
    }

    /// Appends a recording and a second of room noise. `sentences`: its reference, with times from its beginning.
    fn add(&mut self, samples: &[f32], sentences: Vec<Sentence>) {
        let from = self.seconds();
        let shifted = |mut sentence: Sentence| {
            (sentence.start, sentence.end) = (sentence.start + from, sentence.end + from);
            for word in sentence.words.iter_mut().flatten() {
                (word.start, word.end) = (word.start + from, word.end + from);
            }
            sentence
        };
        self.reference.extend(sentences.into_iter().map(shifted));
        self.samples.extend(samples);
        self.pause();
    }

    fn seconds(&self) -> f64 {
        RATE.duration_of(self.samples.len()).as_secs_f64()
    }

    /// Writes `NAME.wav` and `NAME.json` in `folder`, and returns the path of the sound.
    pub(crate) fn write(self, folder: &Path, name: &str) -> PathBuf {
        let text: Vec<&str> = self.reference.iter().map(|it| it.text.as_str()).collect();
        let reference = Reference {
            text: text.join(" "),
            sentences: Some(self.reference.clone()),
            ..Reference::default()
        };
        let path = folder.join(name).with_extension("wav");
        let json = serde_json::to_vec(&reference).expect("a reference is plain data");
        fs::write(path.with_extension("json"), json).expect("the folder can be written to");
        write(&path, 1, &self.samples);
        path
    }
}

/// The recordings of a folder that have a reference with times.
pub(crate) fn clips(folder: &Path) -> Joined {
    let mut joined = Joined::new();
    let mut files: Vec<PathBuf> = entries(folder);
    files.retain(|it| it.extension().is_some_and(|it| it == "flac" || it == "wav"));
    files.sort();
    for file in files {
        let Ok(text) = fs::read(file.with_extension("json")) else { continue };
        let reference: Reference = serde_json::from_slice(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.with_extension("json").display()));
        joined.add(&read(&file), reference.sentences.unwrap_or_default());
    }
    joined
}

/// CMU AN4's development speakers, from the folder with `manifest.csv`: `split,speaker,utterance,seconds,text,file`.
pub(crate) fn an4(folder: &Path) -> Joined {
    let manifest = fs::read_to_string(folder.join("manifest.csv"));
    let manifest = manifest.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut joined = Joined::new();
    for line in manifest.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let ["dev", _, _, _, text, file] = fields[..] else { continue };
        let path = find(folder, file).unwrap_or_else(|| panic!("`{file}` is not in the folder"));
        let samples = read(&path);
        let end = RATE.duration_of(samples.len()).as_secs_f64();
        let sentence = Sentence { text: text.to_owned(), start: 0.0, end, words: None };
        joined.add(&samples, vec![sentence]);
    }
    joined
}

/// All kinds of noise one after another, equally long, `minutes` together.
pub(crate) fn noises(minutes: f64) -> Joined {
    let each = (minutes * 60.0 * f64::from(RATE.hertz()) / NOISES.len() as f64) as usize;
    let mut joined = Joined::new();
    for noise in &NOISES {
        joined.add(&noise.samples(each), Vec::new());
    }
    joined
}

/// Writes a recording again and again, for at least `minutes`. Returns its length in seconds and how often it was written.
pub(crate) fn write_repeated(recording: &Path, minutes: f64, path: &Path) -> (f64, usize) {
    let samples = read(recording);
    let seconds = RATE.duration_of(samples.len()).as_secs_f64();
    let times = (minutes * 60.0 / seconds).ceil().max(1.0) as usize;
    write(path, times, &samples);
    (seconds, times)
}

fn write(path: &Path, times: usize, samples: &[f32]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE.hertz(),
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).expect("the folder can be written to");
    for _ in 0..times {
        for sample in samples {
            let sample = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16;
            file.write_sample(sample).expect("the disk has room");
        }
    }
    file.finalize().expect("the disk has room");
}

pub(crate) fn read(path: &Path) -> Vec<f32> {
    let fail = |error: &dyn std::fmt::Display| -> ! { panic!("{}: {error}", path.display()) };
    let mut file = SoundFile::open(path).unwrap_or_else(|error| fail(&error));
    assert_eq!(file.rate(), RATE, "{}: must have 16 kHz", path.display());
    let mut samples = Vec::new();
    while let Some(chunk) = file.next_chunk().unwrap_or_else(|error| fail(&error)) {
        samples.extend(chunk);
    }
    samples
}

/// A file of this name, in the folder or in one below it.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = entries(folder);
    let here = entries.iter().find(|it| it.file_name().is_some_and(|it| it == name)).cloned();
    here.or_else(|| entries.iter().filter(|it| it.is_dir()).find_map(|it| find(it, name)))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    read.flatten().map(|it| it.path()).collect()
}
