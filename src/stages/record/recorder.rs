//! The files of one recording: chooses their names, fills gaps with silence, and starts a new one where needed.
use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    belongs::Belongs,
    error::RecordError,
    flac::Flac,
    wav,
    writer::{Writer, to_i16},
};
use crate::{
    message::{AudioFrame, MediaTime, RecordFormat, RecordSettings, SampleRate},
    stages::new_file,
};

/// A shorter jump of the timeline is rounding by the source.
const TOLERANCE: std::time::Duration = std::time::Duration::from_millis(1);
/// Silence is written in pieces of this many samples.
const SILENCE: [i16; 4096] = [0; 4096];

pub(super) struct Recorder {
    settings: RecordSettings,
    belongs: Belongs,
    max_samples: u64,
    file: Option<OpenFile>,
}

/// An open file.
struct OpenFile {
    path: PathBuf,
    rate: SampleRate,
    start: MediaTime,
    samples: u64,
    writer: Box<dyn Writer>,
}

impl Recorder {
    pub(super) fn new(settings: RecordSettings, belongs: Belongs) -> Recorder {
        let max_samples = match settings.format {
            RecordFormat::Wav => wav::MAX_SAMPLES,
            RecordFormat::Flac => u64::MAX,
        };
        Recorder { settings, belongs, max_samples, file: None }
    }

    pub(super) fn push(&mut self, frame: &AudioFrame) -> Result<(), RecordError> {
        if frame.is_interruption() {
            return Ok(());
        }
        if self.file.as_ref().is_some_and(|file| file.rate != frame.rate) {
            self.finish()?;
        }
        if self.file.is_none() {
            self.file = Some(self.open(frame.start, frame.rate)?);
        }
        let end = self.file.as_ref().map_or(frame.start, OpenFile::end);
        if frame.start > end + TOLERANCE {
            let mut missing = frame.rate.samples_in(frame.start.since(end));
            while missing > 0 {
                let piece = missing.min(SILENCE.len());
                self.write(&SILENCE[..piece])?;
                missing -= piece;
            }
        }
        // Audio that was written already, where time went back.
        let overlap = match end > frame.start + TOLERANCE {
            true => frame.rate.samples_in(end.since(frame.start)).min(frame.samples.len()),
            false => 0,
        };
        let samples: Vec<i16> = frame.samples[overlap..].iter().map(|it| to_i16(*it)).collect();
        self.write(&samples)
    }

    /// Writes to the open file, and to the next one once that is full.
    fn write(&mut self, mut samples: &[i16]) -> Result<(), RecordError> {
        while let Some(file) = &mut self.file
            && !samples.is_empty()
        {
            let room = self.max_samples - file.samples;
            let (now, later) = samples.split_at(room.min(samples.len() as u64) as usize);
            file.writer.write(now).map_err(|cause| failed(&file.path, cause))?;
            file.samples += now.len() as u64;
            samples = later;
            if !samples.is_empty() {
                let (end, rate) = (file.end(), file.rate);
                self.finish()?;
                self.file = Some(self.open(end, rate)?);
            }
        }
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<(), RecordError> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.writer.finish().map_err(|cause| failed(&file.path, cause))
    }

    fn open(&self, start: MediaTime, rate: SampleRate) -> Result<OpenFile, RecordError> {
        let wanted = &self.settings.path;
        let (path, file) = new_file::create(wanted).map_err(|cause| failed(wanted, cause))?;
        let writer: io::Result<Box<dyn Writer>> = match self.settings.format {
            RecordFormat::Wav => wav::Wav::new(file, rate).map(|it| Box::new(it) as _),
            RecordFormat::Flac => Flac::new(file, rate).map(|it| Box::new(it) as _),
        };
        let writer = writer.map_err(|cause| failed(&path, cause))?;
        tracing::info!(path = %path.display(), start = start.as_secs_f64(), rate = rate.hertz(), "recording the sound");
        self.belongs.tell(&path, start);
        Ok(OpenFile { path, rate, start, samples: 0, writer })
    }
}

