//! Every kind of file gives its sound: pitch, level and length.
use livecap::stages::recording::SoundFile;

use super::*;

/// The whole sound of a file.
fn heard(path: &std::path::Path) -> (u32, Vec<f32>) {
    let mut file = SoundFile::open(path).unwrap();
    let mut sound = Vec::new();
    while let Some(chunk) = file.next_chunk().unwrap() {
        sound.extend(chunk);
    }
    assert_eq!(file.position(), sound.len() as u64);
    (file.rate().hertz(), sound)
}

#[track_caller]
fn is_the_tone(name: &str, rate: u32, sound: &[f32]) {
    // An encoder's delay at the beginning is no tone. A wave more or less in a quarter of a second is 4 Hz.
    let pitch = pitch(rate, &sound[sound.len() / 4..sound.len() * 3 / 4]);
    assert!((pitch - 440.0).abs() <= 4.0, "{name}: {pitch} Hz");
    assert!((loudest(sound) - 0.5).abs() < 0.05, "{name}: level {}", loudest(sound));
}

#[test]
fn every_kind_of_file_gives_its_whole_sound() {
    for (name, rate, channels, slack) in [
        ("tone.flac", 22_050, 1, 0),
        ("tone.mp3", 44_100, 2, 0),
        ("tone-bare.mp3", 44_100, 1, 4_000),
        ("tone.ogg", 44_100, 2, 0),
        ("tone.m4a", 44_100, 2, 4_000),
        ("tone-front.m4a", 44_100, 2, 4_000),
    ] {
        let path = fixture(name);
        assert_eq!(SoundFile::open(&path).unwrap().channels().get(), channels, "{name}");
        let (given, sound) = heard(&path);
        assert_eq!(given, rate, "{name}");
        let off = sound.len().abs_diff(rate as usize);
        assert!(off <= slack, "{name}: {} samples", sound.len());
        is_the_tone(name, rate, &sound);
    }
}

#[test]
fn wav_gives_its_sound_at_any_width_rate_and_number_of_channels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.wav");
    for rate in [8_000, 16_000, 44_100, 96_000] {
        for channels in [1, 2, 6] {
            for bits in [8, 16, 24, 32] {
                wav(&path, whole(rate, channels, bits), tone(rate, 0.5));
                let (given, sound) = heard(&path);
                let name = format!("{rate} Hz, {channels} channels, {bits} bits");
                assert_eq!((given, sound.len()), (rate, rate as usize / 2), "{name}");
                is_the_tone(&name, rate, &sound);
            }
        }
    }
    let float =
        hound::WavSpec { sample_format: hound::SampleFormat::Float, ..whole(48_000, 2, 32) };
    wav(&path, float, tone(48_000, 0.5));
    let (_, sound) = heard(&path);
    assert!(sound.iter().zip(tone(48_000, 0.5)).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn skipping_lands_on_the_very_sample() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("count.wav");
    let spec = hound::WavSpec { sample_format: hound::SampleFormat::Float, ..whole(8_000, 1, 32) };
    wav(&path, spec, (0..40_000).map(|n| n as f32 / 65_536.0));
    for target in [0, 1, 7_999, 8_001, 30_000, 39_999] {
        let mut file = SoundFile::open(&path).unwrap();
        file.skip_to(target).unwrap();
        assert_eq!(file.next_chunk().unwrap().unwrap()[0] * 65_536.0, target as f32);
    }
    // Formats that cannot name the sample they sought to are decoded up to it.
    let (rate, whole) = heard(&fixture("tone.ogg"));
    let mut file = SoundFile::open(&fixture("tone.ogg")).unwrap();
    file.skip_to(u64::from(rate) / 2).unwrap();
    assert_eq!(file.next_chunk().unwrap().unwrap()[0], whole[rate as usize / 2]);
}
