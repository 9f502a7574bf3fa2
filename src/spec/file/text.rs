//! What is done with captions: translate, replace, lines.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::{
    Code,
    plan::{self, Place, Planned, Provider},
    resolve::Around,
};
use crate::message::Language;

/// Adds captions in another language.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Translate {
    /// The language to translate into, as `nl` or `fr`.
    #[schemars(length(min = 2))]
    to: String,
    /// Who translates.
    #[serde(default = "openai")]
    provider: Provider,
    /// The provider's address; required for `openai` and `libretranslate`.
    #[schemars(extend("x-default" = "the provider's own"))]
    url: Option<String>,
    /// The model that an `openai` endpoint is asked for.
    #[schemars(extend("x-default" = "the endpoint's own"))]
    model: Option<String>,
    /// The name of the environment variable that holds the key. A key itself never stands in a file.
    #[schemars(length(min = 1))]
    api_key_env: Option<String>,
}

fn openai() -> Provider {
    Provider::OpenAi
}

impl Translate {
    pub(in crate::spec) fn resolve(self, around: &mut Around<'_>) -> Planned {
        let example = match self.provider {
            Provider::OpenAi => Some("http://127.0.0.1:11434/v1"),
            Provider::LibreTranslate => Some("http://127.0.0.1:5000"),
            Provider::DeepL | Provider::Apertium => None,
        };
        if let (None, Some(example)) = (&self.url, example) {
            around.complain(
                Code::MissingKey,
                "provider",
                format!("`{}` has no `url`", around.title()),
                "this provider has no address of its own",
                Some(format!("url = \"{example}\"")),
            );
        }
        Planned::Translate(plan::Translate {
            to: Language::new(&self.to),
            provider: self.provider,
            url: self.url,
            model: self.model,
            api_key_env: self.api_key_env,
        })
    }
}

/// Corrects captions: names that are always misheard, words that are masked, phrases that are never shown.
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
}

impl Replace {
    pub(in crate::spec) fn resolve(self) -> Planned {
        Planned::Replace(plan::Replace {
            words: self.words,
            mask: self.mask,
            unwanted: self.unwanted,
        })
    }
}

/// Captions as JSON, one object a line. Without `from` they are read, with it they are written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Lines {
    /// A file, or `-` for standard input or output.
    #[serde(default = "dash")]
    #[schemars(length(min = 1))]
    path: String,
}

fn dash() -> String {
    "-".to_owned()
}

impl Lines {
    pub(in crate::spec) fn resolve(self, around: &Around<'_>) -> Planned {
        let place = match self.path.as_str() {
            "-" => Place::Standard,
            path => Place::File(around.path(path)),
        };
        Planned::Lines(plan::Lines { place })
    }
}
