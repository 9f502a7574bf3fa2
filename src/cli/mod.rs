//! The subcommands, one a file.
pub mod check;
pub mod graph;
//! The command line: one subcommand a file.
pub mod devices;
