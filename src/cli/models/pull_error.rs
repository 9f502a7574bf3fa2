//! Why a download failed, and what to do about it.
use std::{io, path::PathBuf};

use crate::models::Mismatch;

#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error(
        "cannot reach {url} ({cause}); without a network, get that file by other means, put it at {} and run `livecap models verify {name}`, or convert weights from elsewhere with `livecap models import`",
        path.display()
    )]
    Offline { name: String, url: String, path: PathBuf, cause: String },
    #[error(
        "{url} is not there ({status}); a mirror is named with --from URL or LIVECAP_MODELS_URL"
    )]
    NotFound { url: String, status: u16 },
    #[error("the server refuses access to {url} ({status})")]
    Refused { url: String, status: u16 },
    #[error("the server has had too many requests for {url} (429){}", wait(after.as_deref()))]
    TooMany { url: String, after: Option<String> },
    #[error("cannot get {url}: the server answers {status}")]
    Status { url: String, status: u16 },
    #[error(
        "{url} is not a model but {kind}: something between here and the server answered in its place"
    )]
    NotAFile { url: String, kind: String },
    #[error("`{url}` is not a usable address: {cause}")]
    Address { url: String, cause: String },
    #[error(
        "gave {url} up after {tries} tries ({cause}); {kept} bytes are kept, and the same command goes on from there"
    )]
    GaveUp { url: String, tries: u32, cause: String, kept: u64 },
    #[error("{name} from {url} is not the published file: {mismatch}; it was not kept")]
    WrongChecksum { name: String, url: String, mismatch: Mismatch },
    #[error("the disk is full at {}; make room and run the same command again, or set LIVECAP_MODELS to another folder", .0.display())]
    DiskFull(PathBuf),
    #[error("cannot write {}: {cause}", path.display())]
    Disk { path: PathBuf, cause: io::Error },
    #[error("another process is downloading {name} (it holds {})", lock.display())]
    Busy { name: String, lock: PathBuf },
    #[error(
        "cannot set up the connection: {0}; a machine without certificates needs the package ca-certificates"
    )]
    Client(String),
}

impl PullError {
    pub(super) fn disk(path: impl Into<PathBuf>, cause: io::Error) -> PullError {
        let path = path.into();
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PullError::DiskFull(path),
            _ => PullError::Disk { path, cause },
        }
    }
}

fn wait(after: Option<&str>) -> String {
    match after {
        Some(after) if after.bytes().all(|it| it.is_ascii_digit()) => {
            format!("; it asks to wait {after} s")
        }
        Some(after) => format!("; it asks to wait until {after}"),
        None => "; try again later".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_called_so() {
        use std::io::Write;
        let mut full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let cause = full.write_all(b"x").unwrap_err();
        assert!(matches!(PullError::disk("/models/m.bin.part", cause), PullError::DiskFull(_)));
    }

    #[test]
    fn a_server_that_asks_to_wait_is_quoted() {
        let told = |after: Option<&str>| {
            PullError::TooMany { url: "u".into(), after: after.map(String::from) }.to_string()
        };
        assert!(told(Some("30")).ends_with("it asks to wait 30 s"));
        assert!(told(None).ends_with("try again later"));
    }
}
