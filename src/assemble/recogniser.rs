//! A recogniser from its settings. The model is loaded once, the engines are kept over the runs of all stages that share them, and so is each track.
use std::{collections::HashMap, num::NonZeroUsize, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use tokio::task::spawn_blocking;

use super::{
    offline::{load, whole_windows},
    pools::Pools,
};
use crate::{
    flow::{Engine, EngineError, EnginePool, Fault, Setting, StageGauge},
    logic::{
        agreement::AgreementSettings, decode_scheduler::DecodeSchedulerSettings,
        endpoint::EndpointSettings, hallucination::HallucinationFilterSettings,
        model_speed::SmallerModel,
    },
    message::{Language, TrackName},
    models::{DecodingChange, Found, Header, Weights},
    spec::plan::{self, HallucinationFilter, Partials, SpokenLanguage, Task},
    stages::{
        recognise::{Effort, NeuralVoiceActivity, Recognise, RecogniseSettings, Track},
        whisper::{Whisper, WhisperModel, WhisperSettings},
    },
};

/// The models of a pipeline, each loaded once: their weights are shared. And the engines that run them.
#[derive(Default)]
pub(super) struct Models {
    loaded: HashMap<String, WhisperModel>,
    /// By the places of their pools, each with the vocabulary of its engines.
    pools: HashMap<usize, (EnginePool<Whisper>, Setting<String>)>,
}

impl Models {
    /// Loads the model unless it is loaded already. Takes a while for large models.
    async fn get(&mut self, found: Found) -> Result<WhisperModel, String> {
        let key = match &found.weights {
            Weights::BuiltIn(_) => found.name.clone(),
            Weights::File(path) => path.display().to_string(),
        };
        if let Some(model) = self.loaded.get(&key) {
            return Ok(model.clone());
        }
        let model = spawn_blocking(move || load(&found));
        let model = model.await.map_err(|error| error.to_string())??;
        Ok(self.loaded.entry(key).or_insert(model).clone())
    }

    /// The engines of a pool: each a state of its own on a thread of its own, warmed up by a first decode.
    fn engines(
        &mut self,
        (place, size): (usize, NonZeroUsize),
        gauge: &StageGauge,
        model: &WhisperModel,
        settings: WhisperSettings,
    ) -> (EnginePool<Whisper>, Setting<String>) {
        let make = || {
            let (name, model) = (gauge.name().to_owned(), model.clone());
            let vocabulary = Setting::new(settings.prompt.clone().unwrap_or_default());
            let shared = vocabulary.clone();
            let engines = EnginePool::new(size.get(), move || {
                let (name, model, settings) = (name.clone(), model.clone(), settings.clone());
                let vocabulary = shared.clone();
                async move {
                    let start = move || Whisper::start_with(&model, &settings, vocabulary);
                    let made = Engine::start(&name, start);
                    made.await.map_err(|error| match error {
                        EngineError::Make(error) => Fault::permanent(error),
                        EngineError::Fault(fault) => fault,
                    })
                }
            });
            let read = engines.clone();
            gauge.shows_engines(move || read.read());
            (engines, vocabulary)
        };
        self.pools.entry(place).or_insert_with(make).clone()
    }
}

pub(super) struct Recogniser {
    name: String,
    model: WhisperModel,
    translates: bool,
    engines: EnginePool<Whisper>,
    vocabulary: Setting<String>,
    recognise: RecogniseSettings,
    gauge: Arc<StageGauge>,
    caution: Option<String>,
}

impl Recogniser {
    /// `pools`: who shares the processors and the time for decodes.
    pub(super) async fn load(
        (found, models): (Found, &mut Models),
        settings: &plan::Whisper,
        (number, stage, gauge): (usize, &plan::Stage, Arc<StageGauge>),
        live: bool,
        pools: &Pools,
    ) -> Result<Recogniser, String> {
        let caution = found.caution();
        let caution = caution
            .map(|it| format!("{it}; `livecap models pull base.en` gets a model for all words"));
        let model = models.get(found.clone()).await?;
        let decoding = decoding(settings).apply(found.decoding(model.header()));
        let longest = settings.longest.unwrap_or(decoding.longest);
        let language = match &settings.language {
            SpokenLanguage::Is(language) => Some(language.clone()),
            SpokenLanguage::FromModel | SpokenLanguage::Auto => None,
        };
        let shown = match (&language, model.is_multilingual()) {
            (Some(language), _) => Some(language.clone()),
            (None, false) => Some(Language::new("en")),
            (None, true) => None,
        };
        let endpoint = EndpointSettings {
            silence: decoding.endpoint,
            sentence: settings.endpoint.sentence,
            pre_roll: settings.endpoint.pre_roll,
            min_speech: settings.endpoint.min_speech,
            threshold: settings.endpoint.threshold,
            longest,
        };
        let offline = settings.partials == Partials::Never;
        let endpoint = if offline { whole_windows(endpoint, decoding) } else { endpoint };
        let usual = DecodeSchedulerSettings::default();
        let scheduler = DecodeSchedulerSettings {
            interval: decoding.interval,
            pause: endpoint.pause(),
            share: usual.share / pools.count().get() as f32,
            ..usual
        };
        let recognise = RecogniseSettings {
            language: shown,
            scheduler,
            partials: !offline,
            max_lag: live.then_some(settings.max_lag),
            endpoint,
            agreement: AgreementSettings {
                commit_probability: decoding.commit,
                ..AgreementSettings::default()
            },
            hallucination_filter: hallucination_filter(settings),
            condition: settings.condition,
            effort: if offline { Effort::FullContext } else { Effort::Final },
            ..RecogniseSettings::default()
        };
        let threads = settings
            .threads
            .and_then(NonZeroUsize::new)
            .unwrap_or_else(|| WhisperSettings::spare_threads(pools.engines()));
        let whisper = WhisperSettings {
            language,
            translate: settings.task == Task::Translate,
            prompt: settings.prompt.clone(),
            threads,
            max_tokens: settings.max_tokens,
            decoding: Some(decoding),
        };
        let (name, translates) = (stage.name.clone(), whisper.translate);
        let (engines, vocabulary) = models.engines(pools.of_stage(number), &gauge, &model, whisper);
        Ok(Recogniser { name, model, translates, engines, vocabulary, recognise, gauge, caution })
    }

    /// The language of its track; `auto` where decodes find it.
    pub(super) fn language(&self) -> String {
        if self.translates {
            return "en".to_owned();
        }
        self.recognise.language.as_ref().map_or_else(|| "auto".to_owned(), Language::to_string)
    }

    /// What it expects to hear; of all that share its engines.
    pub(super) fn vocabulary(&self) -> Setting<String> {
        self.vocabulary.clone()
    }

    /// A caution about the model for viewers.
    pub(super) fn caution(&self) -> Option<&str> {
        self.caution.as_deref()
    }

    /// Keeps the smaller ones of the models in `present` that could replace its model. One of them is named where its model is
    /// too slow.
    pub(super) fn compare_with(&mut self, present: &[Found]) {
        let own = self.model.header();
        let is_english = self.recognise.language == Some(Language::new("en"));
        let english_will_do = !own.multilingual() || (is_english && !self.translates);
        self.recognise.smaller = smaller(own, english_will_do, present);
    }

    /// What outlives its runs.
    pub(super) fn kept(&self) -> Track {
        Track::new(TrackName::new(&self.name))
    }

    /// One run, once there is an engine.
    pub(super) fn run(&self) -> BoxFuture<'static, Result<Recognise<Whisper>, Fault>> {
        let (engines, recognise) = (self.engines.clone(), self.recognise.clone());
        let gauge = self.gauge.clone();
        async move {
            engines.prepare().await?;
            let voice = NeuralVoiceActivity::default();
            Ok(Recognise::new(recognise, engines, voice).counting_on(gauge))
        }
        .boxed()
    }
}

