//! What is said in the recording: the reference that was named, or the one that lies beside it.
use std::{fs, path::Path};

use super::super::Trouble;
use crate::logic::reference::Reference;

/// `None` where none was named and none lies beside the recording.
pub(super) fn of(named: Option<&Path>, recording: &Path) -> Result<Option<Reference>, Trouble> {
    if let Some(path) = named {
        return read(path).map(Some);
    }
    let beside = ["json", "txt"].map(|ending| recording.with_extension(ending));
    beside.iter().find(|it| it.is_file()).map(|it| read(it)).transpose()
}

fn read(path: &Path) -> Result<Reference, Trouble> {
    let shown = path.display();
    let refused = |why: String| Trouble::Told(why);
    let text = fs::read_to_string(path)
        .map_err(|error| refused(format!("cannot read the reference `{shown}`: {error}")))?;
    if path.extension().is_some_and(|it| it.eq_ignore_ascii_case("json")) {
        return serde_json::from_str(&text).map_err(|error| {
            refused(format!(
                "`{shown}` is no reference: {error}; its shape stands in docs/measures.md, and a plain text is one too"
            ))
        });
    }
    Ok(Reference { text, ..Reference::default() })
}
