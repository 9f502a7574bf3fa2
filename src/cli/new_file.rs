//! Writes a file of a person's own, and never over one that is there.
use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::Path,
};

use super::exit::Trouble;

pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<(), Trouble> {
    let written = File::create_new(path).and_then(|mut it| it.write_all(content));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => Trouble::Told(format!("cannot write `{}`: {error}", path.display())),
    })
}

pub(super) fn exists(path: &Path) -> Trouble {
    let path = path.display();
    Trouble::Told(format!(
        "`{path}` is there already and stays as it is: name another file, or remove it"
    ))
}
