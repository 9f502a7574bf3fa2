//! `livecap check`: everything that is wrong with pipeline files.
use std::{
    io::{self, Write},
    path::PathBuf,
};

use serde_json::{Value, json};

use super::file;
use crate::spec::{self, Machine, Overrides};

#[derive(clap::Args, Debug)]
pub struct CheckArgs {
    /// Pipeline files.
    #[arg(required_unless_present = "schema", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Skip the checks that depend on this machine: models, devices, files, ports, variables.
    #[arg(long)]
    pub no_machine: bool,
    /// Print the JSON Schema of pipeline files for editors, and check nothing.
    #[arg(long, conflicts_with = "files")]
    pub schema: bool,
    /// Format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckFormat {
    /// Text with the lines of the file.
    #[default]
    Text,
    /// One JSON array of complaints.
    Json,
}

/// What a check needs to know about its environment.
pub struct Surroundings<'a> {
    pub machine: &'a dyn Machine,
    pub overrides: &'a Overrides,
    /// Is `out` a terminal that shows colours?
    pub colours: bool,
}

/// Writes the complaints of all files to `out`. Returns true if there are none; otherwise the exit code is 2.
pub fn check(args: &CheckArgs, around: &Surroundings<'_>, out: &mut dyn Write) -> io::Result<bool> {
    if args.schema {
        serde_json::to_writer_pretty(&mut *out, &spec::schema())?;
        writeln!(out)?;
        return Ok(true);
    }
    let mut fine = true;
    let mut objects: Vec<Value> = Vec::new();
    for (index, file) in args.files.iter().enumerate() {
        let path = file.display().to_string();
        let (text, complaints) = match file::read(file) {
            Ok(text) => {
                let complaints = complaints(args, around, file, &text);
                (text, complaints)
            }
            Err(error) => {
                fine = false;
                match args.format {
                    CheckFormat::Text => writeln!(out, "error[no-file]: {error}")?,
                    CheckFormat::Json => objects.push(json!({
                        "file": path, "code": "no-file", "title": error,
                        "marks": [], "help": null,
                    })),
                }
                continue;
            }
        };
        fine &= complaints.is_empty();
        match args.format {
            CheckFormat::Json => objects.extend(spec::to_json(&path, &text, &complaints)),
            CheckFormat::Text if complaints.is_empty() => writeln!(out, "{path}: ok")?,
            CheckFormat::Text => {
                let blank = if index > 0 { "\n" } else { "" };
                let told = spec::render(&path, &text, &complaints, around.colours);
                let count = match complaints.len() {
                    1 => "1 problem".to_owned(),
                    several => format!("{several} problems"),
                };
                writeln!(out, "{blank}{told}\n\n{path}: {count}")?;
            }
        }
    }
    if args.format == CheckFormat::Json {
        serde_json::to_writer_pretty(&mut *out, &objects)?;
        writeln!(out)?;
    }
    Ok(fine)
}

fn complaints(
    args: &CheckArgs,
    around: &Surroundings<'_>,
    file: &std::path::Path,
    text: &str,
) -> Vec<spec::Complaint> {
    let checked = match args.no_machine {
        true => spec::check_with(text, file, around.overrides),
        false => spec::check_on(text, file, around.overrides, around.machine),
    };
    checked.err().unwrap_or_default()
}
