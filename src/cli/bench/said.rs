//! The reference of the recording: the one from the command line, or the one beside the recording.
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::super::exit::Trouble;
use crate::{
    logic::reference::{Reference, TimedWord},
    message::Language,
    spec::plan::SpokenLanguage,
};

/// `None` if none is given and none is beside the recording.
pub(super) fn of(named: Option<&Path>, recording: &Path) -> Result<Option<Reference>, Trouble> {
    let Some(path) = named.map(Path::to_owned).or_else(|| beside(recording)) else {
        return Ok(None);
    };
    let (said, words) = (read(&path)?, recording.with_extension("words.json"));
    if !words.is_file() {
        return Ok(Some(said));
    }
    let times: Vec<TimedWord> = serde_json::from_str(&text_of(&words)?).map_err(|error| {
        Trouble::Told(format!(
            "`{}` has no word times: {error}; it should be a list of {{ \"word\", \"start\", \"end\" }}, in seconds",
            words.display()
        ))
    })?;
    Ok(Some(said.with_words(times)))
}

/// The reference beside a recording.
pub(super) fn beside(recording: &Path) -> Option<PathBuf> {
    let beside = ["json", "txt"].map(|ending| recording.with_extension(ending));
    beside.into_iter().find(|it| it.is_file())
}

/// The language that a reference says is spoken; several are left to the model.
pub(super) fn spoken(said: &Reference) -> Option<SpokenLanguage> {
    said.language.as_deref().map(|tag| match tag.split(['-', '_']).next() {
        Some(tag) if tag != "mixed" => SpokenLanguage::Is(Language::new(tag)),
        _ => SpokenLanguage::Auto,
    })
}

fn text_of(path: &Path) -> Result<String, Trouble> {
    fs::read_to_string(path).map_err(|error| {
        Trouble::Told(format!("cannot read the reference `{}`: {error}", path.display()))
    })
}

fn read(path: &Path) -> Result<Reference, Trouble> {
    let shown = path.display();
    let text = text_of(path)?;
    if path.extension().is_some_and(|it| it.eq_ignore_ascii_case("json")) {
        return serde_json::from_str(&text).map_err(|error| {
            Trouble::Told(format!(
                "`{shown}` is not a reference: {error}; docs/measures.md describes the format, and plain text is accepted too"
            ))
        });
    }
    Ok(Reference { text, ..Reference::default() })
}
