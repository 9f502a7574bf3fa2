//! Clients of other programs, unchanged: WhisperLive's and OpenAI's, with the real program and the bundled model.
use std::{
    fs,
    path::{Path, PathBuf},
};

use livecap::logic::wer::WordErrors;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};

use super::{captions::demo, *};
use crate::support::program::{PATIENCE, Program, ended, livecap};

fn inside(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The shipped recording at `rate`, by lines between its samples.
fn wav(folder: &Path, rate: u32) -> PathBuf {
    let (own, samples) = demo();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let path = folder.join("sound.wav");
    let mut file = hound::WavWriter::create(&path, spec).unwrap();
    let count = samples.len() as u64 * u64::from(rate) / u64::from(own);
    for n in 0..count {
        let at = n as f64 * f64::from(own) / f64::from(rate);
        let (before, part) = (at as usize, at.fract());
        let after = samples.get(before + 1).unwrap_or(&samples[before]);
        let sample = f64::from(samples[before]) * (1.0 - part) + f64::from(*after) * part;
        file.write_sample(sample as i16).unwrap();
    }
    file.finalize().unwrap();
    path
}

/// A pipeline that takes the clients of other programs.
async fn pipeline(folder: &TempDir, more: &str) -> (Program, String) {
    let file = format!(
        "[browser.sound]\ncompatible-with = [\"whisper-live\", \"openai\"]\n{more}\
         [whisper.words]\nfrom = \"sound\"\nmodel = \"demo\"\n\
         [broadcast.web]\nfrom = \"words\"\nlisten = \"127.0.0.1:0\"\n\
         [lines.out]\nfrom = \"words\"\npath = \"out.jsonl\"\n"
    );
    fs::write(folder.path().join("pipeline.toml"), file).unwrap();
    let mut command = livecap(folder.path(), &["run", "pipeline.toml"]);
    let mut program = Program::start(command.env("SPEAKER", "right"));
    let url = program.address().await;
    (program, url)
}

/// What a client printed; `None`, with a message, where it is not installed.
async fn printed(script: &str, args: &[&str]) -> Option<Vec<Value>> {
    let python = inside("target/clients/bin/python");
    if !python.exists() {
        println!("skipped: the clients in Python are not installed, `.ci/setup tests` does that");
        return None;
    }
    let mut command = Command::new(python);
    command.arg(inside("tests/clients").join(script)).args(args).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.expect("it ends").unwrap();
    let (out, err) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {err}\n{out}");
    Some(out.lines().map(|it| serde_json::from_str(it).unwrap()).collect())
}

#[track_caller]
fn assert_nearly_the_demo(heard: &str) {
    let demo = fs::read_to_string(inside("pipelines/demo.json")).unwrap();
    let demo: Value = serde_json::from_str(&demo).unwrap();
    let errors = WordErrors::between(demo["text"].as_str().unwrap(), heard, "en");
    assert!(errors.rate().unwrap() <= 0.1, "{errors:?}: {heard}");
}

async fn ends_without_a_gap(program: Program, folder: &TempDir) {
    program.signal("INT").await;
    let (status, err) = program.exit().await;
    assert!(status.success(), "{err}");
    let lines = crate::run::lines(&fs::read_to_string(folder.path().join("out.jsonl")).unwrap());
    assert!(!lines.iter().any(|it| matches!(it, livecap::wire::Line::Gap(_))), "{lines:?}");
}

#[tokio::test]
async fn whisper_lives_client_works_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let (program, url) = pipeline(&folder, "").await;
    // It decodes and resamples the file itself.
    let sound = inside("pipelines/demo.flac");
    let port = url.rsplit(':').next().unwrap();
    let args = ["127.0.0.1", port, sound.to_str().unwrap()];
    let Some(told) = printed("whisper_live_client.py", &args).await else { return };
    assert_eq!(told[0], json!(["ready", "faster_whisper"]));
    let subtitles = told[1][1].as_str().unwrap();
    assert!(subtitles.starts_with("1\n00:00:00,") && subtitles.contains("Good morning everyone."));
    let segments = told[2][1].as_array().unwrap();
    let texts: Vec<&str> = segments.iter().map(|it| it[2].as_str().unwrap()).collect();
    assert_nearly_the_demo(&texts.join(" "));
    // Times count from the first sample.
    let (first, last) = (&segments[0], &segments[segments.len() - 1]);
    assert!(first[0].as_f64().unwrap() < 1.0, "{first}");
    assert!((20.0..24.5).contains(&last[1].as_f64().unwrap()), "{last}");
    ends_without_a_gap(program, &folder).await;
}

