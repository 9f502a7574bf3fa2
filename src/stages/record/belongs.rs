//! Whose words are in a recording: who keeps them is told of each file.
use std::path::Path;

use crate::{
    message::MediaTime,
    wire::{SoundFile, SoundFiles},
};

/// The captions that the sound belongs to.
#[derive(Clone, Debug, Default)]
pub struct Belongs {
    /// Of whoever keeps them; `None`: nobody does.
    pub files: Option<SoundFiles>,
    pub tracks: Vec<String>,
}

impl Belongs {
    pub(super) fn tell(&self, path: &Path, start: MediaTime) {
        let Some(files) = &self.files else { return };
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        files.tell(SoundFile {
            path: path.display().to_string(),
            start: start.as_secs_f64(),
            tracks: self.tracks.clone(),
        });
    }
}
