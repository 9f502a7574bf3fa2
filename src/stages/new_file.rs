//! Creates a new file under the first free name, so that nothing is overwritten.
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// The highest number that is tried.
const MOST_FILES: u32 = 10_000;

/// Creates a file at `wanted`, or at the first free name of `name-2`, `name-3`, …
pub(super) fn create(wanted: &Path) -> io::Result<(PathBuf, File)> {
    for number in 1..=MOST_FILES {
        let path = if number == 1 { wanted.to_owned() } else { numbered(wanted, number) };
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => (),
            Err(cause) => return Err(cause),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "there are too many of it already"))
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_free_name_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let names = |wanted: &str| {
            let (path, _) = create(&folder.path().join(wanted)).unwrap();
            path.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(
            [names("a.srt"), names("a.srt"), names("a.srt")],
            ["a.srt", "a-2.srt", "a-3.srt"]
        );
        assert_eq!([names("plain"), names("plain")], ["plain", "plain-2"]);
        let missing = create(&folder.path().join("none/a.srt")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