#[tokio::test]
async fn whisper_lives_client_needs_the_token_and_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let (_program, url) = pipeline(&folder, "speaker-token-env = \"SPEAKER\"\n").await;
    let port = url.rsplit(':').next().unwrap();
    let Some(told) = printed("whisper_live_client.py", &["127.0.0.1", port, "none"]).await else {
        return;
    };
    assert_eq!(told, [json!(["not let in", "ERROR"])]);
    // Its address has no room for a token but behind the port.
    let host = url.trim_start_matches("http://");
    let stream = TcpStream::connect(host).await.unwrap();
    let (socket, _) =
        client_async(format!("ws://{host}/?token=right&name=Ada"), stream).await.unwrap();
    let mut first = Speaker { socket };
    first.say(json!({ "uid": "u", "language": null })).await;
    assert_eq!(first.next().await.unwrap()["message"], "SERVER_READY");
    let port = format!("{port}/?token=right");
    let told = printed("whisper_live_client.py", &["127.0.0.1", &port, "none"]).await;
    assert_eq!(told.unwrap(), [json!(["not let in", "WAIT"])]);
}

#[tokio::test]
async fn openais_realtime_client_works_unchanged() {
    for turns in ["server", "manual"] {
        let folder = tempfile::tempdir().unwrap();
        let (program, url) = pipeline(&folder, "speaker-token-env = \"SPEAKER\"\n").await;
        let sound = wav(folder.path(), 24_000);
        let refused = printed("openai_realtime.py", &[&url, "wrong", turns, "none"]).await;
        let Some(refused) = refused else { return };
        assert_eq!((&refused[0][0], &refused[0][1]), (&json!("error"), &json!("token")));
        let args = [&url, "right", turns, sound.to_str().unwrap()];
        let told = printed("openai_realtime.py", &args).await.unwrap();
        assert_eq!(told[0], json!(["session.created", "transcription"]));
        let of = |kind: &str| told.iter().filter(|it| it[0] == kind).collect::<Vec<_>>();
        let completed = of("completed");
        let text: Vec<&str> = completed.iter().map(|it| it[2].as_str().unwrap()).collect();
        assert_nearly_the_demo(&text.join(" "));
        assert_eq!(of("session.updated").len(), 1);
        for it in &completed {
            let committed = |other: &&Value| other[1] == it[1];
            assert!(of("input_audio_buffer.committed").into_iter().any(|it| committed(&it)));
            // What is settled early is nearly always what is settled.
            let (text, deltas) = (it[2].as_str().unwrap(), it[3].as_str().unwrap());
            assert!(deltas.split(' ').next() == text.split(' ').next(), "{deltas}: {text}");
        }
        let started = of("input_audio_buffer.speech_started").len();
        assert_eq!((completed.len() > 3, started > 3), (turns == "server", turns == "server"));
        assert!(turns == "server" || completed.len() == 1);
        ends_without_a_gap(program, &folder).await;
    }
}

#[tokio::test]
async fn without_the_key_there_are_no_doors() {
    let none = OtherClients::default();
    let stand = Stand::with(SpeakerSettings { others: none, ..stage() }, operated()).await;
    for path in ["/whisper-live", "/v1/realtime"] {
        let (status, told) = stand.api("GET", path, "").await;
        assert_eq!(status, 404);
        assert!(told.as_str().unwrap().contains("compatible-with"), "{told}");
    }
}

