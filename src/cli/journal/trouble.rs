//! What keeps a journal from being read or printed, as the program ends with it.
use std::io;

use super::super::exit::Trouble;
use crate::journal::JournalError;

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
pub(super) fn told(error: JournalError) -> Trouble {
    Trouble::Told(error.to_string())
}

pub(super) fn unwritten(error: io::Error) -> Trouble {
    Trouble::Write(error)
}
