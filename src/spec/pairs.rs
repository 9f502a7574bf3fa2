//! The second phase, languages: whether each translator can translate from what it hears, and into what it is to give.
use super::{
    Code, Complaint,
    plan::{Planned, Provider, SpokenLanguage, Stage, Task, Translate},
    voices,
};
use crate::languages::{self, apertium, deepl, libretranslate, named};

/// Complains about what is no language, and about languages that a provider does not know.
pub(super) fn check(stages: &[Stage], complaints: &mut Vec<Complaint>) {
    for (number, stage) in stages.iter().enumerate() {
        let Planned::Translate(it) = &stage.work else { continue };
        let into = it.to.as_str();
        complaints
            .extend(no_language(stage, "to", into).or_else(|| {
                (!translates_into(it.provider, into)).then(|| cannot_write(stage, it))
            }));
        let source = it.source.as_ref().map(|it| it.as_str());
        let wrong = source.and_then(|it| no_language(stage, "source", it));
        if wrong.is_some() {
            complaints.extend(wrong);
            continue;
        }
        let heard = voices::heard(stages, number);
        let recognised = heard.first().map(|it| &stages[it.track]).and_then(spoken);
        let from = recognised.or(source.map(|it| (stage, "source", it)));
        if let Some((place, key, tag)) = from.filter(|from| !translates_from(it.provider, from.2)) {
            complaints.push(cannot_read(stage, it, (place, key), tag));
        }
    }
}

/// What a recogniser will say is spoken, where its settings say so already.
fn spoken(stage: &Stage) -> Option<(&Stage, &'static str, &str)> {
    match &stage.work {
        Planned::Whisper(it) => match &it.language {
            SpokenLanguage::Is(language) if it.task == Task::Transcribe => {
                Some((stage, "language", language.as_str()))
            }
            // What it translates itself is English, which all of them know.
            _ => None,
        },
        _ => None,
    }
}

fn translates_from(provider: Provider, tag: &str) -> bool {
    match provider {
        // A model may know any language, and is told its name.
        Provider::OpenAi => true,
        Provider::LibreTranslate => libretranslate::source(tag).is_some(),
        Provider::DeepL => deepl::source(tag).is_some(),
        Provider::Apertium => apertium::code(tag).is_some(),
    }
}

fn translates_into(provider: Provider, tag: &str) -> bool {
    match provider {
        Provider::OpenAi => true,
        Provider::LibreTranslate => libretranslate::target(tag).is_some(),
        Provider::DeepL => deepl::target(tag).is_some(),
        Provider::Apertium => apertium::code(tag).is_some(),
    }
}

fn no_language(stage: &Stage, key: &str, written: &str) -> Option<Complaint> {
    if languages::is_language(written) {
        return None;
    }
    let complaint = Complaint::new(Code::UnknownValue, format!("`{written}` is not a language"))
        .mark(stage.places.of(key), "takes a tag such as `nl` or `pt-BR`");
    Some(complaint.maybe_help(languages::meant(written).map(|tag| format!("{key} = \"{tag}\""))))
}

fn cannot_write(stage: &Stage, it: &Translate) -> Complaint {
    let (tag, service) = (it.to.as_str(), service(it.provider));
    let help = match tag.split(['-', '_']).next() {
        Some("nn") => "to = \"nb\"".to_owned(),
        _ => other(it.provider, deepl::target(tag).is_some()),
    };
    Complaint::new(
        Code::ProviderLimit,
        format!("`{}` cannot translate into {}", stage.title(), named(tag)),
    )
    .mark(stage.places.of("to"), format!("{service} does not write it"))
    .mark(stage.places.of("provider"), "this provider")
    .help(help)
}

fn cannot_read(
    stage: &Stage,
    it: &Translate,
    (place, key): (&Stage, &str),
    tag: &str,
) -> Complaint {
    let service = service(it.provider);
    Complaint::new(
        Code::ProviderLimit,
        format!("`{}` cannot translate from {}", stage.title(), named(tag)),
    )
    .mark(place.places.of(key), format!("{service} does not read it"))
    .mark(stage.places.of("provider"), "this provider")
    .help(other(it.provider, deepl::source(tag).is_some()))
}

fn other(provider: Provider, deepl: bool) -> String {
    match deepl && provider != Provider::DeepL {
        true => {
            "provider = \"deepl\", or \"openai\" with a model that knows the language".to_owned()
        }
        false => "provider = \"openai\", with a model that knows the language".to_owned(),
    }
}

fn service(provider: Provider) -> &'static str {
    match provider {
        Provider::OpenAi => "the model",
        Provider::LibreTranslate => "LibreTranslate",
        Provider::DeepL => "DeepL",
        Provider::Apertium => "Apertium",
    }
}
