//! `livecap speak`, as the real program: files, pipes, lost connections, tokens and links.
use std::{path::Path, process::Stdio};

use livecap::message::Why;
use tempfile::TempDir;
use tokio::process::Command;

use super::{cut::Way, *};
use crate::support::program::{Program, ended, livecap};

/// Samples that differ over 32 s.
fn ramp(seconds: usize) -> Vec<i16> {
    (0..seconds * 16_000).map(|it| (it / 16 % 30_000) as i16).collect()
}

fn wav(folder: &Path, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(folder.join("sound.wav"), spec).unwrap();
    samples.iter().for_each(|it| file.write_sample(*it).unwrap());
    file.finalize().unwrap();
}

fn speak(folder: &TempDir, args: &[&str]) -> Command {
    livecap(folder.path(), &[&["speak"], args].concat())
}

/// All sound until an interruption, as whole numbers, of which each part follows the one before unless it has a hole.
async fn heard(stand: &mut Stand, count: usize) -> (Vec<i16>, Vec<(Duration, Why)>) {
    let (mut samples, mut holes) = (Vec::<i16>::new(), Vec::new());
    let mut end = None;
    while samples.len() < count {
        let frame = stand.sound(1).await;
        if let Some(end) = end.filter(|it| *it != frame.start) {
            assert!(frame.start > end, "nothing is doubled");
            holes.push((frame.start.since(end), frame.hole.expect("a hole says why")));
        }
        end = Some(frame.span().end());
        samples.extend(frame.samples.iter().map(|it| (it * 32_768.0).round() as i16));
    }
    (samples, holes)
}

async fn is_left(stand: &Stand) -> bool {
    stand.api("GET", "/api/speakers", "").await.1["places"][0]["speaker"].is_null()
}

#[tokio::test]
async fn a_file_arrives_as_it_is_at_its_own_pace_and_as_fast_as_the_server_takes_it() {
    for speed in ["1", "max"] {
        let (mut stand, folder) = (Stand::start().await, tempfile::tempdir().unwrap());
        let samples = ramp(2);
        wav(folder.path(), &samples);
        let url = stand.server.url();
        let begun = tokio::time::Instant::now();
        let speaking =
            ended(speak(&folder, &[&url, "sound.wav", "--speed", speed, "--name", "Ada"]));
        let (speaking, heard) = tokio::join!(speaking, heard(&mut stand, samples.len()));
        assert_eq!(speaking.code, Some(0), "{}", speaking.err);
        assert!(speaking.err.contains("as Ada (place 1 of `panel`"), "{}", speaking.err);
        assert!(speaking.err.contains("2.0 s of sound, 0.0 s of them missing"), "{}", speaking.err);
        assert_eq!(heard, (samples, Vec::new()), "{speed}");
        assert!(speed == "max" || begun.elapsed() >= Duration::from_millis(1900));
        assert!(is_left(&stand).await, "the place is free");
    }
}

#[tokio::test]
async fn standard_input_arrives_as_it_is() {
    let (mut stand, folder) = (Stand::start().await, tempfile::tempdir().unwrap());
    let url = stand.server.url();
    let mut command = speak(&folder, &[&url, "-", "--rate", "16000"]);
    let mut speaking = Program::start(command.stdin(Stdio::piped()));
    // Text is what the helper writes, and bytes are what is read.
    let samples = [0x2020i16; 8000];
    speaking.write(&" ".repeat(16_000)).await;
    // What was said is not waited with while nothing is written.
    let first = stand.until_quiet(1).await;
    assert_eq!(first.iter().map(|it| it.samples.len()).sum::<usize>(), 8000);
    speaking.write_all_and_close(&" ".repeat(16_000));
    let (rest, holes) = heard(&mut stand, 8000).await;
    assert!(rest.iter().all(|it| *it == samples[0]));
    assert!(holes.iter().all(|it| it.1 == Why::Muted), "nothing is missing: {holes:?}");
    let (status, err) = speaking.exit().await;
    assert!(status.success(), "{err}");
}

