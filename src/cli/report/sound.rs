//! The recorded sound of a part of an event's timeline, as one file.
use std::{io::Cursor, ops::Range, path::Path, time::Duration};

use crate::{
    message::SampleRate,
    stages::{
        record::FlacFile,
        recording::{SoundFile, SoundFileError},
    },
    wire,
};

/// Silence is written in pieces of this many samples.
const SILENCE: [f32; 4096] = [0.0; 4096];

/// Why there is no excerpt.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoExcerpt {
    #[error(
        "the journal names no sound of these minutes: `record` in its table names the stage that records"
    )]
    NotRecorded,
    #[error("{0}")]
    File(#[from] SoundFileError),
    #[error("the sound cannot be packed: {0}")]
    Flac(#[from] std::io::Error),
}

/// What the files hold of `span`, in seconds of the timeline, as FLAC. What is missing in between is silence. Where the rate
/// changes from one file to the next it ends there.
pub(super) fn excerpt(files: &[wire::SoundFile], span: Range<f64>) -> Result<Vec<u8>, NoExcerpt> {
    let mut out = Cursor::new(Vec::new());
    let mut flac: Option<(FlacFile<_>, SampleRate, usize)> = None;
    // The files of one stage follow each other. What was moved away since is silence.
    for (number, named) in files.iter().enumerate() {
        let until = files.get(number + 1).map_or(span.end, |it| it.start.min(span.end));
        let from = named.start.max(span.start);
        if from >= until || !Path::new(&named.path).exists() {
            continue;
        }
        let mut file = SoundFile::open(Path::new(&named.path))?;
        let rate = file.rate();
        if flac.is_none() {
            flac = Some((FlacFile::new(&mut out, rate)?, rate, 0));
        }
        let Some((flac, first_rate, written)) = &mut flac else { break };
        if *first_rate != rate {
            break;
        }
        let samples = |seconds: f64| rate.samples_in(Duration::from_secs_f64(seconds.max(0.0)));
        let (begin, end) = (samples(from - span.start), samples(until - span.start));
        silence(flac, begin.saturating_sub(*written))?;
        *written = (*written).max(begin);
        file.skip_to(samples(from - named.start) as u64)?;
        let mut left = end.saturating_sub(*written);
        while left > 0 {
            let Some(chunk) = file.next_chunk()? else { break };
            let take = chunk.len().min(left);
            flac.write(&chunk[..take])?;
            *written += take;
            left -= take;
        }
    }
    let Some((flac, ..)) = flac else { return Err(NoExcerpt::NotRecorded) };
    flac.finish()?;
    Ok(out.into_inner())
}

fn silence<W: std::io::Write + std::io::Seek + Send>(
    flac: &mut FlacFile<W>,
    mut missing: usize,
) -> std::io::Result<()> {
    while missing > 0 {
        let piece = missing.min(SILENCE.len());
        flac.write(&SILENCE[..piece])?;
        missing -= piece;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A second of one value at 8 kHz, from `start` on.
    fn named(folder: &Path, name: &str, start: f64, value: f32) -> wire::SoundFile {
        let (path, rate) = (folder.join(name), SampleRate::new(8_000).unwrap());
        let mut flac = FlacFile::new(fs::File::create(&path).unwrap(), rate).unwrap();
        flac.write(&[value; 8_000]).unwrap();
        flac.finish().unwrap();
        wire::SoundFile { path: path.display().to_string(), start, tracks: Vec::new() }
    }

    fn heard(flac: Vec<u8>) -> Vec<f32> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it.flac");
        fs::write(&path, flac).unwrap();
        let mut file = SoundFile::open(&path).unwrap();
        let mut all = Vec::new();
        while let Some(chunk) = file.next_chunk().unwrap() {
            all.extend(chunk);
        }
        all
    }

    #[test]
    fn a_part_of_two_files_has_silence_between_them() {
        let folder = tempfile::tempdir().unwrap();
        let files =
            [named(folder.path(), "a.flac", 10.0, 0.5), named(folder.path(), "b.flac", 12.0, 0.25)];
        let all = heard(excerpt(&files, 10.25..12.5).unwrap());
        assert_eq!(all.len(), 18_000);
        for (at, value) in [(0, 0.5), (5_999, 0.5), (6_000, 0.0), (13_999, 0.0), (14_000, 0.25)] {
            assert!((all[at] - value).abs() < 1e-3, "{at}: {}", all[at]);
        }
        // A file that is gone is silence; if all are, there is nothing.
        fs::remove_file(&files[0].path).unwrap();
        let all = heard(excerpt(&files, 10.0..12.5).unwrap());
        assert_eq!((all.len(), all[0]), (20_000, 0.0));
        fs::remove_file(&files[1].path).unwrap();
        assert!(matches!(excerpt(&files, 10.0..12.5), Err(NoExcerpt::NotRecorded)));
        assert!(matches!(excerpt(&[], 0.0..1.0), Err(NoExcerpt::NotRecorded)));
    }
}
