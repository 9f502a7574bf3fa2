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

/// Adds captions in another language. The original captions never wait for it. A translation that is too late is dropped, and
/// pages show the original instead. See [translation](translation.md).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Translate {
    /// The language to translate into, such as `nl` or `fr`.
    #[schemars(length(min = 2))]
    to: String,
    /// The spoken language, if the recogniser does not give it.
    #[schemars(length(min = 2))]
    source: Option<String>,
    /// The service that translates.
    #[serde(default = "openai")]
    provider: Provider,
    /// The address of the service; required for `openai` and `libretranslate`.
    #[schemars(extend("x-default" = "the provider's own"))]
    url: Option<String>,
    /// The model to request from an `openai` endpoint.
    #[schemars(extend("x-default" = "the endpoint's own"))]
    model: Option<String>,
    /// The environment variable with the key. Never write the key itself into a pipeline file.
    #[schemars(length(min = 1))]
    api_key_env: Option<String>,
    /// A file that contains only the key.
    #[schemars(length(min = 1))]
    api_key_file: Option<String>,
    /// Whether clauses that will not change are translated before their segment is final.
    #[serde(default = "off")]
    partials: Clauses,
    /// Fixed translations of words, for `openai`: `glossary = { "gap" = "gat" }`.
    #[serde(default)]
    glossary: BTreeMap<String, String>,
    /// Further instructions for an `openai` model.
    #[schemars(length(max = 4000))]
    prompt: Option<String>,
    /// The temperature of an `openai` model; 0 always takes the most probable word.
    #[schemars(range(min = 0.0, max = 2.0), extend("x-default" = "the endpoint's own"))]
    temperature: Option<f32>,
    /// How many earlier sentences are sent along with each text, for `openai` and `deepl`.
    #[serde(default = "number::<2>")]
    #[schemars(range(max = 20))]
    context: usize,
    /// How long a segment that ends in mid-sentence waits for the next one, to be translated together with it; `0s` turns this
    /// off.
    #[serde(default = "Length::ms::<2000>")]
    #[schemars(extend("x-range" = ["0s", "30s"]))]
    join: Length,
    /// The most requests at a time.
    #[serde(default = "number::<4>")]
    #[schemars(range(min = 1, max = 64))]
    in_flight: usize,
    /// The most texts that are requested or wait. Beyond that the oldest is dropped.
    #[serde(default = "number::<64>")]
    #[schemars(range(min = 1, max = 10_000))]
    backlog: usize,
    /// How long one request may take.
    #[serde(default = "Length::ms::<8000>")]
    #[schemars(extend("x-range" = ["10ms", "5m"]))]
    timeout: Length,
    /// A text that is not translated this long after it was said is dropped.
    #[serde(default = "Length::ms::<20_000>")]
    #[schemars(extend("x-range" = ["10ms", "1h"]))]
    deadline: Length,
    /// How often a failed request is repeated.
    #[serde(default = "number::<4>")]
    #[schemars(range(max = 100))]
    retries: usize,
    /// How long to wait before the first repetition. Each further wait is twice as long. If a service names a time
    /// (`Retry-After`), that time applies.
    #[serde(default = "Length::ms::<500>")]
    #[schemars(extend("x-range" = ["1ms", "1m"]))]
    wait: Length,
    /// When a service that fails repeatedly gets no more requests for a while.
    #[serde(default)]
    breaker: Breaker,
    /// How many answers are kept and reused for repeated text.
    #[serde(default = "number::<500>")]
    #[schemars(range(max = 100_000))]
    cache: usize,
}

/// When a service that fails repeatedly gets no more requests for a while.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Breaker {
    /// How many failures in a row start the first wait.
    #[schemars(range(min = 1, max = 1000))]
    failures: u32,
    /// The first wait. After it one request tries the service. Each further wait is twice as long.
    #[schemars(extend("x-range" = ["1ms", "10m"]))]
    wait: Length,
    /// The longest wait.
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
    /// Complains about settings that the provider needs and lacks, or has and cannot use.
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
