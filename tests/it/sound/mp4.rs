//! MP4 files with numbered raw samples, made here: edit lists, the delay of an encoder, tracks, gaps.
use std::{fs, num::NonZeroUsize, path::Path};

use livecap::{
    message::Channel,
    stages::recording::{Choice, SoundFile, SoundFileError},
};

const RATE: u32 = 8_000;

/// An edit: its length in milliseconds, and its first sample; −1 for silence.
type Edit = (u32, i32);

struct Track {
    samples: Vec<i16>,
    edits: Vec<Edit>,
}

fn atom(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, &content].concat()
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|it| it.to_be_bytes()).collect()
}

fn track_atom(id: u32, track: &Track, at: u32) -> Vec<u8> {
    let count = track.samples.len() as u32;
    // The flags for enabled and in the movie, then the id.
    let header = atom(b"tkhd", &[&words(&[7, 0, 0, id, 0, count]), &[0; 60]]);
    let edits: Vec<u8> =
        track.edits.iter().flat_map(|it| words(&[it.0, it.1 as u32, 0x1_0000])).collect();
    let edits = atom(b"edts", &[&atom(b"elst", &[&words(&[0, track.edits.len() as u32]), &edits])]);
    let times = atom(b"mdhd", &[&words(&[0, 0, 0, RATE, count, 0x55c4_0000])]);
    let handler = atom(b"hdlr", &[&words(&[0, 0]), b"soun", &[0; 13]]);
    // One channel of 16 bits, the rate in 16.16 fixed point.
    let entry = [&[0; 6][..], &[0, 1], &[0; 8], &[0, 1, 0, 16, 0, 0, 0, 0]].concat();
    let entry = atom(b"sowt", &[&entry, &words(&[RATE << 16])]);
    let table = atom(
        b"stbl",
        &[
            &atom(b"stsd", &[&words(&[0, 1]), &entry]),
            &atom(b"stts", &[&words(&[0, 1, count, 1])]),
            &atom(b"stsc", &[&words(&[0, 1, 1, count, 1])]),
            &atom(b"stsz", &[&words(&[0, 2, count])]),
            &atom(b"stco", &[&words(&[0, 1, at])]),
        ],
    );
    let data =
        atom(b"dinf", &[&atom(b"dref", &[&words(&[0, 1]), &atom(b"url ", &[&[0, 0, 0, 1]])])]);
    let information = atom(b"minf", &[&atom(b"smhd", &[&[0; 8]]), &data, &table]);
    let edits = if track.edits.is_empty() { Vec::new() } else { edits };
    atom(b"trak", &[&header, &edits, &atom(b"mdia", &[&times, &handler, &information])])
}

fn movie(tracks: &[Track], comment: Option<&str>) -> Vec<u8> {
    let kind = atom(b"ftyp", &[b"M4A \0\0\0\0M4A isom"]);
    let comment = comment.map(|text| {
        let item = atom(
            b"----",
            &[
                &atom(b"mean", &[&[0; 4], b"com.apple.iTunes"]),
                &atom(b"name", &[&[0; 4], b"iTunSMPB"]),
                &atom(b"data", &[&words(&[1, 0]), text.as_bytes()]),
            ],
        );
        let handler = atom(b"hdlr", &[&words(&[0, 0]), b"mdirappl", &[0; 9]]);
        atom(b"udta", &[&atom(b"meta", &[&[0; 4], &handler, &atom(b"ilst", &[&item])])])
    });
    let index = |begin: u32| {
        let mut at = begin;
        let mut parts = vec![atom(b"mvhd", &[&words(&[0, 0, 0, 1_000, 0]), &[0; 80]])];
        for (track, id) in tracks.iter().zip(1..) {
            parts.push(track_atom(id, track, at));
            at += track.samples.len() as u32 * 2;
        }
        parts.extend(comment.clone());
        atom(b"moov", &[&parts.concat()])
    };
    let begin = kind.len() + index(0).len() + 8;
    let samples: Vec<u8> =
        tracks.iter().flat_map(|it| &it.samples).flat_map(|it| it.to_le_bytes()).collect();
    [kind, index(begin as u32), atom(b"mdat", &[&samples])].concat()
}

/// 1, 2, 3, …: each sample is its number.
fn count(samples: i16) -> Vec<i16> {
    (1..=samples).collect()
}