fn decoding(settings: &plan::Whisper) -> DecodingChange {
    let plan::Decoding {
        context_floor,
        context_margin,
        final_context_floor,
        final_context_margin,
        suppress,
        temperature,
        commit,
    } = settings.decoding;
    let interval = match settings.partials {
        Partials::Every(interval) => Some(interval),
        Partials::Usual | Partials::Never => None,
    };
    DecodingChange {
        longest: None,
        context_floor,
        context_margin,
        final_context_floor,
        final_context_margin,
        suppress,
        temperature,
        endpoint: settings.endpoint.silence,
        commit,
        interval,
    }
}

/// The models in `present` with fewer parameters than `own`. `english_will_do`: whether a model that knows only English is of
/// use.
fn smaller(own: &Header, english_will_do: bool, present: &[Found]) -> Vec<SmallerModel> {
    let usable = |found: &Found| {
        // A model with a small fixed vocabulary is no alternative.
        let header = found.inspect().ok().filter(|_| found.caution().is_none())?;
        let (size, own) = (header.parameters(), own.parameters());
        let is_usable = size < own && (english_will_do || header.multilingual());
        is_usable
            .then(|| SmallerModel { name: found.name.clone(), share: size as f64 / own as f64 })
    };
    present.iter().filter_map(usable).collect()
}

