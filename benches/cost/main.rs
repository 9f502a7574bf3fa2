//! The CPU time of one decode, by the length of its audio and the model.
//!
//!     cargo bench --bench cost -- SOUND MODEL...
//!
//! The least of three decodes of the same audio counts, so that a busy neighbour shows little.
#![expect(clippy::print_stdout, reason = "tables are what it is for")]
#[path = "../support/processor.rs"]
mod processor;

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Parser;
use livecap::{
    message::{Language, SampleRate},
    stages::{
        recognise::{DecodeRequest, Effort, Recogniser},
        recording::SoundFile,
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};

use self::processor::processor;

const SECONDS: [usize; 3] = [3, 5, 8];
/// Decodes of each length, each of another piece of the sound.
const PIECES: usize = 8;
const ROUNDS: usize = 3;

#[derive(Parser)]
struct Args {
    /// As cargo says it where it measures
    #[arg(long, hide = true)]
    bench: bool,
    /// The language of the decodes; without it each finds it
    #[arg(long)]
    language: Option<String>,
    /// Say the text of each decode
    #[arg(long)]
    show: bool,
    /// At 16 kHz, and a minute long or longer
    sound: Option<PathBuf>,
    models: Vec<PathBuf>,
}

fn main() {
    let args = Args::parse();
    let Some(sound) = &args.sound else {
        println!("which? cargo bench --bench cost -- SOUND MODEL...");
        return;
    };
    let sound = samples(sound);
    println!("{:24} sound   CPU ms a decode: partial   final  words", "model");
    for path in &args.models {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut whisper = whisper(path, args.language.as_deref());
        for seconds in SECONDS {
            let [partial, whole] = [Effort::Partial, Effort::Final]
                .map(|effort| cost(&mut whisper, &sound, seconds, effort, args.show));
            let ms = |it: Duration| it.as_secs_f64() * 1e3;
            println!(
                "{name:24} {seconds:3} s {:25.1} {:7.1} {:6}",
                ms(partial.0),
                ms(whole.0),
                whole.1
            );
        }
    }
}

/// Processor time of a decode in the mean, and the words of all.
fn cost(
    whisper: &mut Whisper,
    sound: &[f32],
    seconds: usize,
    effort: Effort,
    show: bool,
) -> (Duration, usize) {
    let (mut spent, mut words) = (Duration::ZERO, 0);
    let request = DecodeRequest { effort, ..DecodeRequest::default() };
    for piece in 0..PIECES {
        let from = piece * 7 * 16_000 % (sound.len() - seconds * 16_000);
        let piece = &sound[from..from + seconds * 16_000];
        let mut decode = || {
            let before = processor();
            let hypothesis = whisper.decode(piece, &request).expect("it decodes");
            (processor().saturating_sub(before), hypothesis)
        };
        let (least, hypothesis) = (0..ROUNDS).map(|_| decode()).min_by_key(|it| it.0).unwrap();
        if show {
            let text: String = hypothesis.words.iter().map(|it| it.word.text.as_str()).collect();
            println!("{:.4} {:.2}{text}", hypothesis.no_speech, hypothesis.log_probability);
        }
        spent += least;
        words += hypothesis.words.len();
    }
    (spent / PIECES as u32, words)
}

fn whisper(path: &Path, language: Option<&str>) -> Whisper {
    let model = WhisperModel::from_file("measured", path).expect("it is a model");
    // One, so that the figures of two machines with other numbers of cores can be compared at all.
    let threads = NonZeroUsize::MIN;
    let language = language.map(Language::new).filter(|_| model.is_multilingual());
    let settings = WhisperSettings { threads, language, ..WhisperSettings::default() };
    Whisper::start(&model, &settings).expect("it starts")
}

fn samples(path: &Path) -> Vec<f32> {
    let mut file = SoundFile::open(path).expect("it is a recording");
    assert_eq!(file.rate(), SampleRate::SPEECH, "{}", path.display());
    let mut samples = Vec::new();
    while let Some(chunk) = file.next_chunk().expect("it is whole") {
        samples.extend(chunk);
    }
    samples
}
