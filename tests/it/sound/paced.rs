//! A recording in real time, with a paused clock. tokio does not advance the clock while a file is decoded.
use livecap::stages::recording::{PlaybackSpeed, Recording, RecordingSettings};
use tokio::time::{Instant, advance};

use super::*;

/// The value of sample `n`: within full scale, and exact.
fn numbered(n: usize) -> f32 {
    n as f32 / 65_536.0
}

/// A file of `seconds` at 16 kHz with numbered samples, and the folder that holds it.
fn counted(seconds: u32) -> (tempfile::TempDir, RecordingSettings) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("count.wav");
    let spec =
        hound::WavSpec { sample_format: hound::SampleFormat::Float, ..int_spec(16_000, 1, 32) };
    wav(&path, spec, (0..seconds as usize * 16_000).map(numbered));
    (folder, RecordingSettings::new(path))
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test(start_paused = true)]
async fn each_frame_comes_when_its_newest_sample_is_due() {
    for (speed, total) in [(1.0, ms(3_000)), (4.0, ms(750)), (0.5, ms(6_000))] {
        let (_folder, settings) = counted(3);
        let mut recording =
            Recording::new(RecordingSettings { speed: PlaybackSpeed::Times(speed), ..settings });
        let (out, mut inlet) = outlet(1_000, WhenFull::DropOldest);
        let began = Instant::now();
        let run = tokio::spawn(async move { recording.run(&out, CancellationToken::new()).await });
        let mut samples = 0;
        while let Some(frame) = next(&mut inlet).await {
            assert_eq!(frame.samples[0], numbered(samples));
            assert_eq!(
                frame.start.since_start(),
                Duration::from_secs_f64(samples as f64 / 16_000.0)
            );
            samples += frame.samples.len();
            let due = began + Duration::from_secs_f64(samples as f64 / 16_000.0 / speed);
            assert_eq!(frame.trace.captured().max(due) - frame.trace.captured().min(due), ms(0));
            // tokio's timer has a resolution of 1 ms.
            assert!(due <= Instant::now() && Instant::now() <= due + ms(1));
        }
        assert_eq!(samples, 48_000);
        assert!(began.elapsed() - total <= ms(1));
        run.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_reader_does_not_shift_capture_times() {
    let (_folder, settings) = counted(3);
    let mut recording = Recording::new(settings);
    // The edge has room for two frames, and none is taken for a second.
    let (out, mut inlet) = outlet(2, WhenFull::Wait);
    let began = Instant::now();
    let run = tokio::spawn(async move { recording.run(&out, CancellationToken::new()).await });
    let mut samples = 0;
    let mut late = 0;
    while let Some(frame) = next(&mut inlet).await {
        if samples == 0 {
            advance(ms(1_000)).await;
        }
        samples += frame.samples.len() as u64;
        let due = began + frame.rate.duration_of(samples as usize);
        assert_eq!(frame.trace.captured(), due);
        late += u64::from(Instant::now() > due + ms(1));
    }
    assert_eq!(samples, 48_000);
    assert!((45..=51).contains(&late), "{late} frames came late");
    assert!(began.elapsed() <= ms(3_001), "{:?}", began.elapsed());
    run.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_repeated_recording_continues_without_a_gap() {
    let (_folder, settings) = counted(2);
    let settings = RecordingSettings { start: ms(1_500), repeat: true, ..settings };
    let mut recording = Recording::new(settings);
    let (out, mut inlet) = outlet(1_000, WhenFull::DropOldest);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let run = tokio::spawn(async move { recording.run(&out, stopped).await });
    let mut end = Duration::ZERO;
    for _ in 0..100 {
        let frame = next(&mut inlet).await.unwrap();
        assert_eq!(frame.start.since_start(), end);
        let within = end.as_micros() % 500_000 * 16 / 1_000;
        assert_eq!(frame.samples[0], numbered(24_000 + within as usize));
        end += frame.duration();
    }
    stop.cancel();
    run.await.unwrap().unwrap();
    assert!(next(&mut inlet).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_restarted_run_continues_where_the_first_ended() {
    let (_folder, settings) = counted(2);
    let mut recording = Recording::new(settings);
    let (out, mut inlet) = outlet(1_000, WhenFull::DropOldest);
    let began = Instant::now();
    // The first run is dropped in the middle of a wait, as when its actor is killed.
    let first = tokio::time::timeout(ms(1_010), recording.run(&out, CancellationToken::new()));
    assert!(first.await.is_err());
    advance(ms(200)).await;
    recording.run(&out, CancellationToken::new()).await.unwrap();
    drop(out);
    let mut samples = 0;
    while let Some(frame) = next(&mut inlet).await {
        assert_eq!(frame.samples[0], numbered(samples));
        samples += frame.samples.len();
        assert_eq!(frame.trace.captured(), began + frame.rate.duration_of(samples));
    }
    assert_eq!(samples, 32_000);
    assert!(began.elapsed() <= ms(2_001));
}

#[tokio::test(start_paused = true)]
async fn maximum_speed_waits_only_for_the_reader() {
    let (_folder, settings) = counted(60);
    let began = Instant::now();
    let settings = RecordingSettings { speed: PlaybackSpeed::Max, ..settings };
    let (ended, frames) = all_of(&mut Recording::new(settings)).await;
    ended.unwrap();
    assert_eq!((length(&frames), began.elapsed()), (ms(60_000), ms(0)));
}

#[tokio::test]
async fn a_start_after_the_end_and_a_speed_of_zero_are_refused() {
    let (_folder, settings) = counted(1);
    let late = RecordingSettings { start: ms(5_000), repeat: true, ..settings.clone() };
    let (ended, frames) = all_of(&mut Recording::new(late)).await;
    assert!(
        matches!(&ended, Err(Fault::Permanent(it)) if it.to_string().contains("1.00 s")),
        "{ended:?}"
    );
    assert!(frames.is_empty());
    let still = RecordingSettings { speed: PlaybackSpeed::Times(0.0), ..settings };
    assert!(matches!(all_of(&mut Recording::new(still)).await.0, Err(Fault::Permanent(_))));
}
