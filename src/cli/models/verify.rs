//! `livecap models verify`: whether the models that are here are the published ones.
use std::{
    io::{self, Write},
    path::Path,
};

use super::{
    ModelsError,
    lookup::{entries, files, in_program},
};
use crate::models::{Catalogue, ModelEntry, Store, inspect};

#[derive(Debug, Default, clap::Args)]
pub struct VerifyArgs {
    /// Names of models [default: all that are on this machine]
    pub names: Vec<String>,
}

/// Writes one line a model: `ok`, `damaged`, `missing`, or `unknown` for a file of no known name.
///
/// # Errors
/// [`ModelsError::NotWhole`] where one is damaged or missing, after all were looked at.
pub fn verify(
    args: &VerifyArgs,
    catalogue: &Catalogue,
    store: &Store,
    out: &mut dyn Write,
) -> Result<(), ModelsError> {
    let mut bad = Vec::new();
    if args.names.is_empty() {
        if let Some(demo) = catalogue.entries().iter().find(|entry| in_program(entry)) {
            known(demo, catalogue, store, &mut bad, out)?;
        }
        for path in files(store)? {
            let name =
                path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
            match catalogue.of_file(&name) {
                Some(entry) if in_program(entry) => {}
                Some(entry) => known(entry, catalogue, store, &mut bad, out)?,
                None => unknown(&name, &path, &mut bad, out)?,
            }
        }
    } else {
        for entry in entries(catalogue, &args.names)? {
            known(entry, catalogue, store, &mut bad, out)?;
        }
    }
    match bad.len() {
        0 => Ok(()),
        1 => Err(ModelsError::NotWhole(format!("{} is", bad[0]))),
        _ => Err(ModelsError::NotWhole(format!("{} are", bad.join(", ")))),
    }
}

fn known(
    entry: &ModelEntry,
    catalogue: &Catalogue,
    store: &Store,
    bad: &mut Vec<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = &entry.name;
    let found = match store.resolve(catalogue, name, store.folder()) {
        Ok(found) => found,
        Err(lack) => return tell_bad(bad, out, "missing", name, &lack.to_string()),
    };
    match found.verify() {
        Some(Err(fault)) => tell_bad(bad, out, "damaged", name, &fault.to_string()),
        Some(Ok(proof)) => {
            writeln!(out, "ok       {name}  {} {}  {}", proof.by, proof.sum, found.weights)?;
            proof.doubt.map_or(Ok(()), |doubt| writeln!(out, "         {name}  {doubt}"))
        }
        None => writeln!(out, "unknown  {name}  {}", found.weights),
    }
}

fn unknown(name: &str, path: &Path, bad: &mut Vec<String>, out: &mut dyn Write) -> io::Result<()> {
    match inspect(path) {
        Ok(header) => {
            let languages = if header.multilingual() { "multilingual" } else { "English" };
            writeln!(
                out,
                "unknown  {name}  a whole model ({}, {languages}) that the catalogue lacks",
                header.size_name()
            )
        }
        Err(fault) => tell_bad(bad, out, "damaged", name, &fault.to_string()),
    }
}

fn tell_bad(
    bad: &mut Vec<String>,
    out: &mut dyn Write,
    word: &str,
    name: &str,
    told: &str,
) -> io::Result<()> {
    bad.push(name.to_string());
    writeln!(out, "{word:<7}  {name}  {told}")
}
