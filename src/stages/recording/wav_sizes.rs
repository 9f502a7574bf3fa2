//! Corrects the sizes in the header of a WAV or AIFF file. They are wrong if the writer wrote to a pipe or was killed.
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use symphonia::core::io::MediaSource;

/// A size from here on is a placeholder: `arecord` writes 0x7fff_xxxx or 0x8000_0000 to a pipe, ffmpeg and RF64 files have
/// 0xffff_ffff.
const PLACEHOLDER: u32 = 0x7fff_0000;
/// The bytes before the first chunk: a name, the size of the rest, and another name, `WAVE` or `AIFF`.
const HEAD: u64 = 12;
/// The bytes before the content of a chunk: its name and its size.
const CHUNK: u64 = 8;

/// The format of a kind of file.
struct Form {
    /// The name of the chunk with the audio.
    sound: [u8; 4],
    number: fn([u8; 4]) -> u32,
    bytes: fn(u32) -> [u8; 4],
}

const WAV: Form = Form { sound: *b"data", number: u32::from_le_bytes, bytes: u32::to_le_bytes };
const AIFF: Form = Form { sound: *b"SSND", number: u32::from_be_bytes, bytes: u32::to_be_bytes };

/// The bytes that precede the audio in its chunk of an AIFF file.
const BEFORE_SOUND: u64 = 8;

/// What is wrong with the stated length of the audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatedLength {
    /// The length is missing: 0, or a placeholder.
    Missing,
    /// The stated length in bytes is longer than the file.
    TooLong(u32),
}

/// The bytes of a file that must be replaced when it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Patches {
    bytes: Vec<(u64, [u8; 4])>,
    /// Why they are needed. `None` if only the size of the whole file was wrong, which nobody needs.
    pub(super) stated: Option<StatedLength>,
}

/// The replacements with which the audio lasts up to the end of the file. `None` if the file is no WAV or AIFF file, or is
/// correct. RF64 and BW64 files have their sizes in a chunk of their own. With the replacements they are read as WAV files.
pub(super) fn patches(file: &mut (impl Read + Seek)) -> io::Result<Option<Patches>> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut four = |at: u64| -> io::Result<[u8; 4]> {
        let mut bytes = [0; 4];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    if length < HEAD {
        return Ok(None);
    }
    let name = four(0)?;
    let (form, is_long) = match (&name, &four(8)?) {
        (b"RIFF", b"WAVE") => (WAV, false),
        (b"RF64" | b"BW64", b"WAVE") => (WAV, true),
        (b"FORM", b"AIFF" | b"AIFC") => (AIFF, false),
        _ => return Ok(None),
    };
    // Sizes have 32 bits. Audio beyond that cannot be read.
    let size = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX - 1);
    let whole = (form.bytes)(size(length - CHUNK));
    let mut patches = Patches::default();
    if four(4)? != whole {
        patches.bytes.push((4, whole));
    }
    if is_long {
        patches.bytes.push((0, *b"RIFF"));
    }
    let (mut at, mut sound) = (HEAD, u64::MAX);
    // The position of an AIFF file's number of frames, and the bytes of a frame.
    let mut frames = None;
    while at + CHUNK <= length {
        let (name, stated) = (four(at)?, (form.number)(four(at + 4)?));
        let there = length - at - CHUNK;
        // The true sizes of 8 bytes each: of the file, and of the audio. Other chunks may follow the audio.
        if &name == b"ds64" && there >= 16 {
            let [low, high] =
                [four(at + CHUNK + 8)?, four(at + CHUNK + 12)?].map(u32::from_le_bytes);
            // 0 if the recorder was killed.
            sound =
                Some(u64::from(high) << 32 | u64::from(low)).filter(|it| *it > 0).unwrap_or(sound);
        }
        if &name == b"COMM" && there >= 8 {
            let [a, b, ..] = four(at + CHUNK)?;
            let [.., c, d] = four(at + CHUNK + 4)?;
            let bytes = u16::from_be_bytes([c, d]).div_ceil(8);
            let all = u64::from(u16::from_be_bytes([a, b])) * u64::from(bytes);
            frames = (all > 0).then_some((at + CHUNK + 2, all));
        }
        if name == form.sound {
            let is_missing = stated == 0 || stated >= PLACEHOLDER;
            if is_missing || u64::from(stated) > there {
                patches.bytes.push((at + 4, (form.bytes)(size(there.min(sound)))));
                if let Some((place, bytes)) = frames {
                    let count = there.saturating_sub(BEFORE_SOUND) / bytes;
                    patches.bytes.push((place, (form.bytes)(size(count))));
                }
                // An RF64 file states it in another place.
                let what =
                    if is_missing { StatedLength::Missing } else { StatedLength::TooLong(stated) };
                patches.stated = (!is_long).then_some(what);
            }
            break;
        }
        // Chunks start at even positions.
        at += CHUNK + u64::from(stated) + u64::from(stated % 2);
    }
    Ok((!patches.bytes.is_empty()).then_some(patches))
}

/// A file that is read with the replacements.
pub(super) struct Patched {
    file: File,
    at: u64,
    patches: Patches,
}

impl Patched {
    /// Starts at the beginning of the file.
    pub(super) fn new(mut file: File, patches: Patches) -> io::Result<Patched> {
        file.rewind()?;
        Ok(Patched { file, at: 0, patches })
    }
}

