//! The subcommands, one a file.
pub mod check;
pub mod graph;
