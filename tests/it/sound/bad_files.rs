//! Damaged and unsupported files: the audio that can be decoded, then an error with the file, the place and a remedy.
use std::{fs, path::Path};

use livecap::stages::recording::{
    PlaybackSpeed, Recording, RecordingSettings, SoundFile, SoundFileError,
};
use proptest::prelude::*;

use super::*;

/// Reads a file: the number of its samples, and the result.
fn read(path: &Path) -> (usize, Result<(), SoundFileError>) {
    let mut samples = 0;
    let ended = SoundFile::open(path).and_then(|mut file| {
        while let Some(chunk) = file.next_chunk()? {
            samples += chunk.len();
        }
        Ok(())
    });
    (samples, ended)
}

#[track_caller]
fn fails(path: &Path, expected: fn(&SoundFileError) -> bool) -> String {
    let (_, ended) = read(path);
    let error = ended.expect_err("reading fails");
    assert!(expected(&error), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(path.to_str().unwrap()), "{text}");
    text
}

#[test]
fn a_file_without_audio_data_is_reported_as_not_audio() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.wav");
    fails(&path, |it| matches!(it, SoundFileError::Open { .. }));
    fails(folder.path(), |it| matches!(it, SoundFileError::Open { .. }));
    fs::write(&path, b"").unwrap();
    fails(&path, |it| matches!(it, SoundFileError::Empty { .. }));
    let text = "These are words, and no sound at all.\n".repeat(2_000);
    for (name, bytes) in [
        ("words.wav", text.clone().into_bytes()),
        ("words.mp3", text.into_bytes()),
        ("zeros.flac", vec![0; 70_000]),
        (
            "noise.mp3",
            (0u32..70_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect(),
        ),
        ("head.wav", b"RIFF\x24\0\0\0WAVE".to_vec()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        fails(&path, |it| {
            matches!(it, SoundFileError::NotAudio { .. } | SoundFileError::Empty { .. })
        });
    }
}

#[test]
fn a_file_without_samples_is_reported_as_empty() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("silent.wav");
    wav(&path, int_spec(16_000, 1, 16), std::iter::empty());
    fails(&path, |it| matches!(it, SoundFileError::Empty { .. }));
}

#[test]
fn a_header_without_a_rate_or_channels_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // Bytes 22 and 23 of a WAV file are its channels, 24 to 27 its rate.
    for (name, from, to) in [("channels", 22, 24), ("rate", 24, 28)] {
        let path = folder.path().join(format!("{name}.wav"));
        wav(&path, int_spec(16_000, 1, 16), tone(16_000, 0.1));
        let mut bytes = fs::read(&path).unwrap();
        bytes[from..to].fill(0);
        fs::write(&path, bytes).unwrap();
        fails(&path, |it| {
            matches!(
                it,
                SoundFileError::NotAudio { .. }
                    | SoundFileError::Header { .. }
                    | SoundFileError::Unsupported { .. }
            )
        });
    }
}