/// The filters that the file lists, at their usual limits.
fn hallucination_filter(settings: &plan::Whisper) -> HallucinationFilterSettings {
    let usual = HallucinationFilterSettings::default();
    let has = |filter| settings.hallucination_filters.contains(&filter);
    let phrases = settings.phrases.clone().unwrap_or(usual.phrases);
    HallucinationFilterSettings {
        no_speech: if has(HallucinationFilter::NoSpeech) { usual.no_speech } else { 1.0 },
        log_probability: match has(HallucinationFilter::LogProbability) {
            true => usual.log_probability,
            false => f32::NEG_INFINITY,
        },
        compression: if has(HallucinationFilter::Compression) {
            usual.compression
        } else {
            f32::INFINITY
        },
        repetition: has(HallucinationFilter::Repetition),
        beyond_end: usual.beyond_end.filter(|_| has(HallucinationFilter::BeyondEnd)),
        annotations: has(HallucinationFilter::Annotations),
        letterless: has(HallucinationFilter::Letterless),
        phrases: if has(HallucinationFilter::Phrases) { phrases } else { Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::models::{Catalogue, Store};

    #[test]
    fn a_smaller_model_is_one_that_is_whole_and_hears_the_same() {
        let (folder, catalogue) = (tempfile::tempdir().unwrap(), Catalogue::shipped());
        let store = Store::new(folder.path());
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/demo.bin");
        std::fs::copy(demo, store.path_of_own("mine")).unwrap();
        std::fs::write(store.path_of_own("broken"), "no model").unwrap();
        let present = store.present(&catalogue).unwrap();
        let names: Vec<&str> = present.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["demo", "broken", "mine"]);
        for found in &present {
            // What is shown can be asked for.
            assert_eq!(
                store.resolve(&catalogue, &found.name, Path::new("")).unwrap().name,
                found.name
            );
        }

        let demo = present[0].inspect().unwrap();
        let larger = Header { audio_layers: demo.audio_layers * 2, ..demo };
        let share = demo.parameters() as f64 / larger.parameters() as f64;
        let mine = SmallerModel { name: "mine".to_owned(), share };
        assert!(mine.share > 0.3 && mine.share < 1.0, "{mine:?}");
        assert_eq!(smaller(&larger, true, &present), [mine]);
        assert_eq!(smaller(&larger, false, &present), [], "it hears English only");
        assert_eq!(smaller(&demo, true, &present), [], "it is no smaller");
    }
}
