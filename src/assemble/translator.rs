//! A translator from its settings: the service with its key, and the stage with its scheduler.
use std::{fs, num::NonZeroUsize, sync::Arc, time::Duration};

use crate::{
    flow::{EdgeSettings, Inlet, Offer, Outlet, Room, StageGauge, WhenFull, drive, edge},
    logic::translate::{QueueSettings, Scheduler, SchedulerSettings},
    message::{Caption, Transcript, Translated},
    spec::plan::{Clauses, KeyPlace, Provider, Translate},
    stages::translate::{
        Apertium, DeepL, Key, LibreTranslate, OpenAi, OpenAiSettings, ServiceError,
        Translate as TranslateStage, TranslateSettings, Translator,
    },
};

/// The longest wait for a connection: a service that is there answers at once.
const CONNECT: Duration = Duration::from_secs(3);

/// `waits`: its input can wait, so nothing is given up for there being too much of it.
pub fn translate_settings(settings: &Translate, waits: bool) -> TranslateSettings {
    TranslateSettings {
        scheduler: SchedulerSettings {
            to: settings.to.clone(),
            from: settings.source.clone(),
            clauses: settings.partials == Clauses::Stable,
            join: settings.join,
            context: settings.context,
            queue: QueueSettings {
                in_flight: settings.in_flight,
                backlog: settings.backlog,
                patient: waits,
                deadline: settings.deadline,
                retries: settings.retries,
                wait: settings.wait,
                breaker: settings.breaker,
                cache: settings.cache,
            },
        },
        timeout: settings.timeout,
        waits,
    }
}

/// An error where the service cannot even be asked: no key, no address.
pub fn translator(settings: &Translate) -> Result<Arc<dyn Translator>, String> {
    let key = key(&settings.key)?;
    let url = settings.url.as_deref();
    let required =
        || url.ok_or_else(|| "this provider has no address of its own: give it a `url`".to_owned());
    let told = |error: ServiceError| error.to_string();
    Ok(match settings.provider {
        Provider::OpenAi => {
            let settings = OpenAiSettings {
                url: required()?.to_owned(),
                key,
                model: settings.model.clone(),
                glossary: settings.glossary.clone(),
                prompt: settings.prompt.clone(),
                temperature: settings.temperature,
                connect: CONNECT,
            };
            Arc::new(OpenAi::new(settings).map_err(told)?)
        }
        Provider::LibreTranslate => {
            Arc::new(LibreTranslate::new(required()?, key, CONNECT).map_err(told)?)
        }
        Provider::DeepL => Arc::new(DeepL::new(url, key, CONNECT).map_err(told)?),
        Provider::Apertium => Arc::new(Apertium::new(url, key, CONNECT).map_err(told)?),
    })
}

/// The finals of a recording in another language, each the reason where it was given up. It waits for each as long as it may take.
pub async fn translate_all(
    finals: &[Transcript],
    settings: &Translate,
) -> Result<Vec<Result<String, String>>, String> {
    let translator = translator(settings)?;
    let settings = translate_settings(settings, true);
    let gauge = StageGauge::new("translate");
    let wire = |gauge: Arc<StageGauge>| {
        let room = Room::Items(NonZeroUsize::MIN);
        let (sender, receiver) = edge("", "", EdgeSettings { room, when_full: WhenFull::Wait });
        (Outlet::new(vec![sender], gauge), Inlet::new(vec![receiver]))
    };
    let (captions, mut taken) = wire(StageGauge::new(""));
    let (out, mut given) = wire(gauge.clone());
    let mut scheduler = Scheduler::new(settings.scheduler.clone());
    let mut stage = TranslateStage::new(settings, translator);
    let mut texts = Vec::new();
    let (driven, ()) = tokio::join!(
        async move {
            let said = async move {
                for it in finals {
                    // The only listener is ours, and stays.
                    let _ = captions.send(Caption::Transcript(it.clone())).await;
                }
            };
            let (driven, ()) = tokio::join!(
                async move {
                    let end = drive(&mut stage, &mut scheduler, &mut taken, &out, &gauge).await;
                    drop(out);
                    end
                },
                said
            );
            driven
        },
        async {
            while let Some(Offer::Handle(caption)) = given.next().await {
                given.settle();
                if let Caption::Translation(it) = caption {
                    texts.push(match it.text {
                        Translated::Text(text) => Ok(text),
                        Translated::Not(why) => Err(why),
                    });
                }
            }
        },
    );
    driven.map_err(|fault| fault.to_string())?;
    Ok(texts)
}

fn key(place: &KeyPlace) -> Result<Option<Key>, String> {
    let (written, whence) = match place {
        KeyPlace::None => return Ok(None),
        KeyPlace::Variable(name) => {
            let set = std::env::var(name);
            (
                set.map_err(|_| format!("the environment variable `{name}` is not set"))?,
                name.clone(),
            )
        }
        KeyPlace::File(path) => {
            let shown = path.display().to_string();
            (
                fs::read_to_string(path)
                    .map_err(|error| format!("cannot read {shown}: {error}"))?,
                shown,
            )
        }
    };
    Key::new(&written).map(Some).ok_or_else(|| format!("`{whence}` holds no key"))
}