fn played(path: &Path, choice: Choice) -> Result<Vec<i16>, SoundFileError> {
    let mut file = SoundFile::open_at(path, path, choice)?;
    let length = file.length();
    let mut sound = Vec::new();
    while let Some(chunk) = file.next_chunk()? {
        sound.extend(chunk.iter().map(|it| (it * 32_768.0).round() as i16));
    }
    assert_eq!(length.unwrap().as_secs_f64(), sound.len() as f64 / f64::from(RATE));
    Ok(sound)
}

#[track_caller]
fn played_with(edits: &[Edit], comment: Option<&str>) -> Vec<i16> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("count.m4a");
    let track = Track { samples: count(8_000), edits: edits.to_vec() };
    fs::write(&path, movie(&[track], comment)).unwrap();
    played(&path, Choice::default()).unwrap()
}

#[test]
fn an_empty_edit_is_silence_before_the_audio() {
    assert_eq!(played_with(&[], None), count(8_000));
    // A video whose sound begins 4 s late.
    let late = played_with(&[(4_000, -1), (1_000, 0)], None);
    assert_eq!(late.len(), 5 * RATE as usize);
    assert!(late[..4 * RATE as usize].iter().all(|it| *it == 0));
    assert_eq!(late[4 * RATE as usize..], count(8_000));
}

#[test]
fn encoder_delay_is_skipped() {
    // By an edit list, as most programs write it; also of length 0, from programs that do not know the length yet.
    assert_eq!(played_with(&[(500, 1_024)], None), count(8_000)[1_024..5_024]);
    assert_eq!(played_with(&[(0, 2_112)], None), count(8_000)[2_112..]);
    // By a comment of iTunes: 0x840 samples of delay, then 0x1000 of audio.
    let comment = " 00000000 00000840 000001C0 0000000000001000 00000000";
    assert_eq!(played_with(&[], Some(comment)), count(8_000)[0x840..0x1840]);
    assert_eq!(played_with(&[(1_000, 0)], Some(comment)), count(8_000)[0x840..0x1840]);
    // Files that have both state the same delay twice.
    assert_eq!(played_with(&[(512, 0x840)], Some(comment)), count(8_000)[0x840..0x1840]);
}

#[test]
fn several_edits_are_played_in_order() {
    let cut = played_with(&[(100, 800), (50, -1), (100, 4_000)], None);
    let expected = [&count(8_000)[800..1_600], &[0; 400], &count(8_000)[4_000..4_800]].concat();
    assert_eq!(cut, expected);
    // Edits out of order are ignored.
    assert_eq!(played_with(&[(100, 4_000), (100, 0)], None), count(8_000));
}

#[test]
fn skipping_counts_samples_after_the_edits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("count.m4a");
    let track = Track { samples: count(8_000), edits: vec![(1_000, -1), (0, 1_024)] };
    fs::write(&path, movie(&[track], None)).unwrap();
    for (target, expected) in [(7_999, 0), (8_000, 1_025), (8_100, 1_125)] {
        let mut file = SoundFile::open(&path).unwrap();
        file.skip_to(target).unwrap();
        assert_eq!((file.next_chunk().unwrap().unwrap()[0] * 32_768.0).round(), expected as f32);
    }
}

#[test]
fn a_track_can_be_selected_and_a_missing_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.m4a");
    let plain = |samples| Track { samples, edits: Vec::new() };
    let backwards: Vec<i16> = count(4_000).into_iter().rev().collect();
    fs::write(&path, movie(&[plain(count(4_000)), plain(backwards.clone())], None)).unwrap();
    let track = |number| Choice { track: NonZeroUsize::new(number), ..Choice::default() };
    assert_eq!(played(&path, track(1)).unwrap(), count(4_000));
    assert_eq!(played(&path, Choice::default()).unwrap(), count(4_000));
    assert_eq!(played(&path, track(2)).unwrap(), backwards);
    let error = played(&path, track(3)).unwrap_err();
    assert!(error.to_string().ends_with("has 2 tracks of sound, and no track 3"), "{error}");
    let second = Choice { channel: Channel::Number(2), ..Choice::default() };
    let error = played(&path, second).unwrap_err().to_string();
    assert!(error.contains("has 1 channel, and no channel 2"), "{error}");
}