impl Read for Patched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        for (place, bytes) in &self.patches.bytes {
            for (place, byte) in (*place..).zip(bytes) {
                let within = place.checked_sub(self.at).and_then(|it| usize::try_from(it).ok());
                if let Some(there) = within.and_then(|it| into[..read].get_mut(it)) {
                    *there = *byte;
                }
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Patched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

impl MediaSource for Patched {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        self.file.metadata().ok().map(|it| it.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A WAV file with a chunk before the audio. `sizes`: the stated sizes of the file and of the audio.
    fn wav(name: &[u8; 4], sizes: [u32; 2], sound: usize) -> Vec<u8> {
        let mut bytes = name.to_vec();
        bytes.extend(sizes[0].to_le_bytes());
        bytes.extend(b"WAVELIST\x03\0\0\0abc\0data");
        bytes.extend(sizes[1].to_le_bytes());
        bytes.extend(vec![7; sound]);
        bytes
    }

    const BEFORE: u32 = 24;
    const SIZE_OF_SOUND: u64 = 28;

    fn patches_of(bytes: &[u8]) -> Option<Patches> {
        patches(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn a_correct_header_is_not_changed() {
        assert_eq!(patches_of(&wav(b"RIFF", [BEFORE + 100, 100], 100)), None);
        assert_eq!(patches_of(b"RIFF\0\0\0\0AVI LIST"), None);
        assert_eq!(patches_of(b"fLaC"), None);
    }

    #[test]
    fn missing_or_too_large_sizes_mean_up_to_the_end_of_the_file() {
        let sizes = [
            ([0, 0], StatedLength::Missing),
            ([0x8000_0024, 0x8000_0000], StatedLength::Missing),
            ([0x7fff_0024, 0x7fff_0000], StatedLength::Missing),
            ([u32::MAX, u32::MAX], StatedLength::Missing),
            ([4096, 101], StatedLength::TooLong(101)),
        ];
        for (sizes, stated) in sizes {
            let patches = patches_of(&wav(b"RIFF", sizes, 100)).unwrap();
            assert_eq!(patches.stated, Some(stated), "{sizes:?}");
            assert!(patches.bytes.contains(&(4, (BEFORE + 100).to_le_bytes())));
            assert!(patches.bytes.contains(&(SIZE_OF_SOUND, 100u32.to_le_bytes())));
        }
    }

    #[test]
    fn a_wrong_size_of_the_whole_file_is_corrected_without_a_warning() {
        let patches = patches_of(&wav(b"RIFF", [BEFORE + 92, 100], 100)).unwrap();
        let whole = (BEFORE + 100).to_le_bytes();
        assert_eq!(patches, Patches { bytes: vec![(4, whole)], stated: None });
    }

    #[test]
    fn the_audio_of_an_rf64_file_ends_where_its_ds64_chunk_says() {
        // If the chunk states none, the audio lasts up to the end of the file.
        for (told, wanted) in [(60u64, 60u32), (0, 72)] {
            let mut bytes = b"RF64\xff\xff\xff\xffWAVEds64\x10\0\0\0".to_vec();
            bytes.extend([0, told].map(u64::to_le_bytes).concat());
            bytes.extend(b"data\xff\xff\xff\xff");
            bytes.extend(vec![7; 60]);
            bytes.extend(b"axml\x04\0\0\0<a/>");
            let patches = patches_of(&bytes).unwrap();
            assert!(patches.bytes.contains(&(40, wanted.to_le_bytes())), "{patches:?}");
            assert_eq!(patches.stated, None);
        }
    }

    #[test]
    fn an_aiff_file_without_sizes_lasts_up_to_its_end() {
        // Two channels of 16 bits, with 25 samples each.
        let aiff = |sizes: [u32; 3]| {
            let [whole, frames, sound] = sizes.map(u32::to_be_bytes);
            let mut bytes = [b"FORM", &whole[..], b"AIFFCOMM\0\0\0\x12\0\x02"].concat();
            bytes.extend([&frames[..], b"\0\x10\x40\x0c\xfa\0\0\0\0\0\0\0SSND", &sound].concat());
            bytes.extend([0; 8]);
            bytes.extend([7; 100]);
            bytes
        };
        let right = [146, 25, 108];
        assert_eq!(patches_of(&aiff(right)), None);
        for sizes in [[0, 0, 0], [0x7fff_0000, 25, 0x7fff_0000], [8000, 9000, 9008]] {
            let patches = patches_of(&aiff(sizes)).unwrap();
            assert!(patches.stated.is_some());
            let mut mended = aiff(sizes);
            for (at, bytes) in patches.bytes {
                mended[at as usize..][..4].copy_from_slice(&bytes);
            }
            assert_eq!(mended, aiff(right), "{sizes:?}");
        }
    }

    #[test]
    fn an_rf64_file_is_read_as_a_wav_file() {
        let patches = patches_of(&wav(b"RF64", [u32::MAX, u32::MAX], 100)).unwrap();
        assert_eq!(patches.stated, None);
        assert!(patches.bytes.contains(&(0, *b"RIFF")));
    }

    #[test]
    fn replaced_bytes_are_read_whatever_the_size_of_reads() {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, &wav(b"RF64", [0, 0], 50)).unwrap();
        let found = patches(&mut file).unwrap().unwrap();
        for piece in [1, 3, 7, 1000] {
            let mut patched = Patched::new(file.try_clone().unwrap(), found.clone()).unwrap();
            let (mut all, mut bytes) = (Vec::<u8>::new(), vec![0; piece]);
            loop {
                let read = patched.read(&mut bytes).unwrap();
                all.extend(&bytes[..read]);
                if read == 0 {
                    break;
                }
            }
            assert_eq!(all, wav(b"RIFF", [BEFORE + 50, 50], 50), "in pieces of {piece}");
        }
    }
}
