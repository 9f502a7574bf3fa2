//! Sound files that clients send to be transcribed: who does that, how many may wait, and where they are kept meanwhile.
use std::{fmt, path::PathBuf, sync::Arc};

use futures::future::BoxFuture;
use tokio::sync::Semaphore;

use crate::message::Transcript;

/// Files that wait, beside the one that is transcribed.
const WAITING: usize = 4;
/// Files that are on their way. They are not among those that wait: who sends slowly would keep the others out.
const ARRIVING: usize = 16;

/// Makes text of a sound file.
pub trait FileTranscriber: Send + Sync + 'static {
    /// `called`: its name for errors. Ends early where the future is dropped.
    fn transcribe(
        &self,
        file: PathBuf,
        called: PathBuf,
        language: Option<String>,
    ) -> BoxFuture<'_, Result<Vec<Transcript>, FileTrouble>>;
}

/// Why there is no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileTrouble {
    /// The file, or what was asked for, is wrong.
    #[error("{0}")]
    Asked(String),
    #[error("{0}")]
    Here(String),
}

/// One file at a time: live captions come first.
#[derive(Clone)]
pub struct FileDoor {
    pub(crate) transcriber: Arc<dyn FileTranscriber>,
    /// Who may send a file, who waits or is at work, and whose turn it is.
    pub(crate) arriving: Arc<Semaphore>,
    pub(crate) inside: Arc<Semaphore>,
    pub(crate) turn: Arc<Semaphore>,
}

impl FileDoor {
    pub fn new(transcriber: Arc<dyn FileTranscriber>) -> FileDoor {
        let [arriving, inside, turn] =
            [ARRIVING, WAITING + 1, 1].map(|it| Arc::new(Semaphore::new(it)));
        FileDoor { transcriber, arriving, inside, turn }
    }
}

impl fmt::Debug for FileDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileDoor").finish_non_exhaustive()
    }
}
