//! The edit lists of an MP4 file, which symphonia ignores: when a track starts, and how much of its audio the encoder inserted.
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use super::edit_cursor::Piece;

/// The largest index that is read.
const LARGEST_INDEX: u64 = 256 * 1024 * 1024;

/// Which part of a track's audio is used, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edits {
    pub(super) track: u32,
    /// Units per second: of the movie, in which edits have their length, and of the track's audio.
    movie: u64,
    media: u64,
    list: Vec<Edit>,
    /// From iTunes's comment: the frames before the audio, and the frames of audio.
    smpb: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edit {
    /// In units of the movie. 0: up to the end.
    length: u64,
    /// The position in the track, in its units. `None`: silence.
    from: Option<u64>,
}

impl Edits {
    /// The edits as frames at `rate`. Empty if all audio is used from the beginning.
    pub(super) fn pieces(&self, rate: u32) -> Vec<Piece> {
        let frames = |units: u64, per_second: u64| {
            u64::try_from(u128::from(units) * u128::from(rate) / u128::from(per_second.max(1)))
                .unwrap_or(u64::MAX)
        };
        let mut pieces = Vec::new();
        for edit in &self.list {
            // The movie counts in coarser units. A part of a unit is used rather than lost.
            let length = (u128::from(edit.length) * u128::from(rate))
                .div_ceil(u128::from(self.movie.max(1)));
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            match edit.from {
                None => pieces.push(Piece::Silence(frames(edit.length, self.movie))),
                Some(from) => {
                    let from = frames(from, self.media);
                    let to = (edit.length > 0).then_some(from.saturating_add(length));
                    pieces.push(Piece::Sound { from, to });
                }
            }
        }
        let is_sound = |it: &&Piece| matches!(it, Piece::Sound { .. });
        match (self.smpb, pieces.iter().filter(is_sound).count()) {
            (Some((from, count)), 0) => {
                pieces.push(Piece::Sound { from, to: Some(from + count) });
            }
            (Some((before, count)), 1) => {
                for piece in &mut pieces {
                    if let Piece::Sound { from: from @ 0, to } = piece {
                        (*from, *to) = (before, Some(before + count));
                    }
                }
            }
            (None, 0) => pieces.push(Piece::Sound { from: 0, to: None }),
            _ => (),
        }
        pieces
    }
}

/// The edits of every track that has some. Empty if the file is no MP4 file, or cannot be read.
pub(super) fn edits(file: &mut File) -> io::Result<Vec<Edits>> {
    let Some(index) = index(file)? else { return Ok(Vec::new()) };
    let movie = content(&index, &[b"mvhd"]).and_then(per_second).unwrap_or(0);
    let smpb = content(&index, &[b"udta", b"meta"])
        .and_then(|meta| meta.get(4..))
        .and_then(|meta| content(meta, &[b"ilst"]))
        .and_then(smpb);
    let tracks = Atoms(&index).filter(|(name, _)| name == b"trak").map(|(_, track)| track);
    Ok(tracks.filter_map(|track| edits_of(track, movie, smpb)).collect())
}

fn edits_of(track: &[u8], movie: u64, smpb: Option<(u64, u64)>) -> Option<Edits> {
    let header = content(track, &[b"tkhd"])?;
    // Version, flags and two times of 4 or 8 bytes precede it.
    let id = number(header, if header.first() == Some(&1) { 20 } else { 12 }, 4)?;
    let media = content(track, &[b"mdia", b"mdhd"]).and_then(per_second)?;
    let list = content(track, &[b"edts", b"elst"]).map_or(Vec::new(), list);
    // Edits that repeat audio or change its order are ignored.
    let begins: Vec<u64> = list.iter().filter_map(|it| it.from).collect();
    let in_order = begins.is_sorted();
    if !in_order {
        tracing::warn!(track = id, "its edit list takes sound out of order and is left out");
    }
    let list = if in_order { list } else { Vec::new() };
    (!list.is_empty() || smpb.is_some()).then_some(Edits {
        track: id as u32,
        movie,
        media,
        list,
        smpb,
    })
}

fn list(bytes: &[u8]) -> Vec<Edit> {
    let wide = bytes.first() == Some(&1);
    let width = if wide { 8 } else { 4 };
    let count = number(bytes, 4, 4).unwrap_or(0).min(10_000) as usize;
    let edit = |at: usize| {
        let from = number(bytes, at + width, width)?;
        let nothing = if wide { u64::MAX } else { u64::from(u32::MAX) };
        Some(Edit { length: number(bytes, at, width)?, from: (from != nothing).then_some(from) })
    };
    // A length and a position of 4 or 8 bytes each, and a rate of 4 bytes.
    (0..count).map_while(|nth| edit(8 + nth * (2 * width + 4))).collect()
}

/// `iTunSMPB`: hexadecimal numbers. The second is the frames before the audio, the fourth the frames of audio.
fn smpb(list: &[u8]) -> Option<(u64, u64)> {
    let comment = Atoms(list).find_map(|(name, comment)| {
        let is_it = name == *b"----" && content(comment, &[b"name"])?.ends_with(b"iTunSMPB");
        is_it.then_some(comment)
    })?;
    let text = str::from_utf8(content(comment, &[b"data"])?.get(8..)?).ok()?;
    let mut numbers = text.split_whitespace().map(|it| u64::from_str_radix(it, 16).ok());
    let (before, count) = (numbers.nth(1)??, numbers.nth(1)??);
    (count > 0).then_some((before, count))
}

/// The atom `moov`, anywhere in the file.
fn index(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    while at + 16 <= end {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        file.read_exact(&mut head)?;
        let (short, long) = (number(&head, 0, 4), number(&head, 8, 8));
        let (before, length) = match (short, long) {
            (Some(1), Some(long)) => (16, long),
            (Some(0), _) => (8, end - at),
            (Some(short), _) => (8, short),
            (None, _) => return Ok(None),
        };
        if length < before {
            return Ok(None);
        }
        if &head[4..8] == b"moov" {
            if length > LARGEST_INDEX || at.saturating_add(length) > end {
                return Ok(None);
            }
            let mut index = vec![0; (length - before) as usize];
            file.seek(SeekFrom::Start(at + before))?;
            file.read_exact(&mut index)?;
            return Ok(Some(index));
        }
        at = at.saturating_add(length);
    }
    Ok(None)
}

/// Units per second, from the header of a movie or of a track's audio.
fn per_second(header: &[u8]) -> Option<u64> {
    number(header, if header.first() == Some(&1) { 20 } else { 12 }, 4)
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + width)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The content of the first atom of each name in `path`, each within the one before.
fn content<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, name| Atoms(bytes).find(|it| it.0 == **name).map(|it| it.1))
}

/// Consecutive atoms: a length that includes its own 8 bytes, a name, and the content.
struct Atoms<'a>(&'a [u8]);

impl<'a> Iterator for Atoms<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = number(self.0, 0, 4)? as usize;
        let name = self.0.get(4..8)?.try_into().ok()?;
        let content = self.0.get(8..length)?;
        self.0 = &self.0[length..];
        Some((name, content))
    }
}
