//! Reads a pipeline file, and recognises files of other kinds.
use std::{fs, io, path::Path};

use crate::stages::pcm::sound_file_kind;

/// Endings of sound files. The contents of some of them cannot be recognised.
const SOUND: [&str; 13] =
    ["aac", "aif", "aiff", "flac", "m4a", "mkv", "mov", "mp3", "mp4", "ogg", "opus", "wav", "webm"];

/// The text of the file, or one sentence on why it cannot be used and what to do.
pub(super) fn read(file: &Path) -> Result<String, String> {
    let bytes = fs::read(file).map_err(|error| cannot(file, &error))?;
    String::from_utf8(bytes).map_err(|error| no_text(file, error.as_bytes()))
}

fn cannot(file: &Path, error: &io::Error) -> String {
    let path = file.display();
    if !file.is_dir() {
        return format!("cannot read `{path}`: {error}");
    }
    let entries = fs::read_dir(file).into_iter().flatten().flatten().map(|it| it.path());
    let mut files: Vec<_> =
        entries.filter(|it| it.extension().is_some_and(|it| it == "toml")).collect();
    files.sort();
    match files.first() {
        Some(first) => {
            format!("`{path}` is a folder; name a pipeline file, such as `{}`", first.display())
        }
        None => format!("`{path}` is a folder; name a pipeline file, which ends in `.toml`"),
    }
}

fn no_text(file: &Path, bytes: &[u8]) -> String {
    let path = file.display();
    let ending = file.extension().map(|it| it.to_string_lossy().to_lowercase());
    let has_ending = ending.is_some_and(|it| SOUND.contains(&it.as_str()));
    let kind = sound_file_kind(bytes).or_else(|| has_ending.then_some("a sound file"));
    match kind {
        Some(kind) => format!(
            "`{path}` is {kind}, not a pipeline file; transcribe it with `livecap transcribe {path} --model tiny.en`, or play it \
             in a pipeline file with a table `[recording.talk]` that has `path = \"{path}\"`"
        ),
        None => format!("`{path}` is not text; a pipeline file is TOML in UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pipeline_file_is_named_with_what_can_be_done_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let told = |name: &str, bytes: &[u8]| {
            let file = folder.path().join(name);
            fs::write(&file, bytes).unwrap();
            read(&file).unwrap_err()
        };
        let wav = told("talk.wav", b"RIFF\xff\xff\0\0WAVEfmt ");
        assert!(
            wav.contains("talk.wav` is a WAV file, not a pipeline file; transcribe it with `livecap transcribe "),
            "{wav}"
        );
        let mp3 = told("talk.MP3", b"\xff\xfb\x90\x64");
        assert!(mp3.contains("is a sound file, not a pipeline file"), "{mp3}");
        let other = told("talk.toml", b"name = \"\xff\"");
        assert!(other.contains("is not text; a pipeline file is TOML"), "{other}");
        let within = read(folder.path()).unwrap_err();
        assert!(within.contains("is a folder; name a pipeline file, such as `"), "{within}");
        assert!(within.ends_with("talk.toml`"), "{within}");
        let absent = read(&folder.path().join("nothing.toml")).unwrap_err();
        assert!(absent.starts_with("cannot read `"), "{absent}");
    }
}