impl OpenFile {
    fn end(&self) -> MediaTime {
        self.start + MediaTime::of_sample(self.samples, self.rate).since_start()
    }
}

/// A stage that ends early leaves a finished file, too.
impl Drop for Recorder {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            tracing::warn!(%error, "a recording was left as it is");
        }
    }
}

fn failed(path: &Path, cause: io::Error) -> RecordError {
    let remedy = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room on that disk, or record to another"
        }
        io::ErrorKind::NotFound => "make the folder first",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "name a file that may be written"
        }
        io::ErrorKind::AlreadyExists => "move the older recordings away",
        _ => "check the path and the disk",
    };
    RecordError { path: path.to_owned(), cause, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{message::Trace, wire::SoundFiles};
    use std::time::Duration;
    use tokio::time::Instant;

    fn frame(start: Duration, rate: u32, samples: usize) -> AudioFrame {
        let (rate, trace) = (SampleRate::new(rate).unwrap(), Trace::starting(Instant::now()));
        AudioFrame {
            start: MediaTime::new(start),
            rate,
            samples: vec![0.5; samples].into(),
            hole: None,
            speaker: None,
            trace,
        }
    }

    fn recorder(folder: &Path, name: &str) -> Recorder {
        let format = if name.ends_with("wav") { RecordFormat::Wav } else { RecordFormat::Flac };
        Recorder::new(RecordSettings { path: folder.join(name), format }, Belongs::default())
    }

    fn samples(path: PathBuf) -> Vec<i16> {
        hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect()
    }

    #[test]
    fn a_full_file_is_continued_in_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = recorder(folder.path(), "long.wav");
        let files = SoundFiles::default();
        recorder.belongs = Belongs { files: Some(files.clone()), tracks: vec!["words".to_owned()] };
        recorder.max_samples = 1_000;
        for ms in 0..25 {
            recorder.push(&frame(Duration::from_millis(ms * 10), 10_000, 100)).unwrap();
        }
        drop(recorder);
        let told: Vec<(bool, f64)> =
            files.since(0).iter().map(|it| (Path::new(&it.path).exists(), it.start)).collect();
        assert_eq!(told, [(true, 0.0), (true, 0.1), (true, 0.2)]);
        let lengths = ["long.wav", "long-2.wav", "long-3.wav"]
            .map(|it| samples(folder.path().join(it)).len());
        assert_eq!(lengths, [1_000, 1_000, 500]);
    }

    #[test]
    fn a_new_rate_starts_a_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = recorder(folder.path(), "rates.flac");
        recorder.push(&frame(Duration::ZERO, 16_000, 160)).unwrap();
        recorder.push(&frame(Duration::from_millis(10), 48_000, 480)).unwrap();
        recorder.finish().unwrap();
        assert!(folder.path().join("rates-2.flac").exists());
    }

    #[test]
    fn the_error_for_a_full_disk_names_a_remedy() {
        struct Full(io::Cursor<Vec<u8>>);
        impl io::Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                match self.0.get_ref().len() + bytes.len() > 1_000 {
                    true => Err(io::ErrorKind::StorageFull.into()),
                    false => self.0.write(bytes),
                }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        impl io::Seek for Full {
            fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
                self.0.seek(to)
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = recorder(folder.path(), "full.wav");
        let rate = SampleRate::SPEECH;
        let writer = Box::new(wav::Wav::new(Full(io::Cursor::default()), rate).unwrap());
        let path = folder.path().join("full.wav");
        recorder.file = Some(OpenFile { path, rate, start: MediaTime::ZERO, samples: 0, writer });
        recorder.push(&frame(Duration::ZERO, 16_000, 320)).unwrap();
        let error =
            recorder.push(&frame(Duration::from_millis(20), 16_000, 320)).unwrap_err().to_string();
        assert!(error.contains("full.wav") && error.contains("make room"), "{error}");
    }
}
