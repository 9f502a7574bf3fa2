//! Raw samples from a pipe.
use std::sync::Arc;

use livecap::{
    flow::{StageReading, StageState},
    message::{SampleRate, Why},
    stages::pcm::{Pcm, RawFormat, SampleFormat},
};
use tokio::io::AsyncWriteExt;

use super::*;

fn stereo() -> RawFormat {
    RawFormat::new(SampleFormat::S16le, SampleRate::SPEECH, NonZeroUsize::new(2).unwrap())
}

#[tokio::test]
async fn a_closed_pipe_ends_the_source_after_its_last_samples() {
    let (mut writer, reader) = tokio::io::duplex(1_000);
    // A frame of 20 ms is 320 samples of two channels. This is one and a half of them and one byte.
    tokio::spawn(async move { writer.write_all(&[1; 480 * 4 + 1]).await.unwrap() });
    let (ended, frames) = all_of(&mut Pcm::reading(stereo(), reader)).await;
    ended.unwrap();
    assert_eq!(frames.iter().map(|it| it.samples.len()).collect::<Vec<_>>(), [320, 160]);
    assert_eq!(frames[1].start, frames[0].span().end());
}

#[tokio::test]
async fn a_stop_ends_a_read_that_waits() {
    let (mut writer, reader) = tokio::io::duplex(10_000);
    writer.write_all(&[0; 320 * 4]).await.unwrap();
    let mut pcm = Pcm::reading(stereo(), reader);
    let (out, mut inlet) = outlet(10, WhenFull::Wait);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let run = tokio::spawn(async move { pcm.run(&out, stopped).await });
    assert_eq!(next(&mut inlet).await.unwrap().samples.len(), 320);
    stop.cancel();
    run.await.unwrap().unwrap();
    assert!(next(&mut inlet).await.is_none());
    drop(writer);
}

/// Feeds a pipe for 25 s, `factor` times as fast as its format states. Returns the state of the stage, and the gap that the newest frame marks.
async fn piped(factor: usize) -> (StageReading, Option<Why>) {
    let (mut writer, reader) = tokio::io::duplex(100_000);
    let mut pcm = Pcm::reading(stereo(), reader);
    let (out, mut inlet) = outlet(10, WhenFull::DropOldest);
    let gauge = Arc::new(out);
    let given = gauge.clone();
    let run = tokio::spawn(async move { pcm.run(&given, CancellationToken::new()).await });
    for _ in 0..250 {
        // A tenth of a second of two channels.
        writer.write_all(&vec![0; 1_600 * 4 * factor]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let reading = gauge.gauge().read();
    drop(writer);
    run.await.unwrap().unwrap();
    drop(gauge);
    let mut hole = None;
    while let Some(frame) = next(&mut inlet).await {
        hole = frame.hole;
    }
    (reading, hole)
}

#[tokio::test(start_paused = true)]
async fn a_pipe_with_more_sound_than_time_passes_is_reported() {
    let (wrong, hole) = piped(6).await;
    assert_eq!(wrong.state, StageState::Degraded);
    let why = wrong.why.unwrap();
    assert!(why.starts_with("gives 6.0 s of sound a second: rate or channels are wrong"), "{why}");
    // The gaps are the fault of the source, not an overload of this machine.
    assert_eq!(hole, Some(Why::Source));
    let (right, hole) = piped(1).await;
    assert_eq!((right.why, hole), (None, None));
}

#[tokio::test(start_paused = true)]
async fn the_capture_time_is_when_the_bytes_were_read() {
    let (mut writer, reader) = tokio::io::duplex(10_000);
    let mut pcm = Pcm::reading(stereo(), reader);
    let (out, mut inlet) = outlet(10, WhenFull::Wait);
    let run = tokio::spawn(async move { pcm.run(&out, CancellationToken::new()).await });
    let began = tokio::time::Instant::now();
    for second in 1..4u32 {
        tokio::time::advance(Duration::from_secs(1)).await;
        writer.write_all(&[0; 320 * 4]).await.unwrap();
        let frame = next(&mut inlet).await.unwrap();
        assert_eq!(frame.trace.captured() - began, Duration::from_secs(1) * second);
    }
    drop(writer);
    run.await.unwrap().unwrap();
}
