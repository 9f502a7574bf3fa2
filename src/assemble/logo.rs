//! The logo of an event, read from its file: only pictures that browsers show, and no large ones.
use std::{fs, io::Read, path::Path};

use crate::{serve::Logo, spec::Trouble};

/// Every reader's phone loads it.
const LARGEST: usize = 512 * 1024;

/// Reads the picture. Its type is that of its content, whatever its name.
pub(super) fn read(path: &Path) -> Result<Logo, Trouble> {
    let trouble = |why: String, mend: &str| Trouble { why, mend: Some(mend.to_owned()) };
    let mut bytes = Vec::new();
    let opened = fs::File::open(path);
    let most = LARGEST as u64 + 1;
    opened
        .and_then(|it| it.take(most).read_to_end(&mut bytes))
        .map_err(|error| Trouble { why: error.to_string(), mend: None })?;
    if bytes.len() > LARGEST {
        let why = format!("it is larger than {} kB", LARGEST / 1024);
        return Err(trouble(why, "save it smaller: readers load it on phones"));
    }
    match content_type(&bytes) {
        Some(content_type) => Ok(Logo { bytes: bytes.into(), content_type }),
        None => Err(trouble(
            "it is neither SVG, PNG, WebP nor JPEG".to_owned(),
            "save it as one of these",
        )),
    }
}

fn content_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => {
            let text = str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim_start();
            (text.starts_with('<') && text.contains("<svg")).then_some("image/svg+xml")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_content() {
        for (bytes, found) in [
            (&b"\x89PNG\r\n\x1a\n\0\0"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", Some("image/svg+xml")),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg/>", Some("image/svg+xml")),
            (b"<!doctype html><title>svg</title>", None),
            (b"GIF89a", None),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"", None),
        ] {
            assert_eq!(content_type(bytes), found, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_large_file_is_refused_with_the_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), vec![b' '; LARGEST + 1]).unwrap();
        let told = read(file.path()).unwrap_err();
        assert!(told.why.contains("larger than 512 kB"), "{told:?}");
        assert!(read(Path::new("no such file")).is_err());
    }
}
