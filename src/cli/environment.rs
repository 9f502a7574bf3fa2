//! The environment of a subcommand: its variables, and this machine.
use std::env;

use super::exit::Trouble;
use crate::{assemble::ThisMachine, spec::Overrides};

/// The environment variables that override a pipeline file.
pub(crate) fn overrides() -> Overrides {
    Overrides::from_variables(|name| env::var(name).ok())
}

pub(crate) fn this_machine() -> Result<ThisMachine, Trouble> {
    ThisMachine::new().map_err(|error| Trouble::Told(error.to_string()))
}
