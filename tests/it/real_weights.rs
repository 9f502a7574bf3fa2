//! OpenAI's weights on a recording of a person, and on sounds without speech. Skipped where weights or recording are missing.
use std::{
    env, fs,
    path::{Path, PathBuf},
};

use livecap::logic::wer::WordErrors;
use serde_json::Value;

use crate::support::program::{Ended, ended, livecap};

const SAID: &str = "And so my fellow Americans, ask not what your country can do for you, \
    ask what you can do for your country.";
const MODELS: [&str; 2] = ["ggml-tiny.en-q5_1.bin", "ggml-base-q5_1.bin"];

/// What is shared by those who work on this, and not shipped.
fn shared(path: &str) -> PathBuf {
    let folder = env::var_os("LIVECAP_SHARED").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    folder.unwrap_or_else(beside).join(path)
}

/// Where `make setup TESTS=1` puts models.
fn stored(file: &str) -> Option<PathBuf> {
    let home = PathBuf::from(env::var_os("HOME")?);
    let folder = match cfg!(target_os = "macos") {
        true => home.join("Library/Application Support"),
        false => home.join(".local/share"),
    };
    Some(folder.join("livecap/models").join(file))
}

pub(crate) fn weights(file: &str) -> Option<PathBuf> {
    let places = [Some(shared("models").join(file)), stored(file)];
    let found = places.into_iter().flatten().find(|it| it.is_file());
    if found.is_none() {
        println!("skipped: there is no {file} in ../shared or among the models of this machine");
    }
    found
}

pub(crate) fn recording() -> Option<PathBuf> {
    let path = shared("audio/jfk.wav");
    if !path.is_file() {
        println!("skipped: there is no {}, which ../shared has", path.display());
    }
    path.is_file().then_some(path)
}

fn check_words(heard: &str) {
    let errors = WordErrors::between(SAID, heard, "en");
    assert_eq!(errors.errors(), 0, "{heard}");
}

#[tokio::test]
async fn a_recording_is_transcribed_without_errors() {
    let folder = tempfile::tempdir().unwrap();
    for file in MODELS {
        let (Some(model), Some(recording)) = (weights(file), recording()) else { continue };
        let (model, recording) = (model.to_str().unwrap(), recording.to_str().unwrap());
        let ran = ended(livecap(folder.path(), &["transcribe", recording, "--model", model])).await;
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        check_words(&ran.out);
    }
}

/// Runs a pipeline that writes lines, to its end.
async fn lines(folder: &Path, sound: &Path, model: &Path, speed: &str) -> Ended {
    let text = format!(
        "[recording.talk]\npath = {sound:?}\nspeed = {speed}\n\n[resample.speech]\nfrom = \"talk\"\n\n\
         [whisper.english]\nfrom = \"speech\"\nmodel = {model:?}\nlanguage = \"en\"\nmax-lag = \"1m\"\n\n\
         [lines.out]\nfrom = \"english\"\n"
    );
    fs::write(folder.join("pipeline.toml"), text).unwrap();
    ended(livecap(folder, &["run", "pipeline.toml", "--exit"])).await
}

#[tokio::test]
async fn a_recording_is_captioned_live_without_errors() {
    let folder = tempfile::tempdir().unwrap();
    for file in MODELS {
        let (Some(model), Some(recording)) = (weights(file), recording()) else { continue };
        let ran = lines(folder.path(), &recording, &model, "1.0").await;
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let events = ran.out.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
        let events: Vec<Value> = events.collect();
        let finals = events.iter().filter(|it| it["type"] == "final");
        check_words(
            &finals.map(|it| format!("{} ", it["text"].as_str().unwrap())).collect::<String>(),
        );
        // Committed text is the beginning of all later text of its segment.
        for pair in events.windows(2).filter(|it| it[0]["segment"] == it[1]["segment"]) {
            let committed = pair[0]["committed"].as_str().unwrap_or_default();
            assert!(pair[1]["text"].as_str().unwrap().starts_with(committed), "{pair:?}");
        }
    }
}

/// Ten seconds each of digital silence, faint hiss, loud hiss, mains hum, a chord that swells, and single claps.
fn nobody_speaks() -> Vec<i16> {
    const SECTION: usize = 10 * 16_000;
    let (mut random, mut samples) = (fastrand::Rng::with_seed(7), Vec::new());
    let seconds = |at: usize| at as f32 / 16_000.0;
    let tone = |hertz: f32, at: usize| (seconds(at) * hertz * std::f32::consts::TAU).sin();
    for at in 0..6 * SECTION {
        let (hiss, within) = (random.f32() - 0.5, at % SECTION);
        let level = match at / SECTION {
            0 => 0.0,
            1 => hiss * 0.01,
            2 => hiss * 0.4,
            3 => tone(50.0, within) * 0.3 + tone(150.0, within) * 0.1,
            4 => {
                let swell = 0.1 * (1.0 + tone(0.3, within));
                [220.0, 277.2, 329.6, 440.0].map(|it| tone(it, within) * swell).iter().sum()
            }
            // A clap every 0.4 s, gone after a tenth of that.
            _ => hiss * (-(seconds(within) % 0.4) / 0.012).exp(),
        };
        samples.push((level * f32::from(i16::MAX)) as i16);
    }
    samples
}

#[tokio::test]
async fn sounds_without_speech_give_no_captions() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("nobody.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(&sound, spec).unwrap();
    nobody_speaks().into_iter().for_each(|it| file.write_sample(it).unwrap());
    file.finalize().unwrap();
    for name in MODELS {
        let Some(model) = weights(name) else { continue };
        let ran = lines(folder.path(), &sound, &model, "\"max\"").await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    }
}
