//! How a subcommand ends: with an exit code, or with trouble that is told.
use std::{io, process::ExitCode};

/// 0: fine. 1: a running pipeline gave up. 2: wrong command line or file, and all that `check` would have told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Fine,
    GaveUp,
    Refused,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::GaveUp => 1,
            Exit::Refused => 2,
        })
    }
}

/// An error that ends a subcommand before it has a result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("cannot write to standard output: {0}")]
    Write(#[from] io::Error),
    #[error("{0}")]
    Told(String),
}