#[tokio::test]
async fn openais_client_has_a_file_transcribed() {
    let folder = tempfile::tempdir().unwrap();
    let (program, url) = pipeline(&folder, "speaker-token-env = \"SPEAKER\"\n").await;
    let sound = inside("pipelines/demo.flac");
    let sound = sound.to_str().unwrap();
    let Some(refused) = printed("openai_files.py", &[&url, "wrong", sound]).await else { return };
    assert_eq!(refused[0][1], "AuthenticationError");
    let told = printed("openai_files.py", &[&url, "right", sound]).await.unwrap();
    let of = |n: usize| (told[n][0].as_str().unwrap(), told[n][1].as_str().unwrap());
    for (n, form) in ["json", "text"].into_iter().enumerate() {
        assert_eq!(of(n).0, form);
        assert_nearly_the_demo(of(n).1);
    }
    let (srt, vtt) = (of(2).1, of(3).1);
    assert!(srt.starts_with("1\n00:00:00,") && srt.contains("Good morning"), "{srt}");
    assert!(vtt.starts_with("WEBVTT\n") && vtt.contains("Good morning"), "{vtt}");
    assert_nearly_the_demo(of(4).1);
    let segments = told[4][2].as_array().unwrap();
    assert!(segments.len() > 3 && told[4][3].as_u64().unwrap() > 40, "{}", told[4]);
    assert!(segments.windows(2).all(|it| it[0][1].as_f64() <= it[1][0].as_f64()), "{segments:?}");
    for (n, word) in [(5, "srt2"), (6, "Klingon"), (7, "stream")] {
        assert_eq!(of(n).0, "refused");
        assert!(of(n).1.contains(word), "{}", told[n]);
    }
    // No sound at all.
    let nothing = folder.path().join("pipeline.toml");
    let refused = printed("openai_files.py", &[&url, "right", nothing.to_str().unwrap()]).await;
    let refused = refused.unwrap().remove(0);
    assert_eq!((&refused[1], &refused[2]), (&json!("BadRequestError"), &json!(400)));
    assert!(refused[3].as_str().unwrap().contains("is not a sound file"), "{refused}");
    ends_without_a_gap(program, &folder).await;
}

/// The text of the shipped recording, as `POST /v1/audio/transcriptions` gives it.
async fn transcribed(url: &str) -> String {
    let host = url.trim_start_matches("http://");
    let sound = fs::read(inside("pipelines/demo.flac")).unwrap();
    let part =
        b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"demo.flac\"\r\n\r\n";
    let body = [part, sound.as_slice(), b"\r\n--b--\r\n"].concat();
    let head = format!(
        "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str::<Value>(body).unwrap()["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_speaks_is_captioned_while_files_are_transcribed() {
    let folder = tempfile::tempdir().unwrap();
    let (program, url) = pipeline(&folder, "").await;
    wav(folder.path(), 16_000);
    let speaking = ended(livecap(folder.path(), &["speak", &url, "sound.wav"]));
    let files = async {
        let mut texts = Vec::new();
        loop {
            texts.push(transcribed(&url).await);
            assert_nearly_the_demo(texts.last().unwrap());
        }
    };
    let speaking = tokio::select! {
        speaking = speaking => speaking,
        () = files => unreachable!("it goes on"),
    };
    assert_eq!(speaking.code, Some(0), "{}", speaking.err);
    assert!(speaking.err.contains("0.0 s of them missing"), "{}", speaking.err);
    ends_without_a_gap(program, &folder).await;
    let lines = crate::run::lines(&fs::read_to_string(folder.path().join("out.jsonl")).unwrap());
    let heard = lines.iter().filter_map(|it| match it {
        livecap::wire::Line::Final(it) => Some(it.text.as_str()),
        _ => None,
    });
    assert_nearly_the_demo(&heard.collect::<Vec<_>>().join(" "));
}
