//! What is done with captions: translate.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        Code,
        plan::{self, BreakerSettings, Clauses, KeyPlace, Planned, Provider},
        table::{Around, Settings},
        units::Length,
    },
    number,
};
use crate::message::Language;

/// Adds captions in another language. Captions in the original never wait for it; what it is late with is given up, and
/// pages show the original there. See [translation](translation.md).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Translate {
    /// The language to translate into, as `nl` or `fr`.
    #[schemars(length(min = 2))]
    to: String,
    /// The language that is spoken, where the recogniser does not say.
    #[schemars(length(min = 2))]
    source: Option<String>,
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
    /// A file that holds the key and nothing else.
    #[schemars(length(min = 1))]
    api_key_file: Option<String>,
    /// Whether clauses that will not change are translated before their segment is final: `stable`, or `off`.
    #[serde(default = "off")]
    partials: Clauses,
    /// How words are always translated, for `openai`: `glossary = { "gap" = "gat" }`.
    #[serde(default)]
    glossary: BTreeMap<String, String>,
    /// Told to an `openai` model beside what it is told anyway.
    #[schemars(length(max = 4000))]
    prompt: Option<String>,
    /// How freely an `openai` model chooses its words; 0: always the likeliest.
    #[schemars(range(min = 0.0, max = 2.0), extend("x-default" = "the endpoint's own"))]
    temperature: Option<f32>,
    /// How many sentences before it go along with each text, for `openai` and `deepl`.
    #[serde(default = "number::<2>")]
    #[schemars(range(max = 20))]
    context: usize,
    /// How long a segment that ends in mid-sentence waits for the next one, to be translated with it; `0s`: not at all.
    #[serde(default = "Length::ms::<2000>")]
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    join: Length,
    /// How many requests may be under way at once.
    #[serde(default = "number::<4>")]
    #[schemars(range(min = 1, max = 64))]
    in_flight: usize,
    /// How many texts may be under way or wait; past it the oldest is given up.
    #[serde(default = "number::<64>")]
    #[schemars(range(min = 1, max = 10_000))]
    backlog: usize,
    /// How long one request may take.
    #[serde(default = "Length::ms::<8000>")]
    #[schemars(extend("x-range" = ["10ms", "5m"]))]
    timeout: Length,
    /// What is not translated so long after it was said is given up.
    #[serde(default = "Length::ms::<20_000>")]
    #[schemars(extend("x-range" = ["10ms", "1h"]))]
    deadline: Length,
    /// How often what failed is asked for again.
    #[serde(default = "number::<4>")]
    #[schemars(range(max = 100))]
    retries: usize,
    /// How long to wait before that; each further wait is twice as long. A service that names a time is left alone so long.
    #[serde(default = "Length::ms::<500>")]
    #[schemars(extend("x-range" = ["1ms", "1m"]))]
    wait: Length,
    /// When a service that fails again and again is left alone.
    #[serde(default)]
    breaker: Breaker,
    /// How many answers are kept for what is said again.
    #[serde(default = "number::<500>")]
    #[schemars(range(max = 100_000))]
    cache: usize,
}

/// When a service that fails again and again is left alone.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Breaker {
    /// So many failures in a row.
    #[schemars(range(min = 1, max = 1000))]
    failures: u32,
    /// For so long; then one request tries it. Each further wait is twice as long.
    #[schemars(extend("x-range" = ["1ms", "10m"]))]
    wait: Length,
    /// But no longer than this.
    #[schemars(extend("x-range" = ["1ms", "1h"]))]
    longest: Length,
}

impl Default for Breaker {
    fn default() -> Breaker {
        let BreakerSettings { failures, wait, longest } = BreakerSettings::default();
        Breaker { failures, wait: Length(wait), longest: Length(longest) }
    }
}

fn openai() -> Provider {
    Provider::OpenAi
}

fn off() -> Clauses {
    Clauses::Off
}

impl Settings for Translate {
    fn resolve(self, around: &mut Around<'_>) -> Option<Planned> {
        self.complain(around);
        let key = match (self.api_key_env, self.api_key_file) {
            (Some(name), _) => KeyPlace::Variable(name),
            (None, Some(path)) => KeyPlace::File(around.path(&path)),
            (None, None) => KeyPlace::None,
        };
        Some(Planned::Translate(Box::new(plan::Translate {
            to: Language::new(&self.to),
            source: self.source.as_deref().map(Language::new),
            provider: self.provider,
            url: self.url,
            model: self.model,
            key,
            partials: self.partials,
            glossary: self.glossary,
            prompt: self.prompt,
            temperature: self.temperature,
            context: self.context,
            join: self.join.0,
            in_flight: self.in_flight,
            backlog: self.backlog,
            timeout: self.timeout.0,
            deadline: self.deadline.0,
            retries: self.retries as u32,
            wait: self.wait.0,
            breaker: BreakerSettings {
                failures: self.breaker.failures,
                wait: self.breaker.wait.0,
                longest: self.breaker.longest.0.max(self.breaker.wait.0),
            },
            cache: self.cache,
        })))
    }
}

impl Translate {
    /// What the provider needs and has not, and what it is given and cannot use.
    fn complain(&self, around: &mut Around<'_>) {
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
        let has_key = self.api_key_env.is_some() || self.api_key_file.is_some();
        if self.provider == Provider::DeepL && !has_key {
            around.complain(
                Code::MissingKey,
                "provider",
                format!("`{}` has no key", around.title()),
                "DeepL answers to accounts only",
                Some("api-key-env = \"LIVECAP_TRANSLATE_KEY\"".to_owned()),
            );
        }
        if self.api_key_env.is_some() && self.api_key_file.is_some() {
            around.complain(
                Code::UnknownKey,
                "api-key-file",
                format!("`{}` has two keys", around.title()),
                "the second one",
                Some("name a variable or a file, not both".to_owned()),
            );
        }
        if self.provider == Provider::OpenAi {
            return;
        }
        let chat = [
            ("model", self.model.is_some()),
            ("glossary", !self.glossary.is_empty()),
            ("prompt", self.prompt.is_some()),
            ("temperature", self.temperature.is_some()),
        ];
        for (key, _) in chat.into_iter().filter(|(_, set)| *set) {
            let help = match key {
                "glossary" => "correct its captions with a `replace` stage behind it".to_owned(),
                _ => format!("take `{key}` out"),
            };
            around.complain(
                Code::UnknownKey,
                key,
                format!("`{}` has no use for `{key}`", around.title()),
                "for the provider `openai` only",
                Some(help),
            );
        }
    }
}