#[test]
fn the_error_for_an_unsupported_codec_names_a_remedy() {
    let text =
        fails(&fixture("tone-ac3.mp4"), |it| matches!(it, SoundFileError::Unsupported { .. }));
    assert!(text.contains("(AC-3)") && text.contains("ffmpeg -i"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.w64");
    fs::write(&path, b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0").unwrap();
    let text = fails(&path, |it| matches!(it, SoundFileError::Unsupported { .. }));
    assert!(text.contains("Wave64") && text.contains("ffmpeg -i"), "{text}");
    // A transport stream, as digital television and HLS have: packets of 188 bytes.
    let path = folder.path().join("talk.ts");
    let packet = [&[0x47, 0x40, 0, 0x10][..], &[0xff; 184]].concat();
    fs::write(&path, packet.repeat(50)).unwrap();
    let text = fails(&path, |it| matches!(it, SoundFileError::Unsupported { .. }));
    assert!(text.contains("MPEG transport stream") && text.contains("ffmpeg -i"), "{text}");
    assert!(!text.contains("damaged"), "{text}");
}

#[test]
fn a_truncated_file_gives_all_its_audio_and_then_its_end() {
    let folder = tempfile::tempdir().unwrap();
    for whole in ["tone.flac", "tone.mp3", "tone.ogg", "tone-front.m4a"].map(fixture) {
        let bytes = fs::read(&whole).unwrap();
        let name = whole.file_name().unwrap().to_str().unwrap().to_owned();
        let cut = folder.path().join(format!("cut-{name}"));
        fs::write(&cut, &bytes[..bytes.len() * 8 / 10]).unwrap();
        let (all, _) = read(&whole);
        let (samples, ended) = read(&cut);
        let share = samples as f64 / all as f64;
        assert!((0.3..0.9).contains(&share), "{name}: {share} {ended:?}");
        let Err(SoundFileError::Truncated { at, .. }) = &ended else { panic!("{name}: {ended:?}") };
        assert!((0.3..0.9).contains(&at.as_secs_f64()), "{name}: {at:?}");
        let text = ended.unwrap_err().to_string();
        assert!(text.contains("truncated") && text.contains(&name), "{text}");
    }
    // The index is at the end of the file, so nothing can be decoded without it.
    let bytes = fs::read(fixture("tone.m4a")).unwrap();
    let path = folder.path().join("cut.m4a");
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    fails(&path, |it| matches!(it, SoundFileError::Truncated { .. }));
}

/// Recorders that were killed or wrote to a pipe leave such headers. The audio is complete.
#[test]
fn a_wav_file_is_read_to_its_end_whatever_its_header_states() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sizes.wav");
    wav(&path, int_spec(44_100, 2, 16), tone(44_100, 1.0));
    let good = fs::read(&path).unwrap();
    let of_file = u32::from_le_bytes(good[4..8].try_into().unwrap());
    for (riff, data) in [
        (0, 0),
        (of_file, 0),
        (0x8000_0024, 0x8000_0000),
        (0x7fff_0024, 0x7fff_0000),
        (u32::MAX, u32::MAX),
        (of_file + 1_000_000, 1_000_000),
        (of_file - 8, of_file - 36),
    ] {
        let mut bytes = good.clone();
        bytes[4..8].copy_from_slice(&riff.to_le_bytes());
        bytes[40..44].copy_from_slice(&data.to_le_bytes());
        fs::write(&path, &bytes).unwrap();
        let (samples, ended) = read(&path);
        ended.unwrap();
        assert_eq!(samples, 44_100, "{riff:#x}, {data:#x}");
        // The same, cut off in the middle of a sample.
        fs::write(&path, &bytes[..bytes.len() / 2 + 1]).unwrap();
        let (samples, ended) = read(&path);
        ended.unwrap();
        assert_eq!(samples, (good.len() / 2 + 1 - 44) / 4, "{riff:#x}, {data:#x}, cut off");
    }
    let mut long = good;
    long[..8].copy_from_slice(b"RF64\xff\xff\xff\xff");
    long[40..44].fill(0xff);
    fs::write(&path, long).unwrap();
    assert_eq!(read(&path).0, 44_100);
}

#[test]
fn damage_in_the_middle_becomes_silence_of_the_same_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scratched.mp3");
    let mut bytes = fs::read(fixture("tone.mp3")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 300].fill(0);
    fs::write(&path, bytes).unwrap();
    let (samples, ended) = read(&path);
    ended.unwrap();
    assert!(samples.abs_diff(44_100) < 4_000, "{samples}");
    // symphonia skips whole frames of FLAC without an error; only the number of the next frame shows it.
    let path = folder.path().join("scratched.flac");
    let talk = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo.flac");
    let mut bytes = fs::read(&talk).unwrap();
    bytes[100_000..120_000].fill(0);
    fs::write(&path, bytes).unwrap();
    let (samples, ended) = read(&path);
    ended.unwrap();
    assert_eq!(samples, read(&talk).0);
}

#[tokio::test]
async fn a_truncated_recording_is_played_to_its_last_sample_and_fails_permanently() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.flac");
    let bytes = fs::read(fixture("tone.flac")).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 8 / 10]).unwrap();
    let settings = RecordingSettings { speed: PlaybackSpeed::Max, ..RecordingSettings::new(&path) };
    let (ended, frames) = all_of(&mut Recording::new(settings)).await;
    assert!(length(&frames).as_secs_f64() > 0.3);
    let Err(Fault::Permanent(error)) = ended else { panic!("{ended:?}") };
    assert!(error.to_string().contains("cut.flac"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    /// Whatever bytes are changed or missing, reading ends, with an error at worst, and never gives much more audio than
    /// the file had.
    #[test]
    fn no_damage_causes_a_panic(
        name in prop::sample::select(vec!["tone.flac", "tone.mp3", "tone.ogg", "tone.m4a", "tone-front.m4a"]),
        changes in prop::collection::vec((0.0f64..1.0, any::<u8>()), 0..12),
        kept in 0.0f64..1.5,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut bytes = fs::read(fixture(name)).unwrap();
        for (place, byte) in changes {
            // Most changes are near the beginning, where the headers are.
            let at = (place * place * place * bytes.len() as f64) as usize;
            bytes[at] = byte;
        }
        bytes.truncate((kept * bytes.len() as f64) as usize);
        fs::write(&path, bytes).unwrap();
        let (samples, ended) = read(&path);
        prop_assert!(samples < 10_000_000, "{samples} {ended:?}");
    }
}
