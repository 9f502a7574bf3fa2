//! The errors of sound files. Each names the file and a remedy.
use std::{io, path::PathBuf, time::Duration};

/// Why a sound file gives no audio, or no more.
#[derive(Debug, thiserror::Error)]
pub enum SoundFileError {
    #[error("cannot open `{}`: {cause}; check the path and who may read it", path.display())]
    Open { path: PathBuf, cause: io::Error },
    #[error("`{}` is empty; record it anew, or name another file", path.display())]
    Empty { path: PathBuf },
    #[error(
        "`{}` is not a sound file that can be read ({cause}); WAV, FLAC, MP3, OGG, Opus, M4A/MP4, MKV/WebM, AIFF and CAF can", path.display()
    )]
    NotAudio { path: PathBuf, cause: String },
    #[error(
        "`{}` holds sound that cannot be decoded ({cause}); convert it: ffmpeg -i `{}` sound.flac",
        path.display(),
        path.display()
    )]
    Unsupported { path: PathBuf, cause: String },
    #[error("`{}` says that it has {what}; its header is damaged, record or convert it anew", path.display())]
    Header { path: PathBuf, what: &'static str },
    /// Everything before it has been given.
    #[error(
        "`{}` is truncated: its sound ends at {:.2} s{}; fetch or record it anew",
        path.display(),
        at.as_secs_f64(),
        of.map_or(String::new(), |of| format!(" of {:.2} s", of.as_secs_f64()))
    )]
    Truncated { path: PathBuf, at: Duration, of: Option<Duration> },
    /// Everything before it has been given.
    #[error(
        "`{}` is damaged at {:.2} s ({cause}); fetch or record it anew", path.display(), at.as_secs_f64()
    )]
    Damaged { path: PathBuf, at: Duration, cause: String },
    /// Everything before it has been given.
    #[error(
        "`{}` changes its rate at {:.2} s from {from} to {to} Hz; convert it: ffmpeg -i `{}` sound.flac",
        path.display(),
        at.as_secs_f64(),
        path.display()
    )]
    RateChanged { path: PathBuf, at: Duration, from: u32, to: u32 },
    #[error("`{}` has {has} track{} of sound, and no track {wanted}", path.display(), if *has == 1 { "" } else { "s" })]
    NoTrack { path: PathBuf, wanted: usize, has: usize },
    #[error("`{}` has {has} channel{}, and no channel {wanted}: take one of 1 to {has}, or mix them", path.display(), if *has == 1 { "" } else { "s" })]
    NoChannel { path: PathBuf, wanted: usize, has: usize },
    #[error("`{}` ends at {:.2} s, before the start of {:.2} s; start earlier", path.display(), at.as_secs_f64(), start.as_secs_f64())]
    StartsPastEnd { path: PathBuf, at: Duration, start: Duration },
}
