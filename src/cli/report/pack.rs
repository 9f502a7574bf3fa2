//! A report is a zip file: it is written and read here.
use std::{
    fs::{self, File},
    io::{self, Read, Seek, Write},
    path::Path,
};

use zip::{CompressionMethod, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// Who made it, and of what; the first file of a report.
pub(super) const ABOUT: &str = "report.json";
pub(super) const PIPELINE: &str = "pipeline.toml";
/// One event of the log a line: `{seq, at, event}`.
pub(super) const EVENTS: &str = "events.jsonl";
/// The states of the pipeline when they changed, one a line.
pub(super) const NOTES: &str = "notes.jsonl";
pub(super) const LOG: &str = "log.jsonl";
pub(super) const METRICS: &str = "metrics.txt";
pub(super) const STATE: &str = "state.json";
pub(super) const SOUND: &str = "sound.flac";

/// The longest file of a report that is read: 10 minutes of sound are some 20 MB.
const LONGEST: u64 = 2 << 30;

pub(super) struct Pack<W: Write + Seek> {
    zip: ZipWriter<W>,
    /// Names and bytes of what is in it.
    pub(super) files: Vec<(String, u64)>,
}

impl<W: Write + Seek> Pack<W> {
    pub(super) fn new(out: W) -> Pack<W> {
        Pack { zip: ZipWriter::new(out), files: Vec::new() }
    }

    pub(super) fn add(&mut self, name: &str, text: &[u8]) -> io::Result<()> {
        self.copy(name, &mut &*text)
    }

    pub(super) fn copy(&mut self, name: &str, from: &mut dyn Read) -> io::Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options).map_err(io::Error::other)?;
        let bytes = io::copy(from, &mut self.zip)?;
        self.files.push((name.to_owned(), bytes));
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.zip.finish().map_err(io::Error::other)
    }
}

/// A report that is read.
pub(super) struct Unpacked(ZipArchive<File>);

impl Unpacked {
    /// # Errors
    /// Why it is no report, or cannot be read.
    pub(super) fn open(path: &Path) -> Result<Unpacked, String> {
        let file = File::open(path).map_err(|it| it.to_string())?;
        let mut zip = ZipArchive::new(file).map_err(|it| match it {
            ZipError::Io(error) => error.to_string(),
            _ => "it is no report: `livecap report` writes one".to_owned(),
        })?;
        if zip.by_name(ABOUT).is_err() || zip.by_name(PIPELINE).is_err() {
            return Err("it is no report: `livecap report` writes one".to_owned());
        }
        Ok(Unpacked(zip))
    }

    pub(super) fn has(&mut self, name: &str) -> bool {
        self.0.by_name(name).is_ok()
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, String> {
        let told = |why: String| format!("`{name}` in it: {why}");
        let file = self.0.by_name(name).map_err(|it| told(it.to_string()))?;
        let mut text = String::new();
        file.take(LONGEST).read_to_string(&mut text).map_err(|it| told(it.to_string()))?;
        Ok(text)
    }

    /// Only files by the names above are taken, so none lands outside of `folder`.
    pub(super) fn extract(&mut self, name: &str, folder: &Path) -> Result<(), String> {
        let told = |why: String| format!("`{name}` in it: {why}");
        let file = self.0.by_name(name).map_err(|it| told(it.to_string()))?;
        let mut out = fs::File::create(folder.join(name)).map_err(|it| told(it.to_string()))?;
        io::copy(&mut file.take(LONGEST), &mut out).map_err(|it| told(it.to_string()))?;
        Ok(())
    }
}
