//! Every supported format is decoded: pitch, level and length.
use livecap::{
    message::Channel,
    stages::recording::{Choice, SoundFile},
};

use super::*;

/// The rate of a file, and all its samples.
fn read(path: &std::path::Path) -> (u32, Vec<f32>) {
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
    // The delay of an encoder at the beginning is no tone. One wave more or less in a quarter of a second is 4 Hz.
    let pitch = pitch(rate, &sound[sound.len() / 4..sound.len() * 3 / 4]);
    assert!((pitch - 440.0).abs() <= 4.0, "{name}: {pitch} Hz");
    assert!((loudest(sound) - 0.5).abs() < 0.05, "{name}: level {}", loudest(sound));
}

#[test]
fn every_supported_format_is_decoded_completely() {
    for (name, rate, channels, slack) in [
        ("tone.flac", 22_050, 1, 0),
        ("tone.mp3", 44_100, 2, 0),
        ("tone-bare.mp3", 44_100, 1, 4_000),
        ("tone.ogg", 44_100, 2, 0),
        ("tone.m4a", 44_100, 2, 0),
        ("tone-front.m4a", 44_100, 2, 0),
        ("tone-alac.m4a", 8_000, 1, 0),
        #[cfg(feature = "opus")]
        ("tone.opus", 48_000, 1, 0),
        #[cfg(feature = "opus")]
        ("tone-opus.mp4", 48_000, 1, 0),
        // symphonia does not read how much of the last packet of a WebM file is padding: 20 ms at most.
        #[cfg(feature = "opus")]
        ("tone-opus.webm", 48_000, 2, 960),
    ] {
        let path = fixture(name);
        assert_eq!(SoundFile::open(&path).unwrap().channels().get(), channels, "{name}");
        let (file_rate, sound) = read(&path);
        assert_eq!(file_rate, rate, "{name}");
        let off = sound.len().abs_diff(rate as usize);
        assert!(off <= slack, "{name}: {} samples", sound.len());
        is_the_tone(name, rate, &sound);
        // The delay of an encoder is skipped where the file states it: the tone begins with the first sample.
        if name != "tone-bare.mp3" {
            let begins = sound.iter().position(|it| it.abs() > 0.1).unwrap();
            assert!(begins <= rate as usize / 500, "{name} begins at {begins}");
        }
    }
}

#[cfg(feature = "opus")]
#[test]
fn audio_that_starts_late_in_a_webm_file_is_preceded_by_silence() {
    let (rate, sound) = read(&fixture("late.webm"));
    let begins = sound.iter().position(|it| it.abs() > 0.1).unwrap();
    assert!(begins.abs_diff(rate as usize / 2) <= rate as usize / 500, "{begins}");
    assert!(sound[..rate as usize / 2 - 100].iter().all(|it| *it == 0.0));
    is_the_tone("late.webm", rate, &sound[rate as usize / 2..]);
}

#[cfg(feature = "opus")]
#[test]
fn a_gap_in_a_webm_file_becomes_silence_of_the_same_length() {
    // The recorder of a browser leaves such a gap while its tab is suspended.
    let (rate, sound) = read(&fixture("hole.webm"));
    let second = |from: f64, to: f64| {
        &sound[(from * f64::from(rate)) as usize..(to * f64::from(rate)) as usize]
    };
    is_the_tone("before", rate, second(0.0, 0.49));
    assert_eq!(loudest(second(0.54, 1.02)), 0.0);
    is_the_tone("behind", rate, second(1.05, 1.49));
    assert!(sound.len().abs_diff(rate as usize * 3 / 2) <= 960, "{}", sound.len());
}

#[test]
fn an_mp3_file_that_changes_from_mono_to_stereo_is_decoded_completely() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mono-stereo-mono.mp3");
    let [mono, stereo] =
        ["tone-bare.mp3", "tone.mp3"].map(|it| std::fs::read(fixture(it)).unwrap());
    std::fs::write(&path, [&mono[..], &stereo, &mono].concat()).unwrap();
    let (rate, sound) = read(&path);
    assert!(sound.len() > 3 * rate as usize, "{}", sound.len());
    for tenth in 0..30 {
        let part = &sound[tenth * sound.len() / 30..(tenth + 1) * sound.len() / 30];
        assert!(loudest(part) > 0.4, "silence in part {tenth} of 30");
    }
    let first = Choice { channel: Channel::Number(2), ..Choice::default() };
    let error = SoundFile::open_at(&path, &path, first).map(|it| it.rate()).unwrap_err();
    assert!(error.to_string().contains("no channel 2"), "{error}");
}

#[test]
fn one_channel_of_a_file_can_be_selected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.wav");
    let mut file = hound::WavWriter::create(&path, int_spec(8_000, 2, 16)).unwrap();
    for sample in 0..2_000i16 {
        file.write_sample(sample).unwrap();
        file.write_sample(-sample).unwrap();
    }
    file.finalize().unwrap();
    let read = |channel| {
        let choice = Choice { channel, ..Choice::default() };
        let mut file = SoundFile::open_at(&path, &path, choice).unwrap();
        file.skip_to(1_000).unwrap();
        file.next_chunk().unwrap().unwrap()[0] * 32_768.0
    };
    assert_eq!(read(Channel::Number(1)), 1_000.0);
    assert_eq!(read(Channel::Number(2)), -1_000.0);
    assert_eq!(read(Channel::Mix), 0.0);
}

#[test]
fn wav_is_read_at_any_width_rate_and_number_of_channels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.wav");
    for rate in [8_000, 16_000, 44_100, 96_000] {
        for channels in [1, 2, 6] {
            for bits in [8, 16, 24, 32] {
                wav(&path, int_spec(rate, channels, bits), tone(rate, 0.5));
                let (file_rate, sound) = read(&path);
                let name = format!("{rate} Hz, {channels} channels, {bits} bits");
                assert_eq!((file_rate, sound.len()), (rate, rate as usize / 2), "{name}");
                is_the_tone(&name, rate, &sound);
            }
        }
    }
    let float =
        hound::WavSpec { sample_format: hound::SampleFormat::Float, ..int_spec(48_000, 2, 32) };
    wav(&path, float, tone(48_000, 0.5));
    let (_, sound) = read(&path);
    assert!(sound.iter().zip(tone(48_000, 0.5)).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn skipping_is_exact_to_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("count.wav");
    let spec =
        hound::WavSpec { sample_format: hound::SampleFormat::Float, ..int_spec(8_000, 1, 32) };
    wav(&path, spec, (0..40_000).map(|n| n as f32 / 65_536.0));
    for target in [0, 1, 7_999, 8_001, 30_000, 39_999] {
        let mut file = SoundFile::open(&path).unwrap();
        file.skip_to(target).unwrap();
        assert_eq!(file.next_chunk().unwrap().unwrap()[0] * 65_536.0, target as f32);
    }
    // In formats without exact seeking, audio is decoded up to the sample.
    let (rate, whole) = read(&fixture("tone.ogg"));
    let mut file = SoundFile::open(&fixture("tone.ogg")).unwrap();
    file.skip_to(u64::from(rate) / 2).unwrap();
    assert_eq!(file.next_chunk().unwrap().unwrap()[0], whole[rate as usize / 2]);
}
