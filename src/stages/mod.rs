//! The kinds of stages, one file or folder each. A stage never sees an actor, a pipeline file never sees a stage.
pub mod broadcast;
pub mod browser;
pub mod command;
mod items;
pub mod lines;
#[cfg(feature = "microphone")]
pub mod microphone;
mod new_file;
pub mod pcm;
mod raw;
pub mod recognise;
pub mod record;
pub mod recording;
pub mod replace;
pub mod resample;
pub mod subtitles;
mod tempo;
mod text_file;
pub mod translate;
#[cfg(feature = "whisper")]
pub mod whisper;
