//! A recogniser from its settings: the model loaded once, a new engine and state for each life, one track for all of them.
use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use futures::{FutureExt, future::BoxFuture};
use tokio::task::spawn_blocking;

use super::offline::load;
use crate::{
    flow::{Engine, EngineError, Fault},
    logic::{endpoint::EndpointSettings, pace::PaceSettings},
    message::{Language, TrackName},
    models::Found,
    spec::plan::{self, SpokenLanguage, Task},
    stages::{
        recognise::{NeuralVoiceActivity, Recognise, RecogniseSettings, Track},
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};

pub(super) struct Recogniser {
    name: String,
    model: WhisperModel,
    whisper: WhisperSettings,
    recognise: RecogniseSettings,
    track: Arc<Mutex<Track>>,
    caution: Option<String>,
}

impl Recogniser {
    /// Loads the model, which takes a while for large ones, and looks it through once more.
    pub(super) async fn load(
        found: Found,
        settings: &plan::Whisper,
        stage: &plan::Stage,
        live: bool,
    ) -> Result<Recogniser, String> {
        let caution = found.caution();
        let caution = caution
            .map(|it| format!("{it}; `livecap models pull base.en` gets a model for all words"));
        let longest = settings.longest.or(found.decoding().map(|it| it.longest));
        let model = spawn_blocking(move || load(&found));
        let model = model.await.map_err(|error| error.to_string())??;
        let language = match &settings.language {
            SpokenLanguage::Is(language) => Some(language.clone()),
            SpokenLanguage::FromModel | SpokenLanguage::Auto => None,
        };
        let shown = match (&language, model.is_multilingual()) {
            (Some(language), _) => Some(language.clone()),
            (None, false) => Some(Language::new("en")),
            (None, true) => None,
        };
        let endpoint = settings.endpoint;
        let pace = PaceSettings {
            interval: settings.partials,
            pause: endpoint.silence / 2,
            ..PaceSettings::default()
        };
        let recognise = RecogniseSettings {
            language: shown,
            partials: Some(pace),
            max_lag: live.then_some(settings.max_lag),
            endpoint: EndpointSettings {
                silence: endpoint.silence,
                pre_roll: endpoint.pre_roll,
                min_speech: endpoint.min_speech,
                threshold: endpoint.threshold,
                ..EndpointSettings::default()
            },
            ..RecogniseSettings::default()
        };
        let recognise = match longest {
            Some(longest) => RecogniseSettings {
                endpoint: EndpointSettings { longest, ..recognise.endpoint },
                ..recognise
            },
            None => recognise,
        };
        let threads = settings
            .threads
            .and_then(NonZeroUsize::new)
            .unwrap_or_else(WhisperSettings::spare_threads);
        let whisper = WhisperSettings {
            language,
            translate: settings.task == Task::Translate,
            prompt: settings.prompt.clone(),
            threads,
        };
        let track = Arc::new(Mutex::new(Track::new(TrackName::new(&stage.name))));
        Ok(Recogniser { name: stage.name.clone(), model, whisper, recognise, track, caution })
    }

    /// What its track is spoken in; `auto` where that is recognised.
    pub(super) fn language(&self) -> String {
        self.recognise.language.as_ref().map_or_else(|| "auto".to_owned(), Language::to_string)
    }

    /// What viewers must be told of the model.
    pub(super) fn caution(&self) -> Option<&str> {
        self.caution.as_deref()
    }

    /// One life: a state of its own on a thread of its own, warmed up by a first look.
    pub(super) fn life(&self) -> BoxFuture<'static, Result<Recognise<Whisper>, Fault>> {
        let (model, whisper, recognise) =
            (self.model.clone(), self.whisper.clone(), self.recognise.clone());
        let (name, track) = (self.name.clone(), self.track.clone());
        async move {
            let engine = Engine::start(&name, move || Whisper::start(&model, &whisper)).await;
            let engine = engine.map_err(|error| match error {
                EngineError::Make(error) => Fault::permanent(error),
                EngineError::Fault(fault) => fault,
            })?;
            Ok(Recognise::new(recognise, engine, NeuralVoiceActivity::default(), track))
        }
        .boxed()
    }
}
