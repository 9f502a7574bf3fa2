//! What is done with captions: replace, lines.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::{
    Code,
    plan::{self, Place, Planned, WhenExists},
    table::{Around, Settings},
};

/// Corrects captions: replaces misheard names, masks words, removes phrases. Rules apply to partials and finals. They match whole
/// words (in scripts without spaces at any place), and ignore case. If several rules match at one place, the first one applies, in
/// the order `unwanted`, `mask`, `words`, `patterns`; within one key, longer ones come first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Replace {
    /// Words and their replacements: `words = { "life cap" = "livecap" }`.
    #[serde(default)]
    words: BTreeMap<String, String>,
    /// Words to show as asterisks.
    #[serde(default)]
    mask: Vec<String>,
    /// Phrases to remove, such as those that a model invents in silence.
    #[serde(default)]
    unwanted: Vec<String>,
    /// Regular expressions and their replacements, with `$1` for a group: `patterns = { "gr[ea]y" = "grey" }`.
    #[serde(default)]
    patterns: BTreeMap<String, String>,
}

impl Settings for Replace {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        for pattern in self.patterns.keys() {
            if let Err(error) = regex::Regex::new(pattern) {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
                around.complain(
                    Code::BadPattern,
                    "patterns",
                    format!("`{pattern}` is not a regular expression"),
                    why.to_owned(),
                    Some(format!("words = {{ {pattern:?} = \"…\" }}, if it is meant literally")),
                );
            }
        }
        Some(Planned::Replace(plan::Replace {
            words: self.words,
            mask: self.mask,
            unwanted: self.unwanted,
            patterns: self.patterns,
        }))
    }
}

/// Captions as JSON, one object per line. With `from` the stage writes them; without it, it reads them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Lines {
    /// A file, or `-` for standard input or output.
    #[serde(default = "dash")]
    #[schemars(length(min = 1))]
    path: String,
    /// What happens to an existing file when captions are written.
    #[serde(default)]
    when_exists: WhenExists,
}

fn dash() -> String {
    "-".to_owned()
}

impl Settings for Lines {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        let place = match self.path.as_str() {
            "-" => Place::Standard,
            path => Place::File(around.path(path)),
        };
        Some(Planned::Lines(plan::Lines { place, when_exists: self.when_exists }))
    }
}
