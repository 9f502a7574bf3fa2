//! End to end: a recording played into a virtual microphone becomes captions of `livecap run`.
use std::{path::Path, process::Stdio, time::Duration};

use livecap::logic::wer::WordErrors;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::virtual_microphone::{NAME, Shape, VirtualMicrophone, say};

/// For one line. A machine with nine other things to do needs some seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

const PIPELINE: &str = r#"
[pipeline]
name = "virtual"

[microphone.mic]
device = "feed"

[resample.speech]
from = "mic"

[whisper.english]
from = "speech"
model = "demo"

[lines.out]
from = "english"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_virtual_microphone_is_captioned() {
    let Some(microphone) = VirtualMicrophone::plugged_in(Shape::default()).await else { return };
    let file = microphone.folder().join("virtual.toml");
    std::fs::write(&file, PIPELINE).unwrap();
    let mut livecap = microphone.command(env!("CARGO_BIN_EXE_livecap"));
    let mut livecap = livecap.arg("run").arg(&file).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(livecap.stdout.take().unwrap()).lines();
    microphone.until_captured().await;

    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
    let recording = shipped.join("demo.flac");
    let talk = async {
        microphone.play(&recording).await;
        microphone.unplug().await;
        microphone.plug_in_again().await;
    };
    let hole = |line: &Value| line["type"] == "gap" && line["why"] == "device";
    // Lines come while somebody speaks, and a last one when the microphone is back.
    let ((), captions) = tokio::join!(talk, until(&mut lines, hole));
    let kinds: Vec<&str> = captions.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(kinds[0], "intermediate", "the first words before their sentence ends: {kinds:?}");

    terminate(&livecap).await;
    let status = timeout(PATIENCE, livecap.wait()).await.expect("it ends in time").unwrap();
    assert_eq!(status.code(), Some(0), "told to stop, it ends well");

    let finals = captions.iter().filter(|line| line["type"] == "final");
    let finals: Vec<&str> = finals.map(text).collect();
    let reference = std::fs::read_to_string(shipped.join("demo.json")).unwrap();
    let reference: Value = serde_json::from_str(&reference).unwrap();
    let errors = WordErrors::between(text(&reference), &finals.join(" "), "en");
    say(&format!("virtual microphone: {} of {} words wrong", errors.errors(), errors.words));
    // The model is right but for a few of them; what a busy machine could not recognise in time is missing.
    assert!(errors.rate().unwrap() < 0.2, "{finals:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captions_of_a_virtual_microphone_are_written_to_a_pipe_line_by_line() {
    let Some(microphone) = VirtualMicrophone::plugged_in(Shape::default()).await else { return };
    let mut livecap = microphone.command(env!("CARGO_BIN_EXE_livecap"));
    let livecap = livecap.args(["stream", "--device", "feed", "--model", "demo"]);
    let mut livecap = livecap.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(livecap.stdout.take().unwrap()).lines();
    microphone.until_captured().await;
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo.flac");
    let is_final = |line: &Value| line["type"] == "final";
    let captions = async {
        let first = timeout(PATIENCE, lines.next_line()).await.expect("a line comes").unwrap();
        let rest = until(&mut lines, is_final).await;
        (first.unwrap(), rest)
    };
    // The first final is enough, and comes while the recording goes on.
    let (first, rest) = tokio::select! {
        captions = captions => captions,
        () = microphone.play(&recording) => panic!("no final came while somebody spoke"),
    };
    assert!(first.starts_with(r#"{"type":"intermediate","text":""#), "{first}");
    assert_eq!(text(rest.last().unwrap()), "Good morning everyone.");
    terminate(&livecap).await;
    let status = timeout(PATIENCE, livecap.wait()).await.expect("it ends in time").unwrap();
    assert_eq!(status.code(), Some(0), "told to stop, it ends well");
}

/// Without a file, and without anybody to ask: the default microphone and the only model.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_virtual_microphone_is_captioned_without_a_file() {
    let Some(microphone) = VirtualMicrophone::plugged_in(Shape::default()).await else { return };
    let models = microphone.folder().join("models");
    std::fs::create_dir(&models).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(root.join("models/demo.bin"), models.join("ggml-mine.bin")).unwrap();
    let file = microphone.folder().join("talk.toml");
    let mut livecap = microphone.command(env!("CARGO_BIN_EXE_livecap"));
    livecap.args(["live", "--port", "0", "--write"]).arg(&file).env("LIVECAP_MODELS", &models);
    let livecap = livecap.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut livecap = livecap.spawn().unwrap();
    let mut lines = BufReader::new(livecap.stdout.take().unwrap()).lines();
    let mut told = BufReader::new(livecap.stderr.take().unwrap()).lines();
    for expected in [&format!("microphone: {NAME}"), "model: mine"] {
        let line = timeout(PATIENCE, told.next_line()).await.expect("a line").unwrap();
        assert_eq!(line.as_deref(), Some(expected));
    }
    microphone.until_captured().await;
    let recording = root.join("pipelines/demo.flac");
    let first = async { timeout(PATIENCE, lines.next_line()).await.expect("a line").unwrap() };
    let first = tokio::select! {
        first = first => first,
        () = microphone.play(&recording) => panic!("no final came"),
    };
    assert_eq!(first.as_deref(), Some("Good morning everyone."));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("[microphone.mic]\ndevice = \"default\""), "{text}");
    terminate(&livecap).await;
    let status = timeout(PATIENCE, livecap.wait()).await.expect("it ends in time").unwrap();
    assert_eq!(status.code(), Some(0), "told to stop, it ends well");
}

#[tokio::test]
async fn a_missing_microphone_is_refused_before_the_pipeline_starts() {
    let Some(microphone) = VirtualMicrophone::plugged_in(Shape::default()).await else { return };
    let file = microphone.folder().join("absent.toml");
    std::fs::write(&file, PIPELINE.replace("\"feed\"", "\"no such thing\"")).unwrap();
    for command in ["check", "run"] {
        let mut livecap = microphone.command(env!("CARGO_BIN_EXE_livecap"));
        let output = timeout(PATIENCE, livecap.arg(command).arg(&file).output()).await;
        let output = output.expect("it ends in time").unwrap();
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {told}");
        for words in ["no-device", "`no such thing`", NAME, "livecap devices"] {
            assert!(told.contains(words), "{command} says {words}: {told}");
        }
    }
}

/// All lines up to the first final or gap that is wanted.
pub(super) async fn until(
    lines: &mut Lines<BufReader<ChildStdout>>,
    wanted: impl Fn(&Value) -> bool,
) -> Vec<Value> {
    let mut seen = Vec::new();
    loop {
        let line = timeout(PATIENCE, lines.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("no line comes after {seen:#?}"));
        let line = line.unwrap().unwrap_or_else(|| panic!("it ended after {seen:#?}"));
        let line: Value = serde_json::from_str(&line).unwrap();
        let found = line["type"] != "intermediate" && wanted(&line);
        seen.push(line);
        if found {
            return seen;
        }
    }
}

pub(super) fn text(line: &Value) -> &str {
    line["text"].as_str().unwrap_or_default()
}

pub(super) async fn terminate(child: &Child) {
    let id = child.id().expect("it runs").to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
    assert!(told.success());
}
