//! `livecap models list`: a table of every known model.
use std::{fs, io::Write, path::PathBuf};

use super::{ModelsError, in_program, mebibytes, part};
use crate::models::{Catalogue, ModelEntry, Store};

/// Writes one line a model: name, size where it is known, languages, whether it is here, and what to type.
pub fn list(catalogue: &Catalogue, store: &Store, out: &mut dyn Write) -> Result<(), ModelsError> {
    let rows: Vec<[String; 5]> =
        catalogue.entries().iter().map(|entry| row(entry, store)).collect();
    let head = ["name", "size", "languages", "here", "to get it"].map(String::from);
    let widths: Vec<usize> = (0..head.len())
        .map(|column| {
            let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        })
        .collect();
    for row in [&head].into_iter().chain(&rows) {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    writeln!(out, "\nmodels lie in {}", store.folder().display())?;
    Ok(())
}

fn row(entry: &ModelEntry, store: &Store) -> [String; 5] {
    let on_disk = size_of(&store.path_of(entry));
    let size = on_disk.or(entry.size).map_or("–".to_string(), mebibytes);
    let command = format!("livecap models pull {}", entry.name);
    let (here, command) = if in_program(entry) {
        ("built in".to_string(), String::new())
    } else if on_disk.is_some() {
        ("yes".to_string(), String::new())
    } else if let Some(begun) = size_of(&part::path_of(store, entry)).filter(|bytes| *bytes > 0) {
        (format!("{} of it", mebibytes(begun)), command)
    } else if entry.url.is_none() {
        ("not in this build".to_string(), String::new())
    } else {
        ("no".to_string(), command)
    };
    let mut languages = entry.languages.name().to_string();
    if let Some(words) = &entry.vocabulary {
        languages = format!("{languages}, {words}");
    }
    [entry.name.clone(), size, languages, here, command]
}

fn size_of(path: &PathBuf) -> Option<u64> {
    fs::metadata(path).ok().filter(|it| it.is_file()).map(|it| it.len())
}
