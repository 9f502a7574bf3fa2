//! The service that `--to` needs: from the command line or the environment, or an error that says how to name one.
use crate::cli::exit::Trouble;

/// Which service translates, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// As in the pipeline file: `openai`.
    pub(crate) provider: String,
    pub(crate) url: Option<String>,
    /// The model to request.
    pub(crate) model: Option<String>,
    /// The environment variable with the key.
    pub(crate) key_variable: Option<String>,
}

/// The environment variable with the key of the service, as `livecap translate` reads it.
const KEY: &str = "LIVECAP_TRANSLATE_KEY";

impl Service {
    /// `has_key`: whether the variable with the key is set.
    pub(super) fn of(
        provider: &str,
        url: Option<&str>,
        model: Option<&str>,
        has_key: bool,
    ) -> Result<Service, Trouble> {
        let needs_url = matches!(provider, "openai" | "libretranslate");
        let none = match provider {
            "openai" if url.is_none() => Some(
                "`--to` needs a translation service: name one with `--url`, for example \
                 `--url http://127.0.0.1:11434/v1 --translator gemma3:4b` for Ollama on this machine, or with \
                 `--provider libretranslate`, `deepl` or `apertium` (docs/translation.md); LIVECAP_TRANSLATE_URL and \
                 LIVECAP_TRANSLATE_PROVIDER name it for every start"
                    .to_owned(),
            ),
            _ if needs_url && url.is_none() => Some(format!(
                "`--provider {provider}` needs its address: `--url http://127.0.0.1:5000`, or LIVECAP_TRANSLATE_URL"
            )),
            "deepl" if !has_key => Some(format!("DeepL answers to accounts only: export {KEY}=…")),
            "openai" | "libretranslate" | "deepl" | "apertium" => None,
            other => Some(format!(
                "there is no translation service `{other}`: `--provider` takes openai, libretranslate, deepl or apertium"
            )),
        };
        match none {
            Some(none) => Err(Trouble::Told(none)),
            None => Ok(Service {
                provider: provider.to_owned(),
                url: url.map(str::to_owned),
                model: model.map(str::to_owned),
                key_variable: has_key.then(|| KEY.to_owned()),
            }),
        }
    }

    pub(super) fn has_key() -> bool {
        std::env::var_os(KEY).is_some_and(|it| !it.is_empty())
    }
}

/// The tags of a list such as `nl, es`, each once.
pub(crate) fn tags(list: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in list.iter().flat_map(|it| it.split(',')).map(str::trim) {
        if !tag.is_empty() && !tags.iter().any(|it| it == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(provider: &str, url: Option<&str>) -> String {
        Service::of(provider, url, None, false).unwrap_err().to_string()
    }

    #[test]
    fn an_error_names_the_remedy() {
        assert!(refused("openai", None).contains("--url http://127.0.0.1:11434/v1"));
        assert!(refused("libretranslate", None).contains("LIVECAP_TRANSLATE_URL"));
        assert!(refused("deepl", None).contains("export LIVECAP_TRANSLATE_KEY="));
        assert!(
            refused("google", Some("http://x"))
                .contains("openai, libretranslate, deepl or apertium")
        );
    }

    #[test]
    fn a_key_is_named_only_where_it_is_set() {
        let service =
            |has_key| Service::of("openai", Some("http://x"), Some("m"), has_key).unwrap();
        assert_eq!(service(false).key_variable, None);
        assert_eq!(service(true).key_variable.as_deref(), Some(KEY));
        assert!(Service::of("apertium", None, None, false).is_ok(), "it has an address of its own");
        assert!(Service::of("deepl", None, None, true).is_ok());
    }

    #[test]
    fn a_list_of_tags_is_split_at_commas() {
        let list = |all: &[&str]| tags(&all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(list(&["nl, es", "nl", ""]), ["nl", "es"]);
        assert_eq!(list(&[]), Vec::<String>::new());
    }
}
