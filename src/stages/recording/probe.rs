//! Detects the kind of a file, and whether it is truncated, which symphonia does not report.
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    time::Duration,
};

use symphonia::core::{
    formats::{FormatOptions, FormatReader, probe::Hint},
    io::{MediaSource, MediaSourceStream},
    meta::MetadataOptions,
};

use super::{
    SoundFileError,
    mp4::{Edits, edits},
    unsupported_kinds,
    wav_sizes::{Patched, StatedLength, patches},
};

pub(super) struct Probed {
    pub(super) reader: Box<dyn FormatReader>,
    /// Whether its end is known to be missing. If not, it may still be.
    pub(super) is_truncated: bool,
    /// The edit lists of an MP4 file.
    pub(super) edits: Vec<Edits>,
}

/// Opens the file at `place`. Errors name `path`.
pub(super) fn probe(place: &Path, path: &Path) -> Result<Probed, SoundFileError> {
    let open = |cause| SoundFileError::Open { path: path.to_owned(), cause };
    let mut file = File::open(place).map_err(open)?;
    let about = file.metadata().map_err(open)?;
    if about.is_dir() {
        return Err(open(io::ErrorKind::IsADirectory.into()));
    }
    if about.is_file() && about.len() == 0 {
        return Err(SoundFileError::Empty { path: path.to_owned() });
    }
    let mut source: Box<dyn MediaSource> = Box::new(file.try_clone().map_err(open)?);
    let (mut is_truncated, mut edits_of_tracks) = (false, Vec::new());
    // Only a regular file can be read twice, a pipe cannot.
    if about.is_file() {
        let mut beginning = Vec::new();
        (&file).take(unsupported_kinds::BEGINNING).read_to_end(&mut beginning).map_err(open)?;
        if let Some(kind) = unsupported_kinds::unsupported_kind(&beginning) {
            let cause = kind.to_owned();
            return Err(SoundFileError::Unsupported { path: path.to_owned(), cause });
        }
        let magic = &beginning[..beginning.len().min(8)];
        if magic.starts_with(b"OggS") {
            is_truncated = is_ogg_truncated(&mut file).map_err(open)?;
        } else if magic.ends_with(b"ftyp") {
            edits_of_tracks = edits(&mut file).map_err(open)?;
            if is_mp4_truncated(&mut file).map_err(open)? {
                is_truncated = true;
                source = Box::new(Forward(file.try_clone().map_err(open)?));
            }
        } else if let Some(patches) = patches(&mut file).map_err(open)? {
            if let Some(stated) = patches.stated {
                warn_about_length(path, stated);
            }
            let patched = Patched::new(file.try_clone().map_err(open)?, patches);
            source = Box::new(patched.map_err(open)?);
        }
        file.rewind().map_err(open)?;
    }
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|it| it.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(source, Default::default());
    let (format, meta) = (FormatOptions::default(), MetadataOptions::default());
    let reader =
        symphonia::default::get_probe().probe(&hint, stream, format, meta).map_err(|error| {
            let (path, cause) = (path.to_owned(), error.to_string());
            match is_truncated {
                true => SoundFileError::Truncated { path, at: Duration::ZERO, of: None },
                false => SoundFileError::NotAudio { path, cause },
            }
        })?;
    Ok(Probed { reader, is_truncated, edits: edits_of_tracks })
}

/// Warns about a wrong length in a header. Nothing is lost: all audio in the file is given.
fn warn_about_length(path: &Path, stated: StatedLength) {
    let path = path.display();
    match stated {
        StatedLength::Missing => {
            tracing::warn!(%path, "its header does not say how long its sound is, as where a recorder was killed: read to the end of the file");
        }
        StatedLength::TooLong(bytes) => {
            tracing::warn!(%path, bytes, "its header promises more sound than there is: read to the end of the file; was it copied whole?");
        }
    }
}

/// Whether an OGG file is truncated. It states no length, but its last page is marked.
fn is_ogg_truncated(file: &mut File) -> io::Result<bool> {
    /// Longer than any page.
    const TAIL: u64 = 128 * 1024;
    /// The bytes of a page's header before its table of segments. Byte 5 has its flags, byte 26 the length of the table.
    const HEADER: usize = 27;
    const LAST: u8 = 4;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let Some(at) = tail.windows(4).rposition(|it| it == b"OggS") else { return Ok(true) };
    let page = &tail[at..];
    let Some(segments) = page.get(HEADER - 1) else { return Ok(true) };
    let Some(table) = page.get(HEADER..HEADER + usize::from(*segments)) else { return Ok(true) };
    let body: usize = table.iter().map(|it| usize::from(*it)).sum();
    Ok(page.len() < HEADER + table.len() + body || page[5] & LAST == 0)
}

/// Whether an MP4 file is truncated. It is a row of atoms, each with its length, and the last one must end within the file.
fn is_mp4_truncated(file: &mut File) -> io::Result<bool> {
    /// A length of 1 means that the true one, of 8 bytes, follows the name. 0 means up to the end.
    const LONG: u64 = 1;
    const HEADER: u64 = 8;
    let length = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    while at + HEADER <= length {
        file.seek(SeekFrom::Start(at))?;
        let mut number = [0; 8];
        file.read_exact(&mut number)?;
        let mut atom = u64::from_be_bytes(number) >> 32;
        if atom == LONG && at + 2 * HEADER <= length {
            file.read_exact(&mut number)?;
            atom = u64::from_be_bytes(number);
        }
        if atom < HEADER {
            return Ok(false);
        }
        at = at.saturating_add(atom);
    }
    Ok(at > length)
}

/// A file that cannot seek. If an MP4 atom ends after the end of the file, symphonia gives no audio at all, unless it cannot
/// find that end.
struct Forward(File);

impl Read for Forward {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Seek for Forward {
    fn seek(&mut self, _to: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl MediaSource for Forward {
    fn is_seekable(&self) -> bool {
        false
    }

    fn byte_len(&self) -> Option<u64> {
        None
    }
}