#[tokio::test]
async fn a_cut_connection_is_resumed_and_nothing_is_lost_or_doubled() {
    let (mut stand, folder) = (Stand::start().await, tempfile::tempdir().unwrap());
    let way = Way::to(stand.server.local_addr()).await;
    let samples = ramp(4);
    wav(folder.path(), &samples);
    let url = way.url();
    let speaking = tokio::spawn(ended(speak(&folder, &[&url, "sound.wav"])));
    let (mut all, mut holes) = heard(&mut stand, 16_000).await;
    for _ in 0..2 {
        way.cut();
        let (more, lost) = heard(&mut stand, 16_000).await;
        all.extend(more);
        holes.extend(lost);
    }
    let rest = samples.len() - all.len();
    let (more, lost) = heard(&mut stand, rest).await;
    all.extend(more);
    holes.extend(lost);
    let speaking = speaking.await.unwrap();
    assert_eq!(speaking.code, Some(0), "{}", speaking.err);
    assert!(speaking.err.contains("connected again"), "{}", speaking.err);
    assert!(holes.is_empty(), "{holes:?}");
    assert!(all == samples, "each sample comes once");
    assert_eq!(stand.metric("livecap_speaker_resumed_total").await, 2.0);
}

#[tokio::test]
async fn a_cut_that_is_longer_than_the_ring_is_a_gap_of_its_length() {
    let (mut stand, folder) = (Stand::start().await, tempfile::tempdir().unwrap());
    let way = Way::to(stand.server.local_addr()).await;
    let url = way.url();
    let mut command = speak(&folder, &[&url, "-"]);
    let mut speaking = Program::start(command.stdin(Stdio::piped()));
    speaking.write(&" ".repeat(32_000)).await;
    let (first, _) = heard(&mut stand, 15_000).await;
    way.close();
    speaking.said("connecting again").await;
    // 12 s; the ring has 9.5 s.
    speaking.write_all_and_close(&" ".repeat(12 * 32_000));
    speaking.said("no more sound comes").await;
    way.open();
    let (mut came, mut end, mut holes) = (first.len(), None, Vec::new());
    while came as f64 / 16_000.0 + holes.iter().sum::<f64>() < 12.99 {
        let frame = stand.sound(1).await;
        if let Some(end) = end.filter(|it| *it != frame.start) {
            assert_eq!(frame.hole, Some(Why::Network));
            holes.push(frame.start.since(end).as_secs_f64());
        }
        end = Some(frame.span().end());
        came += frame.samples.len();
    }
    assert!(matches!(holes[..], [hole] if (2.4..2.6).contains(&hole)), "{holes:?}");
    let (status, err) = speaking.exit().await;
    assert!(status.success(), "{err}");
    assert!(err.contains("2.5 s of sound are missing by now"), "{err}");
}

#[tokio::test]
async fn ctrl_c_sends_the_rest_and_leaves() {
    let (mut stand, folder) = (Stand::start().await, tempfile::tempdir().unwrap());
    let samples = ramp(30);
    wav(folder.path(), &samples);
    let url = stand.server.url();
    let speaking = Program::start(speak(&folder, &[&url, "sound.wav"]));
    let (mut all, _) = heard(&mut stand, 16_000).await;
    speaking.signal("INT").await;
    let (status, err) = speaking.exit().await;
    assert!(status.success(), "{err}");
    all.extend(
        stand
            .until_quiet(1)
            .await
            .iter()
            .flat_map(|it| it.samples.to_vec())
            .map(|it| (it * 32_768.0).round() as i16),
    );
    assert!(samples.starts_with(&all) && all.len() < samples.len(), "{}", all.len());
    assert!(is_left(&stand).await);
}

#[tokio::test]
async fn without_the_right_token_it_is_told_what_to_do() {
    let guarded = SpeakerSettings { token: Some(Token::new("right")), ..stage() };
    let (mut stand, folder) =
        (Stand::with(guarded, operated()).await, tempfile::tempdir().unwrap());
    let samples = ramp(1);
    wav(folder.path(), &samples);
    let url = stand.server.url();
    let args = [&url, "sound.wav", "--speed", "max", "--token-env", "SPEAKER"];
    for (token, told) in [("wrong", "this token is not known here"), ("", "`SPEAKER` is not set")] {
        let refused = ended(speak(&folder, &args).env("SPEAKER", token)).await;
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains(told), "{}", refused.err);
        assert!(!refused.err.contains("wrong"), "{}", refused.err);
    }
    let none = ended(speak(&folder, &[&url, "sound.wav"])).await;
    assert!(none.code == Some(2) && none.err.contains("a token is asked for"), "{}", none.err);
    let fine = ended(speak(&folder, &args).env("SPEAKER", "right")).await;
    assert_eq!(fine.code, Some(0), "{}", fine.err);
    assert_eq!(heard(&mut stand, samples.len()).await.0, samples);
}

