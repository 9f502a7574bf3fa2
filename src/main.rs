//! The program: reads the command line, calls one function, turns its answer into an exit code.
use std::process::ExitCode;

fn main() -> ExitCode {
    livecap::cli::main()
}
