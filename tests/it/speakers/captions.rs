//! From a speaker to captions, with the real program and the bundled model.
use std::fs;

use livecap::{
    logic::wer::WordErrors,
    stages::recording::{Choice, SoundFile},
    wire::{Line, SoundHead},
};

use super::*;
use crate::{
    run::{final_text, lines},
    support::program::{Program, ended, livecap},
};

/// The shipped recording as whole numbers at its own rate.
pub(super) fn demo() -> (u32, Vec<i16>) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo.flac");
    let mut file = SoundFile::open_at(&path, &path, Choice::default()).unwrap();
    let mut samples = Vec::new();
    while let Some(chunk) = file.next_chunk().unwrap() {
        samples.extend(chunk.iter().map(|it| (it * 32_767.0) as i16));
    }
    (file.rate().hertz(), samples)
}

/// Sends sound at its own pace, as a page does.
async fn speak(mut speaker: Speaker, rate: u32, samples: &[i16], from: usize) -> (Speaker, usize) {
    let block = rate as usize / 50;
    let start = tokio::time::Instant::now();
    for (n, piece) in samples.chunks(block).enumerate().skip(from) {
        let captured = start + Duration::from_millis(20 * (n - from + 1) as u64);
        tokio::time::sleep_until(captured).await;
        let head = SoundHead {
            clipped: false,
            sequence: n as u32,
            first_sample: (n * block) as u64,
            captured_ms: 20.0 * (n + 1) as f64,
        };
        let bytes: Vec<u8> = piece.iter().flat_map(|it| it.to_le_bytes()).collect();
        speaker.bytes(head.write(&bytes)).await;
    }
    let sent = samples.len().div_ceil(block);
    (speaker, sent)
}

#[tokio::test]
async fn two_speakers_at_once_are_two_tracks_with_what_each_has_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = "[browser.panel]\nspeakers = 2\n[whisper.words]\nfrom = \"panel\"\nmodel = \"demo\"\n\
                [broadcast.web]\nfrom = \"words\"\nlisten = \"127.0.0.1:0\"\n\
                [lines.out]\nfrom = \"words\"\npath = \"out.jsonl\"\n";
    fs::write(folder.path().join("pipeline.toml"), file).unwrap();
    let mut program = Program::start(livecap(folder.path(), &["run", "pipeline.toml"]));
    let address = program.address().await;
    let host = address.trim_start_matches("http://").to_owned();
    let (rate, samples) = demo();
    let mut speakers = Vec::new();
    for (slot, name) in [(1, "Ada"), (2, "Grace")] {
        let stream = TcpStream::connect(&host).await.unwrap();
        let (socket, _) = client_async(format!("ws://{host}/ingest/v1"), stream).await.unwrap();
        let mut speaker = Speaker { socket };
        let format = json!({ "codec": "pcm_s16le", "rate": rate });
        speaker.hello(json!({ "name": name, "format": format })).await;
        let welcome = speaker.expect("welcome").await;
        assert_eq!(welcome["track"], format!("words.{slot}"));
        speakers.push(speaker);
    }
    let [ada, grace] = speakers.try_into().ok().unwrap();
    let sent = tokio::join!(speak(ada, rate, &samples, 0), speak(grace, rate, &samples, 0));
    for mut speaker in [sent.0.0, sent.1.0] {
        speaker.say(json!({ "type": "bye" })).await;
        assert!(speaker.next().await.is_none());
    }
    program.signal("INT").await;
    let (status, err) = program.exit().await;
    assert!(status.success(), "{err}");
    let all = lines(&fs::read_to_string(folder.path().join("out.jsonl")).unwrap());
    let of = |track: &str| -> Vec<Line> {
        let is = |line: &&Line| match line {
            Line::Final(it) => it.track == track,
            _ => false,
        };
        all.iter().filter(is).cloned().collect()
    };
    let said = final_text(&of("words.1"));
    assert!(said.starts_with("Good morning everyone."), "{said}");
    assert_eq!(final_text(&of("words.2")).split(' ').next(), Some("Good"));
    assert!(!all.iter().any(|it| matches!(it, Line::Gap(_))), "nothing is missing");
}

#[tokio::test]
async fn a_file_that_is_spoken_has_the_words_that_it_has_as_a_recording() {
    let whisper =
        "[whisper.words]\nfrom = \"sound\"\nmodel = \"demo\"\n[lines.out]\nfrom = \"words\"\n";
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/demo.flac");
    let recording = async {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("[recording.sound]\npath = \"{demo}\"\n{whisper}");
        let run = crate::support::program::run(folder.path(), &file).await;
        assert_eq!(run.code, Some(0), "{}", run.err);
        lines(&run.out)
    };
    let spoken = async |speed: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = format!(
            "[browser.sound]\n{whisper}path = \"out.jsonl\"\n[broadcast.web]\nfrom = \"words\"\nlisten = \"127.0.0.1:0\"\n"
        );
        fs::write(folder.path().join("pipeline.toml"), file).unwrap();
        let mut program = Program::start(livecap(folder.path(), &["run", "pipeline.toml"]));
        let url = program.address().await;
        let args = ["speak", &url, demo, "--speed", speed];
        let speaking = ended(livecap(folder.path(), &args)).await;
        assert_eq!(speaking.code, Some(0), "{}", speaking.err);
        program.signal("INT").await;
        let (status, err) = program.exit().await;
        assert!(status.success(), "{err}");
        lines(&fs::read_to_string(folder.path().join("out.jsonl")).unwrap())
    };
    // One after another: each run decodes at the moments that its time allows, and three at once would take that from each other.
    let (recording, own, max) = (recording.await, spoken("1").await, spoken("max").await);
    let said = final_text(&recording);
    assert!(said.starts_with("Good morning everyone."), "{said}");
    for spoken in [own, max] {
        let errors = WordErrors::between(&said, &final_text(&spoken), "en");
        assert!(errors.rate().unwrap() <= 0.02, "{errors:?}: {}", final_text(&spoken));
        assert!(!spoken.iter().any(|it| matches!(it, Line::Gap(_))), "nothing is missing");
    }
}
