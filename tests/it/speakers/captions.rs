//! From a speaker to captions, with the real program and the bundled model.
use std::fs;

use livecap::{
    stages::recording::{Choice, SoundFile},
    wire::{Line, SoundHead},
};

use super::*;
use crate::{
    run::{final_text, lines},
    support::program::{Program, livecap},
};

/// The shipped recording as whole numbers at its own rate.
fn demo() -> (u32, Vec<i16>) {
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
