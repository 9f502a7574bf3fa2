//! `livecap transcribe`, typed as somebody would, on the bundled recording with the bundled model.
use std::{
    path::Path,
    process::{Command, Output},
};

use livecap::{
    logic::{reference::Reference, subtitle::LINE, wer::WordErrors},
    stages::recording::SoundFile,
};

fn livecap(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_livecap"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("transcribe").args(arguments);
    command.output().expect("the program starts")
}

fn written(format: &str) -> String {
    let output = livecap(&["pipelines/demo.flac", "--model", "demo", "--format", format]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn reference() -> Reference {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn check_words(text: &str) {
    let errors = WordErrors::between(&reference().text, text, "en");
    assert!(errors.rate().unwrap() <= 0.05, "{errors:?} in {text}");
}

#[test]
fn text_has_a_line_for_each_segment() {
    let text = written("txt");
    check_words(&text);
    assert!(text.lines().count() >= 5, "{text}");
}

#[test]
fn subtitles_are_well_formed_and_at_their_time() {
    let text = written("srt");
    let mut spoken = String::new();
    let mut last = String::new();
    for (at, cue) in text.trim_end().split("\n\n").enumerate() {
        let lines: Vec<&str> = cue.lines().collect();
        assert_eq!(lines[0], (at + 1).to_string());
        let (start, end) = lines[1].split_once(" --> ").unwrap();
        // Of equal length, so that they compare as the times do.
        assert!(last.as_str() <= start && start < end, "{cue}");
        last = end.to_owned();
        assert!((3..=4).contains(&lines.len()), "{cue}");
        assert!(lines[2..].iter().all(|line| line.chars().count() <= LINE), "{cue}");
        spoken += &format!("{} ", lines[2..].join(" "));
    }
    check_words(&spoken);
    assert!(written("vtt").starts_with("WEBVTT\n\n00:00:00."));
}

#[test]
fn json_has_the_shape_of_a_reference() {
    let json: Reference = serde_json::from_str(&written("json")).unwrap();
    check_words(&json.text);
    let sentences = json.sentences.unwrap();
    let words = sentences.iter().flat_map(|it| it.words.clone().unwrap());
    assert!(words.clone().count() >= 50);
    assert!(words.clone().all(|it| it.start <= it.end && it.end <= 24.0));
}

/// The bundled recording on the first of two channels; on the other one the same, upside down.
fn inverted(path: &Path) {
    let mut demo = SoundFile::open(Path::new("pipelines/demo.flac")).unwrap();
    let sample_rate = demo.rate().hertz();
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).unwrap();
    while let Some(chunk) = demo.next_chunk().unwrap() {
        for sample in chunk {
            let sample = (sample * 32_767.0) as i16;
            file.write_sample(sample).unwrap();
            file.write_sample(-sample).unwrap();
        }
    }
    file.finalize().unwrap();
}

#[test]
fn inverted_channels_are_told_once_and_one_of_them_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stereo.wav");
    inverted(&path);
    let path = path.to_str().unwrap();
    let mixed = livecap(&[path, "--model", "demo"]);
    let told = String::from_utf8_lossy(&mixed.stderr);
    assert_eq!(told.matches("its channels are inverted").count(), 1, "{told}");
    assert!(told.contains("--channel 1"), "{told}");
    let one = livecap(&[path, "--model", "demo", "--channel", "2"]);
    assert!(one.status.success() && !String::from_utf8_lossy(&one.stderr).contains("inverted"));
    check_words(&String::from_utf8_lossy(&one.stdout));
    // A quarter of a second is enough.
    let short = folder.path().join("short.wav");
    let spec = hound::WavReader::open(path).unwrap().spec();
    let mut file = hound::WavWriter::create(&short, spec).unwrap();
    for sample in (0..spec.sample_rate / 4).map(|it| ((it % 40) * 500) as i16) {
        file.write_sample(sample).unwrap();
        file.write_sample(-sample).unwrap();
    }
    file.finalize().unwrap();
    let told = livecap(&[short.to_str().unwrap(), "--model", "demo"]).stderr;
    assert!(String::from_utf8_lossy(&told).contains("its channels are inverted"));
    for (arguments, reason) in [
        (["--channel", "3"], "has 2 channels, and no channel 3"),
        (["--track", "2"], "has 1 track of sound, and no track 2"),
        (["--channel", "left"], "a channel is a number from 1 on, or `mix`"),
    ] {
        let refused = livecap(&[&[path, "--model", "demo"][..], &arguments].concat());
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && told.contains(reason), "{told}");
    }
}

#[test]
fn standard_input_is_read_and_named_where_it_is_no_sound() {
    let piped = |file: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_livecap"));
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        command.args(["transcribe", "-", "--model", "demo"]);
        command.stdin(std::fs::File::open(file).unwrap()).output().unwrap()
    };
    let output = piped("pipelines/demo.flac");
    assert!(output.status.success(), "{output:?}");
    check_words(&String::from_utf8_lossy(&output.stdout));
    let output = piped("Cargo.toml");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && told.contains("`standard input` is not a sound file"),
        "{told}"
    );
}

#[test]
fn what_cannot_be_transcribed_is_refused_with_the_reason() {
    let refused = |arguments: &[&str], reason: &str| {
        let output = livecap(arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{told}");
        assert!(told.contains(reason), "{told}");
    };
    refused(&["nope.flac", "--model", "demo"], "nope.flac");
    refused(&["Cargo.toml", "--model", "demo"], "not a sound file");
    refused(&["pipelines/demo.flac", "--model", "dem"], "dem");
    refused(&["pipelines/demo.flac", "--model", "./Cargo.toml"], "Cargo.toml");
    refused(&["pipelines/demo.flac", "--model", "demo", "--language", "nl"], "English only");
}

#[test]
fn where_nobody_speaks_it_says_so_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hum.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for at in 0..32_000 {
        let hum = (at as f32 * 50.0 * std::f32::consts::TAU / 16_000.0).sin() * 327.67;
        writer.write_sample(hum as i16).unwrap();
    }
    writer.finalize().unwrap();
    let ran = livecap(&[path.to_str().unwrap(), "--model", "demo"]);
    let err = String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success() && ran.stdout.is_empty(), "{err}");
    assert!(err.contains("no speech was found; its loudest sample has -40 dB"), "{err}");
}
