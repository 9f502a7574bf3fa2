//! Files of sound that belong to captions, as they are begun: who records tells whoever keeps the captions.
use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// The most files of one run that are told of: a stage that begins a file again and again stays within it.
const MOST: usize = 10_000;

/// One file of sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SoundFile {
    /// Where it is, from the root.
    pub path: String,
    /// Where on the timeline of the captions its first sample is, in seconds.
    pub start: f64,
    /// The tracks whose words are in it.
    pub tracks: Vec<String>,
}

/// All files of a run, in the order in which they were begun.
#[derive(Clone)]
pub struct SoundFiles(Arc<watch::Sender<Vec<SoundFile>>>);

impl Default for SoundFiles {
    fn default() -> SoundFiles {
        SoundFiles(Arc::new(watch::Sender::new(Vec::new())))
    }
}

impl fmt::Debug for SoundFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SoundFiles").field(&self.0.borrow().len()).finish()
    }
}

impl SoundFiles {
    /// A file was begun.
    pub fn tell(&self, file: SoundFile) {
        self.0.send_if_modified(|files| {
            let has_room = files.len() < MOST;
            if has_room {
                files.push(file);
            } else {
                tracing::warn!(
                    path = file.path,
                    "too many files of sound: the journal does not name this one"
                );
            }
            has_room
        });
    }

    /// Those from number `from` on, counted from 0.
    pub fn since(&self, from: usize) -> Vec<SoundFile> {
        self.0.borrow().get(from..).unwrap_or_default().to_vec()
    }

    /// Wakes whoever waits when there is another.
    pub fn listen(&self) -> watch::Receiver<Vec<SoundFile>> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(number: usize) -> SoundFile {
        SoundFile { path: format!("/talk-{number}.wav"), start: 0.0, tracks: Vec::new() }
    }

    #[test]
    fn files_are_told_in_order_and_never_without_bound() {
        let files = SoundFiles::default();
        let mut told = files.listen();
        (0..MOST + 5).for_each(|it| files.tell(file(it)));
        assert!(told.has_changed().unwrap());
        assert_eq!(files.since(MOST - 1), [file(MOST - 1)]);
        assert_eq!(files.since(MOST), []);
        told.borrow_and_update();
        files.tell(file(0));
        assert!(!told.has_changed().unwrap(), "what is not kept wakes nobody");
    }
}
