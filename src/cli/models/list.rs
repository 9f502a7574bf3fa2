//! `livecap models list`: a table of every known model.
use std::{fs, io::Write, path::Path};

use super::{
    ModelsError,
    lookup::{files, in_program, mebibytes},
    part,
};
use crate::models::{Catalogue, Languages, ModelEntry, Store, inspect};

const HEAD: [&str; 7] = ["name", "size", "parameters", "languages", "licence", "here", "to get it"];
/// What is not known.
const UNKNOWN: &str = "–";

type Row = [String; HEAD.len()];

/// Writes one line a model: name, size, millions of parameters, languages, licence, whether it is here, and what to type. Behind
/// those of the catalogue come the other models of the folder.
pub fn list(catalogue: &Catalogue, store: &Store, out: &mut dyn Write) -> Result<(), ModelsError> {
    let mut rows: Vec<Row> = vec![HEAD.map(String::from)];
    rows.extend(catalogue.entries().iter().map(|entry| row(entry, store)));
    for path in files(store)? {
        let file = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        if catalogue.of_file(&file).is_none() {
            rows.push(row_of_own(&file, &path));
        }
    }
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    writeln!(out, "\nmodels lie in {}", store.folder().display())?;
    Ok(())
}

fn row(entry: &ModelEntry, store: &Store) -> Row {
    let on_disk = size_of(&store.path_of(entry));
    let size = on_disk.or(entry.size).map_or(UNKNOWN.into(), mebibytes);
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
    let parameters = entry.parameters.map_or(UNKNOWN.into(), |it| millions(u64::from(it)));
    let licence = entry.licence.clone().unwrap_or(UNKNOWN.into());
    let mut languages = entry.languages.name().to_string();
    if let Some(words) = &entry.vocabulary {
        languages = format!("{languages}, {words}");
    }
    [entry.name.clone(), size, parameters, languages, licence, here, command]
}

/// A model that was imported or put there: what is known of it stands in its file.
fn row_of_own(file: &str, path: &Path) -> Row {
    let imported = file.strip_prefix("ggml-").and_then(|it| it.strip_suffix(".bin"));
    let name = imported.unwrap_or(file).to_string();
    let size = size_of(path).map_or(UNKNOWN.into(), mebibytes);
    let unknown = || UNKNOWN.to_string();
    match inspect(path) {
        Ok(header) => {
            let parameters = millions((header.parameters() as f64 / 1e6).round() as u64);
            let languages =
                if header.multilingual() { Languages::Multilingual } else { Languages::English };
            let languages = languages.name().to_string();
            [name, size, parameters, languages, unknown(), "yes".into(), String::new()]
        }
        Err(_) => [name, size, unknown(), unknown(), unknown(), "damaged".into(), String::new()],
    }
}

fn millions(count: u64) -> String {
    format!("{count} M")
}

fn size_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().filter(|it| it.is_file()).map(|it| it.len())
}
