//! What is done with captions: replace, lines.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::{
    Code,
    plan::{self, Place, Planned},
    table::{Around, Settings},
};

/// Corrects captions: names that are always misheard, words that are masked, phrases that are never shown. Rules match whole
/// words, and in scripts without spaces wherever they stand, whatever their case, in partials and finals alike; of several that
/// match at one place the first does, in the order `unwanted`, `mask`, `words`, `patterns`, longer ones first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Replace {
    /// What is heard and what is written instead: `words = { "life cap" = "livecap" }`.
    #[serde(default)]
    words: BTreeMap<String, String>,
    /// Words that are shown as asterisks.
    #[serde(default)]
    mask: Vec<String>,
    /// Phrases that are taken out, such as those that a model makes up in silence.
    #[serde(default)]
    unwanted: Vec<String>,
    /// Regular expressions and what is written instead, `$1` for a group: `patterns = { "gr[ea]y" = "grey" }`.
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
                    format!("`{pattern}` is no regular expression"),
                    why.to_owned(),
                    Some(format!("words = {{ {pattern:?} = \"…\" }}, if it is meant as it stands")),
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

/// Captions as JSON, one object a line. Without `from` they are read, with it they are written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Lines {
    /// A file, or `-` for standard input or output. One that is there already is not written over: `talk-2.jsonl` follows `talk.jsonl`.
    #[serde(default = "dash")]
    #[schemars(length(min = 1))]
    path: String,
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
        Some(Planned::Lines(plan::Lines { place }))
    }
}
