//! The translation services LibreTranslate, DeepL and Apertium.
use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    http::{Key, Service, ServiceError},
    translator::{Translator, lasting, one_line, passing},
};
use crate::{
    languages::{self, named},
    logic::translate::{Ask, Failure, decoded},
};

/// The addresses of DeepL for paid and free accounts. Keys of free accounts end in `:fx`.
const DEEPL: &str = "https://api.deepl.com/v2";
const DEEPL_FREE: &str = "https://api-free.deepl.com/v2";
/// The default address of `apertium-apy`.
const APERTIUM: &str = "http://127.0.0.1:2737";

/// A LibreTranslate server.
pub struct LibreTranslate(Service);

impl LibreTranslate {
    pub fn new(
        url: &str,
        key: Option<Key>,
        connect: Duration,
    ) -> Result<LibreTranslate, ServiceError> {
        Service::new(url, key, connect).map(LibreTranslate)
    }
}

impl Translator for LibreTranslate {
    fn translate(&self, ask: Ask) -> BoxFuture<'static, Result<String, Failure>> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(rename = "translatedText")]
            text: String,
        }
        let it = self.0.clone();
        async move {
            // A source language that the service does not know was probably detected wrongly, so the service detects it.
            let from =
                ask.from.as_ref().and_then(|it| languages::libretranslate::source(it.as_str()));
            let from = from.unwrap_or("auto");
            let to = languages::libretranslate::target(ask.to.as_str());
            let to = to.ok_or_else(|| cannot("LibreTranslate", ask.to.as_str()))?;
            let mut body = json!({ "q": ask.text, "source": from, "target": to, "format": "text" });
            if let Some(key) = &it.key {
                body["api_key"] = key.reveal().into();
            }
            let answer: Answer = it.json(it.client.post(it.at("/translate")).json(&body)).await?;
            one_line(&decoded(&answer.text, &ask.text))
        }
        .boxed()
    }
}

/// A lasting failure: no request can succeed.
fn cannot(service: &str, language: &str) -> Failure {
    lasting(format!("{service} does not translate into {}", named(language)))
}

/// The DeepL API.
pub struct DeepL(Service);

impl DeepL {
    /// Without `url`: the address for this key.
    pub fn new(
        url: Option<&str>,
        key: Option<Key>,
        connect: Duration,
    ) -> Result<DeepL, ServiceError> {
        let key = key.ok_or(ServiceError::NoKey)?;
        let own = if key.reveal().ends_with(":fx") { DEEPL_FREE } else { DEEPL };
        Service::new(url.unwrap_or(own), Some(key), connect).map(DeepL)
    }
}

impl Translator for DeepL {
    fn translate(&self, ask: Ask) -> BoxFuture<'static, Result<String, Failure>> {
        #[derive(Deserialize)]
        struct Answer {
            translations: Vec<One>,
        }
        #[derive(Deserialize)]
        struct One {
            text: String,
        }
        let it = self.0.clone();
        async move {
            let mut body = Map::new();
            body.insert("text".into(), json!([ask.text]));
            let to = languages::deepl::target(ask.to.as_str());
            let to = to.ok_or_else(|| cannot("DeepL", ask.to.as_str()))?;
            body.insert("target_lang".into(), to.into());
            // Without it, the service detects the language.
            let from = ask.from.as_ref().and_then(|it| languages::deepl::source(it.as_str()));
            if let Some(from) = from {
                body.insert("source_lang".into(), from.into());
            }
            if !ask.context.is_empty() {
                body.insert("context".into(), ask.context.join(" ").into());
            }
            let key = it.key.as_ref().map(Key::reveal).unwrap_or_default();
            let request = it.client.post(it.at("/translate"));
            let request = request.header("Authorization", format!("DeepL-Auth-Key {key}"));
            let answer: Answer = it.json(request.json(&Value::Object(body))).await?;
            let one = answer.translations.first().ok_or_else(|| passing("no translation came"))?;
            one_line(&one.text)
        }
        .boxed()
    }
}

/// An `apertium-apy` server.
pub struct Apertium(Service);

impl Apertium {
    /// Without `url`: the default address.
    pub fn new(
        url: Option<&str>,
        key: Option<Key>,
        connect: Duration,
    ) -> Result<Apertium, ServiceError> {
        Service::new(url.unwrap_or(APERTIUM), key, connect).map(Apertium)
    }
}

impl Translator for Apertium {
    fn translate(&self, ask: Ask) -> BoxFuture<'static, Result<String, Failure>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            response_data: Data,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data {
            translated_text: String,
        }
        let it = self.0.clone();
        async move {
            let unknown = || lasting("it has to be told what is spoken: set `source`");
            let from = ask.from.as_ref().ok_or_else(unknown)?.as_str().to_owned();
            let code = |tag: &str| {
                let unknown = || lasting(ServiceError::Language(tag.to_owned()).to_string());
                languages::apertium::code(tag).ok_or_else(unknown)
            };
            let pair = format!("{}|{}", code(&from)?, code(ask.to.as_str())?);
            let mut form = vec![("langpair", pair.as_str()), ("q", &ask.text)];
            // Otherwise the service puts a `*` before each unknown word.
            form.push(("markUnknown", "no"));
            if let Some(key) = &it.key {
                form.push(("key", key.reveal()));
            }
            let request = it.client.post(it.at("/translate"));
            let request = request.header("Content-Type", "application/x-www-form-urlencoded");
            let answer: Answer = it.json(request.body(encoded(&form))).await?;
            one_line(&answer.response_data.translated_text)
        }
        .boxed()
    }
}

/// Encodes a form.
fn encoded(pairs: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("http://form").expect("a constant address");
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_encoded() {
        let form = encoded(&[("langpair", "eng|spa"), ("q", "a&b = ü")]);
        assert_eq!(form, "langpair=eng%7Cspa&q=a%26b+%3D+%C3%BC");
    }

    #[test]
    fn a_free_account_of_deepl_is_served_elsewhere() {
        let second = Duration::from_secs(1);
        let at = |key: &str| DeepL::new(None, Key::new(key), second).unwrap().0.at("/translate");
        assert_eq!(at("abc:fx").as_str(), "https://api-free.deepl.com/v2/translate");
        assert_eq!(at("abc").as_str(), "https://api.deepl.com/v2/translate");
        assert!(matches!(DeepL::new(None, None, second), Err(ServiceError::NoKey)));
    }
}
