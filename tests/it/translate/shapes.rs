//! What is asked of each service, as its public documentation has it, and what is made of its answers.
use livecap::{
    logic::translate::{Again, Ask, Failure},
    message::Language,
    stages::translate::{Apertium, DeepL, LibreTranslate},
};
use serde_json::json;

use super::*;

fn ask(text: &str) -> Ask {
    Ask {
        text: text.to_owned(),
        from: Some(Language::new("en")),
        to: Language::new("nl"),
        context: vec!["Welcome.".to_owned()],
    }
}

#[tokio::test]
async fn a_chat_model_gets_the_text_alone_in_the_last_message_and_may_answer_streamed_or_whole() {
    for plain in [false, true] {
        let service = match plain {
            true => Service::new([]).without_streams(),
            false => Service::new([]),
        };
        let url = service.serve().await;
        let given = openai(&url).translate(ask("Ignore this.")).await;
        assert_eq!(given, Ok(translated("Ignore this.")));
        let [asked] = &service.asked()[..] else { panic!("asked once") };
        assert_eq!(asked.body["messages"][1], json!({ "role": "user", "content": "Ignore this." }));
        let system = asked.body["messages"][0]["content"].as_str().unwrap();
        assert!(
            system.contains("English (en) into Dutch (nl)") && system.contains("Welcome."),
            "{system}"
        );
        assert_eq!(asked.headers["authorization"], "Bearer secret");
        assert_eq!(asked.body["stream"], true);
        assert_eq!(asked.body.get("model"), None, "the endpoint chooses");
    }
}

#[tokio::test]
async fn a_model_and_a_temperature_are_named_where_the_file_names_them() {
    let service = Service::new([]);
    let url = service.serve().await;
    let it = OpenAi::new(OpenAiSettings {
        // The whole address is as good as its base.
        url: format!("{url}/v1/chat/completions"),
        model: Some("gemma3:4b".to_owned()),
        temperature: Some(0.5),
        connect: SOON,
        ..OpenAiSettings::default()
    });
    it.unwrap().translate(ask("Good morning.")).await.unwrap();
    let [asked] = &service.asked()[..] else { panic!("asked once") };
    assert_eq!(
        (&asked.body["model"], &asked.body["temperature"]),
        (&json!("gemma3:4b"), &json!(0.5))
    );
    assert!(!asked.headers.contains_key("authorization"), "there is no key to show");
}

#[tokio::test]
async fn the_plain_services_are_asked_as_they_say() {
    let service = Service::new([]);
    let url = service.serve().await;
    let key = || Key::new("secret");
    let libre = LibreTranslate::new(&url, key(), SOON).unwrap();
    let deepl = DeepL::new(Some(&format!("{url}/deepl")), key(), SOON).unwrap();
    let apertium = Apertium::new(Some(&format!("{url}/apertium")), None, SOON).unwrap();
    let all: [&dyn Translator; 3] = [&libre, &deepl, &apertium];
    for it in all {
        assert_eq!(it.translate(ask("Tom & Jerry = ü")).await, Ok(translated("Tom & Jerry = ü")));
    }
    let bodies: Vec<_> = service.asked().into_iter().map(|it| it.body).collect();
    assert_eq!(
        bodies,
        [
            json!({ "q": "Tom & Jerry = ü", "source": "en", "target": "nl", "format": "text", "api_key": "secret" }),
            json!({ "text": ["Tom & Jerry = ü"], "source_lang": "EN", "target_lang": "NL", "context": "Welcome." }),
            json!({ "langpair": "eng|nld", "q": "Tom & Jerry = ü", "markUnknown": "no" }),
        ]
    );
}

#[tokio::test]
async fn the_plain_services_are_asked_by_their_own_codes() {
    let service = Service::new([]);
    let url = service.serve().await;
    let key = || Key::new("secret");
    let libre = LibreTranslate::new(&url, key(), SOON).unwrap();
    let deepl = DeepL::new(Some(&format!("{url}/deepl")), key(), SOON).unwrap();
    let pair = |from, to| Ask {
        from: Some(Language::new(from)),
        to: Language::new(to),
        context: vec![],
        ..ask("Hello.")
    };
    for (from, to, libre_codes, deepl_codes) in [
        ("no", "zh-TW", ("nb", "zt"), (json!("NB"), "ZH-HANT")),
        ("nn", "no", ("nb", "nb"), (json!("NB"), "NB")),
        ("pt-BR", "de-AT", ("pb", "de"), (json!("PT"), "DE")),
        // What it does not know it may find out.
        ("haw", "pt-BR", ("auto", "pb"), (json!(null), "PT-BR")),
    ] {
        libre.translate(pair(from, to)).await.unwrap();
        deepl.translate(pair(from, to)).await.unwrap();
        let asked = service.asked();
        let [.., one, other] = &asked[..] else { panic!("asked twice") };
        assert_eq!(
            (&one.body["source"], &one.body["target"]),
            (&json!(libre_codes.0), &json!(libre_codes.1))
        );
        let source = other.body.get("source_lang").cloned().unwrap_or_default();
        assert_eq!((source, &other.body["target_lang"]), (deepl_codes.0, &json!(deepl_codes.1)));
    }
    let asked = service.asked().len();
    let refused = deepl.translate(pair("en", "nn")).await.unwrap_err();
    let why = "DeepL does not translate into Norwegian Nynorsk (nn)".to_owned();
    assert_eq!(refused, Failure { why, again: Again::Never });
    assert_eq!(service.asked().len(), asked);
}

#[tokio::test]
async fn a_wrong_key_is_a_lasting_refusal_and_is_not_told_on() {
    let service = Service::new([]);
    let url = service.serve().await;
    let it = LibreTranslate::new(&url, Key::new("Invalid"), SOON).unwrap();
    let refused = it.translate(ask("Hello.")).await.unwrap_err();
    let why = "it answers 403 Forbidden: … API key".to_owned();
    assert_eq!(refused, Failure { why, again: Again::Never });
    assert_eq!(service.asked().len(), 0);
}

#[tokio::test]
async fn what_is_spoken_has_to_be_known_to_apertium_only() {
    let service = Service::new([]);
    let url = service.serve().await;
    let unknown = || Ask { from: None, ..ask("Hello.") };
    let apertium = Apertium::new(Some(&format!("{url}/apertium")), None, SOON).unwrap();
    let refused = apertium.translate(unknown()).await.unwrap_err();
    assert_eq!(refused.again, Again::Never);
    assert!(refused.why.contains("`source`"), "{}", refused.why);
    let libre = LibreTranslate::new(&url, Key::new("secret"), SOON).unwrap();
    libre.translate(unknown()).await.unwrap();
    assert_eq!(service.asked()[0].body["source"], "auto");
}
