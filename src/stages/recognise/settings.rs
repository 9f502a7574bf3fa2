//! The settings of the recogniser's stage.
use std::time::Duration;

use super::recogniser::Effort;
use crate::{
    logic::{
        agreement::AgreementSettings, decode_scheduler::DecodeSchedulerSettings,
        endpoint::EndpointSettings, hallucination::HallucinationFilterSettings,
        model_speed::SmallerModel, window::WindowSettings,
    },
    message::Language,
};

#[derive(Clone, Debug, PartialEq)]
pub struct RecogniseSettings {
    /// The language of every segment. `None`: decodes find it, segment by segment.
    pub language: Option<Language>,
    /// When the open segment is decoded.
    pub scheduler: DecodeSchedulerSettings,
    /// Whether there are partials. Without them only pauses are decoded, to find the ends of sentences.
    pub partials: bool,
    pub agreement: AgreementSettings,
    pub window: WindowSettings,
    /// Audio older than this is dropped. `None` where the source waits: then no audio is old, and nothing is left out.
    pub max_lag: Option<Duration>,
    pub endpoint: EndpointSettings,
    pub hallucination_filter: HallucinationFilterSettings,
    /// Whether each decode gets the text of the previous final as context.
    pub condition: bool,
    /// The effort of decodes for finals.
    pub effort: Effort,
    /// The smaller models on this machine that could replace this one where it is too slow.
    pub smaller: Vec<SmallerModel>,
}

impl Default for RecogniseSettings {
    fn default() -> RecogniseSettings {
        RecogniseSettings {
            language: None,
            scheduler: DecodeSchedulerSettings::default(),
            partials: true,
            agreement: AgreementSettings::default(),
            window: WindowSettings::default(),
            max_lag: Some(Duration::from_secs(4)),
            endpoint: EndpointSettings::default(),
            hallucination_filter: HallucinationFilterSettings::default(),
            condition: false,
            effort: Effort::Final,
            smaller: Vec::new(),
        }
    }
}
