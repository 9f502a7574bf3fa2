//! Creates a new file: under the first free name, or aside until it takes the place of an existing one.
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use tempfile::TempPath;

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

/// A new file in the folder of `wanted`, to take its place by a rename. It is deleted if that does not happen.
pub(super) fn create_aside(wanted: &Path) -> io::Result<(File, TempPath)> {
    let folder = wanted.parent().filter(|it| !it.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".livecap-");
    // As any new file has it: others may read what they may read of the old one.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    Ok(builder.tempfile_in(folder.unwrap_or(Path::new(".")))?.into_parts())
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
