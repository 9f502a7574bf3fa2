//! A text file that is appended to, always with whole pieces. While the disk is full, pieces wait in memory.
use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempPath;
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncSeekExt, AsyncWriteExt},
    time::{Instant, sleep_until},
};

use super::new_file;
use crate::{
    flow::{Never, Outlet, StageState},
    message::WhenExists,
};

/// A full disk is tried again after this time.
const AGAIN: Duration = Duration::from_secs(1);
/// The most bytes that may wait for room, which is hours of captions.
const MOST_WAITING: usize = 4 << 20;

pub(super) struct TextFile {
    path: PathBuf,
    file: File,
    /// The file's temporary path, until its first piece is written and it takes the place of the file at `path`.
    aside: Option<TempPath>,
    /// Goes in front of the first piece.
    head: Vec<u8>,
    /// The end of the last whole piece; `None` for a pipe or a device, which has no length.
    end: Option<u64>,
    waiting: VecDeque<Vec<u8>>,
    again: Option<Instant>,
}

impl TextFile {
    /// Creates a file at `wanted`, or beside an existing one: `name-2`, `name-3`, … With [`WhenExists::Replace`] the existing file is
    /// replaced by a rename once the new one holds a piece. An existing pipe or device is opened.
    pub(super) async fn create(wanted: &Path, when_exists: WhenExists) -> io::Result<TextFile> {
        let existing = tokio::fs::metadata(wanted).await;
        let (path, file, aside, end) = match (existing, when_exists) {
            (Ok(it), _) if !it.is_file() && !it.is_dir() => {
                let file = OpenOptions::new().write(true).open(wanted).await?;
                (wanted.to_owned(), file, None, None)
            }
            (_, WhenExists::Number) => {
                let (path, file) = new_file::create(wanted)?;
                (path, File::from_std(file), None, Some(0))
            }
            (Ok(it), WhenExists::Replace) if it.is_dir() => {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            (_, WhenExists::Replace) => {
                let (file, aside) = new_file::create_aside(wanted)?;
                (wanted.to_owned(), File::from_std(file), Some(aside), Some(0))
            }
        };
        let (head, waiting) = (Vec::new(), VecDeque::new());
        Ok(TextFile { path, file, aside, head, end, waiting, again: None })
    }

    /// Puts `head` in front of the first piece. Both are written together.
    pub(super) fn begin_with(&mut self, head: &[u8]) {
        self.head = head.to_vec();
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a piece, or keeps it until the disk has room. Any other failure is an error.
    pub(super) async fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        let mut whole = std::mem::take(&mut self.head);
        whole.extend(piece);
        self.waiting.push_back(whole);
        if self.again.is_some_and(|it| Instant::now() < it) {
            return self.bounded();
        }
        self.write_waiting().await
    }

    /// Tries to write the pieces that wait.
    pub(super) async fn write_waiting(&mut self) -> io::Result<()> {
        while let Some(piece) = self.waiting.front() {
            let length = piece.len() as u64;
            let written = match self.file.write_all(piece).await {
                Ok(()) => self.file.flush().await,
                Err(error) => Err(error),
            };
            let written = match written {
                Ok(()) => self.replace().await,
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => {
                    self.end = self.end.map(|it| it + length);
                    self.waiting.pop_front();
                }
                Err(error) => {
                    self.take_back().await;
                    if !is_full(&error) {
                        return Err(error);
                    }
                    self.again = Some(Instant::now() + AGAIN);
                    return self.bounded();
                }
            }
        }
        self.again = None;
        Ok(())
    }

    /// Puts the file in its place, if it is not there yet. Whoever opens the path gets the whole old file or the whole new one, also
    /// after a power failure: the new one is on the disk before the old one goes.
    async fn replace(&mut self) -> io::Result<()> {
        let Some(aside) = self.aside.take() else { return Ok(()) };
        let replaced = match self.file.sync_all().await {
            Ok(()) => aside.persist(&self.path).map_err(|refused| (refused.error, refused.path)),
            Err(error) => Err((error, aside)),
        };
        replaced.map_err(|(error, aside)| {
            self.aside = Some(aside);
            error
        })
    }

    /// When to try again; `None` if nothing waits.
    pub(super) fn again(&self) -> Option<Instant> {
        self.again
    }

    /// The message while pieces wait.
    pub(super) fn trouble(&self) -> Option<String> {
        let count = self.waiting.len();
        self.again.is_some().then(|| {
            format!(
                "{} has no room on its disk: {count} captions wait in memory; make room there",
                self.path.display()
            )
        })
    }

    /// Removes an incomplete piece from the end of the file.
    async fn take_back(&mut self) {
        let Some(end) = self.end else { return };
        if let Err(error) = self.file.set_len(end).await {
            tracing::warn!(path = %self.path.display(), %error, "half a line could not be taken back");
        }
        if let Err(error) = self.file.seek(io::SeekFrom::Start(end)).await {
            tracing::warn!(path = %self.path.display(), %error, "its end could not be found again");
        }
    }

    fn bounded(&self) -> io::Result<()> {
        let bytes: usize = self.waiting.iter().map(Vec::len).sum();
        match bytes <= MOST_WAITING {
            true => Ok(()),
            false => Err(io::ErrorKind::StorageFull.into()),
        }
    }
}

/// Returns at `again`; never if nothing waits.
pub(super) async fn wait_until(again: Option<Instant>) {
    match again {
        Some(again) => sleep_until(again).await,
        None => std::future::pending().await,
    }
}

/// Sets the state of the stage to degraded while pieces wait, and back to running after that.
pub(super) fn tell(trouble: Option<String>, out: &Outlet<Never>) {
    let gauge = out.gauge();
    let is_told = gauge.read().state == StageState::Degraded;
    match trouble {
        Some(why) => {
            if !is_told {
                tracing::warn!(stage = gauge.name(), "{why}");
                gauge.count("waited-for-room");
            }
            gauge.set(StageState::Degraded, Some(why));
        }
        None if is_told => {
            tracing::info!(stage = gauge.name(), "there is room again: nothing was lost");
            gauge.set(StageState::Running, None);
        }
        None => (),
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn what_is_there_is_kept_and_pieces_are_written_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("talk.jsonl");
        fs::write(&wanted, "of yesterday\n").unwrap();
        let mut file = TextFile::create(&wanted, WhenExists::Number).await.unwrap();
        file.append(b"one\n").await.unwrap();
        assert_eq!(file.path(), folder.path().join("talk-2.jsonl"));
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "one\n");
        file.append(b"two\n").await.unwrap();
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "one\ntwo\n");
        assert_eq!(fs::read_to_string(&wanted).unwrap(), "of yesterday\n");
    }

    #[tokio::test]
    async fn a_file_is_replaced_in_one_step_once_the_new_one_has_a_piece() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("talk.vtt");
        fs::write(&wanted, "of yesterday\n").unwrap();
        // Whoever has the old file open reads it to its end.
        let mut reader = fs::File::open(&wanted).unwrap();
        let mut file = TextFile::create(&wanted, WhenExists::Replace).await.unwrap();
        file.begin_with(b"WEBVTT\n\n");
        assert_eq!(fs::read_to_string(&wanted).unwrap(), "of yesterday\n");
        file.append(b"one\n").await.unwrap();
        assert_eq!(file.path(), wanted);
        assert_eq!(fs::read_to_string(&wanted).unwrap(), "WEBVTT\n\none\n");
        file.append(b"two\n").await.unwrap();
        assert_eq!(fs::read_to_string(&wanted).unwrap(), "WEBVTT\n\none\ntwo\n");
        assert_eq!(io::read_to_string(&mut reader).unwrap(), "of yesterday\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_folder_is_not_replaced_and_refused_before_anything_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let refused = TextFile::create(folder.path(), WhenExists::Replace).await.err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::IsADirectory);
    }

    #[tokio::test]
    async fn a_piece_waits_where_the_file_cannot_take_its_place_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("talk.srt");
        let mut file = TextFile::create(&wanted, WhenExists::Replace).await.unwrap();
        // A folder with something in it cannot be replaced by a file.
        fs::create_dir_all(wanted.join("in the way")).unwrap();
        file.append(b"one\n").await.unwrap_err();
        fs::remove_dir_all(&wanted).unwrap();
        file.append(b"two\n").await.unwrap();
        assert_eq!(fs::read_to_string(&wanted).unwrap(), "one\ntwo\n");
    }

    #[tokio::test]
    async fn a_file_is_not_replaced_where_nothing_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("talk.srt");
        fs::write(&wanted, "of yesterday\n").unwrap();
        drop(TextFile::create(&wanted, WhenExists::Replace).await.unwrap());
        assert_eq!(fs::read_to_string(&wanted).unwrap(), "of yesterday\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn half_a_piece_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut file =
            TextFile::create(&folder.path().join("talk.srt"), WhenExists::Number).await.unwrap();
        file.append(b"one\n").await.unwrap();
        file.file.write_all(b"hal").await.unwrap();
        file.file.flush().await.unwrap();
        file.take_back().await;
        file.append(b"two\n").await.unwrap();
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "one\ntwo\n");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test(start_paused = true)]
    async fn what_a_full_disk_does_not_take_waits_and_is_written_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        // `/dev/full` is always full.
        let mut file = TextFile::create(Path::new("/dev/full"), WhenExists::Number).await.unwrap();
        file.append(b"one\n").await.unwrap();
        file.append(b"two\n").await.unwrap();
        let told = file.trouble().unwrap();
        assert!(told.contains("/dev/full has no room on its disk: 2 captions wait"), "{told}");
        assert_eq!(file.again(), Some(Instant::now() + AGAIN));
        let path = folder.path().join("talk.txt");
        file.file = File::create(&path).await.unwrap();
        file.write_waiting().await.unwrap();
        assert_eq!((file.trouble(), file.again()), (None, None));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn no_more_waits_than_memory_is_meant_for() {
        let mut file = TextFile::create(Path::new("/dev/full"), WhenExists::Number).await.unwrap();
        let piece = vec![b'x'; MOST_WAITING / 2];
        file.append(&piece).await.unwrap();
        file.append(&piece).await.unwrap();
        let error = file.append(b"x").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
