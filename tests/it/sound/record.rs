//! Recordings: complete, with their timeline, never overwritten, and readable after a kill.
use std::path::Path;

use livecap::{
    flow::{Never, Stage},
    message::{MediaTime, SampleRate, Trace},
    stages::{
        record::{Record, RecordFormat, RecordSettings},
        recording::SoundFile,
    },
};
use tokio::time::Instant;

use super::*;

const RATE: u32 = 16_000;

fn record(path: &Path) -> Record<AudioFrame> {
    let wav = path.extension().is_some_and(|it| it == "wav");
    let format = if wav { RecordFormat::Wav } else { RecordFormat::Flac };
    Record::new(RecordSettings { path: path.to_owned(), format })
}

fn nowhere() -> Outlet<Never> {
    Outlet::new(Vec::new(), StageGauge::new("record"))
}

/// The tone in frames of 20 ms, beginning at `start` on the timeline.
fn frames(start: Duration, seconds: f64) -> Vec<AudioFrame> {
    let rate = SampleRate::new(RATE).unwrap();
    let sound: Vec<f32> = tone(RATE, seconds).collect();
    let pieces = sound.chunks(320).enumerate();
    pieces
        .map(|(n, samples)| AudioFrame {
            start: MediaTime::new(start + Duration::from_millis(20) * n as u32),
            rate,
            samples: samples.into(),
            hole: None,
            speaker: None,
            trace: Trace::starting(Instant::now()),
        })
        .collect()
}

/// All samples of a file, which must not be truncated.
fn read(path: &Path) -> Vec<f32> {
    let mut file = SoundFile::open(path).unwrap();
    let mut sound = Vec::new();
    while let Some(chunk) = file.next_chunk().unwrap() {
        sound.extend(chunk);
    }
    sound
}

#[tokio::test]
async fn the_recording_equals_its_input() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["talk.wav", "talk.flac"] {
        let path = folder.path().join(name);
        let mut stage = record(&path);
        for frame in frames(Duration::ZERO, 1.234) {
            stage.handle(&mut (), frame, &nowhere()).await.unwrap();
        }
        stage.flush(&mut (), &nowhere()).await.unwrap();
        let sound = read(&path);
        assert_eq!(sound.len(), (1.234 * f64::from(RATE)) as usize, "{name}");
        assert!(sound.iter().zip(tone(RATE, 1.234)).all(|(a, b)| (a - b).abs() < 1e-4), "{name}");
        let length = SoundFile::open(&path).unwrap().length().unwrap();
        assert_eq!(length, Duration::from_millis(1_234), "{name}");
    }
}

#[tokio::test]
async fn missing_audio_is_silence_and_repeated_audio_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["hole.wav", "hole.flac"] {
        let path = folder.path().join(name);
        let mut stage = record(&path);
        let mut all = frames(Duration::from_secs(5), 1.0);
        all.extend(frames(Duration::from_secs(8), 1.0));
        all.extend(frames(Duration::from_millis(8_500), 1.0));
        for frame in all {
            stage.handle(&mut (), frame, &nowhere()).await.unwrap();
        }
        stage.flush(&mut (), &nowhere()).await.unwrap();
        let sound = read(&path);
        assert_eq!(sound.len(), 72_000, "{name}");
        assert!(loudest(&sound[16_000..48_000]) < 1e-6, "{name}");
        for second in [0, 3] {
            assert!(loudest(&sound[second * 16_000..][..16_000]) > 0.49, "{name}");
        }
    }
}

#[tokio::test]
async fn an_existing_recording_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.wav");
    std::fs::write(&path, "an older one").unwrap();
    let mut stage = record(&path);
    for frame in frames(Duration::ZERO, 0.1) {
        stage.handle(&mut (), frame, &nowhere()).await.unwrap();
    }
    stage.flush(&mut (), &nowhere()).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "an older one");
    assert_eq!(read(&folder.path().join("talk-2.wav")).len(), 1_600);
}

/// A killed process leaves what is on the disk at that moment.
#[tokio::test]
async fn a_recording_is_readable_after_a_kill_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    for (name, lost) in [("killed.wav", 16_000), ("killed.flac", 4_096)] {
        let path = folder.path().join(name);
        let mut stage = record(&path);
        let mut given = 0;
        for frame in frames(Duration::ZERO, 3.5) {
            given += frame.samples.len();
            stage.handle(&mut (), frame, &nowhere()).await.unwrap();
            // 7 is prime to the frames of a block and of a second, so that every position in them occurs.
            if given / 320 % 7 != 0 {
                continue;
            }
            let left = folder.path().join(format!("left-{name}"));
            std::fs::copy(&path, &left).unwrap();
            if given < lost {
                continue;
            }
            let sound = read(&left);
            assert!(
                sound.len() <= given && sound.len() + lost > given,
                "{name}: {} of {given}",
                sound.len()
            );
            assert!(sound.iter().zip(tone(RATE, 3.5)).all(|(a, b)| (a - b).abs() < 1e-4));
        }
        // A stage that is dropped without a flush still closes its file, on the thread that writes it.
        drop(stage);
    }
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/such/talk.flac");
    let mut stage = record(&path);
    let frame = frames(Duration::ZERO, 0.02).remove(0);
    let Err(Fault::Permanent(error)) = stage.handle(&mut (), frame, &nowhere()).await else {
        panic!()
    };
    let text = error.to_string();
    assert!(text.contains("no/such/talk.flac") && text.contains("make the folder"), "{text}");
}