#[tokio::test]
async fn a_link_of_an_operator_is_an_address_too() {
    let (mut stand, folder) = (Stand::start().await, tempfile::tempdir().unwrap());
    let samples = ramp(1);
    wav(folder.path(), &samples);
    let (_, link) = stand.api("POST", "/api/speakers", r#"{"name":"Ada"}"#).await;
    let url = format!("{}{}", stand.server.url(), link["path"].as_str().unwrap());
    let fine = ended(speak(&folder, &[&url, "sound.wav", "--speed", "max", "--name", "Eve"])).await;
    assert_eq!(fine.code, Some(0), "{}", fine.err);
    assert!(fine.err.contains("as Ada"), "{}", fine.err);
    assert!(!fine.err.contains(link["token"].as_str().unwrap()), "{}", fine.err);
    assert_eq!(stand.sound(1).await.speaker.unwrap().as_str(), "Ada");
    // Taken back while somebody speaks.
    wav(folder.path(), &ramp(30));
    let speaking = tokio::spawn(ended(speak(&folder, &[&url, "sound.wav"])));
    heard(&mut stand, 20_000).await;
    let one = format!("/api/speakers/{}", link["id"]);
    assert_eq!(stand.api("DELETE", &one, "").await.0, 204);
    let revoked = speaking.await.unwrap();
    assert_eq!(revoked.code, Some(1), "{}", revoked.err);
    assert!(revoked.err.contains("taken the link back"), "{}", revoked.err);
}

#[tokio::test]
async fn what_cannot_be_spoken_to_or_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    wav(folder.path(), &ramp(1));
    let stand = Stand::start().await;
    let url = stand.server.url();
    for (args, told) in [
        (&[&url, "absent.wav"][..], "cannot open `absent.wav`"),
        (&[&url, "sound.wav", "--stage", "hall"], "`stage` names one of `panel`"),
        (&["localhost", "sound.wav"], "is not the address of a server"),
        (&["http://127.0.0.1:1", "sound.wav"], "cannot reach http://127.0.0.1:1"),
        (&[&url, "sound.wav", "--speed", "2"], "--speed"),
    ] {
        let refused = ended(speak(&folder, args)).await;
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains(told), "{told}: {}", refused.err);
    }
}

#[cfg(feature = "opus")]
#[tokio::test]
async fn opus_arrives_as_the_same_sound() {
    let (mut stand, folder) = (Stand::start().await, tempfile::tempdir().unwrap());
    let tone =
        |it: usize| ((it as f32 / 16_000.0 * 440.0 * std::f32::consts::TAU).sin() * 9_000.0) as i16;
    wav(folder.path(), &(0..16_000).map(tone).collect::<Vec<_>>());
    let url = stand.server.url();
    let speaking =
        ended(speak(&folder, &[&url, "sound.wav", "--speed", "max", "--codec", "opus"])).await;
    assert_eq!(speaking.code, Some(0), "{}", speaking.err);
    let (samples, holes) = heard(&mut stand, 48_000).await;
    assert!(holes.is_empty() && samples.len() == 48_000);
    let energy =
        |it: &[i16]| it.iter().map(|it| f64::from(*it).powi(2)).sum::<f64>() / it.len() as f64;
    let rms = energy(&samples[9_600..]).sqrt();
    assert!((rms - 9_000.0 / 2f64.sqrt()).abs() < 900.0, "{rms}");
    let bytes = stand.metric("livecap_speaker_bytes_total").await;
    assert!(bytes < 10_000.0, "32 kbit/s and heads: {bytes}");
}
