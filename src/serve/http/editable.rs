//! The newest captions as operators edit them.
use std::sync::Arc;

use axum::{Json, extract::State, http::header, response::IntoResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::operator::Operator;
use crate::serve::{
    access::refusal::Told,
    captions::{corrections::newest_finals, log::Log},
    hub::Hub,
};

/// So many segments are shown, with all of their translations.
const SEGMENTS: usize = 40;

/// What an operator may correct.
#[derive(Serialize, ToSchema)]
pub(crate) struct Editable {
    /// The oldest first.
    captions: Vec<EditableCaption>,
    /// The tracks and languages that a `replace` stage works on; `lang` is null for originals.
    rules: Vec<RulesOf>,
    vocabularies: Vec<VocabularyOf>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RulesOf {
    track: String,
    lang: Option<String>,
    stage: String,
}

/// The names and terms that a recogniser expects.
#[derive(Serialize, ToSchema)]
pub(crate) struct VocabularyOf {
    track: String,
    text: String,
}

/// A final as it is now.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditableCaption {
    track: String,
    segment: u64,
    lang: String,
    /// Of a translation: the language of its original.
    of: Option<String>,
    speaker: Option<String>,
    /// Seconds on the audio timeline.
    start: f64,
    text: String,
    /// Who corrected it last.
    by: Option<String>,
}

/// The newest finals, as an operator may correct them
#[utoipa::path(get, path = "/api/captions", responses(
    (status = 200, body = Editable), (status = 401, body = Told), (status = 409, body = Told),
))]
pub(crate) async fn editable(State(hub): State<Arc<Hub>>, _: Operator) -> impl IntoResponse {
    let captions = captions(&hub.captions.log());
    let editors = hub.pipeline.editors();
    let rules = editors.rules.into_iter();
    let rules = rules.map(|it| RulesOf { track: it.track, lang: it.lang, stage: it.stage });
    let vocabularies = editors
        .vocabularies
        .into_iter()
        .map(|it| VocabularyOf { track: it.track, text: it.vocabulary.get().1.to_string() });
    let editable =
        Editable { captions, rules: rules.collect(), vocabularies: vocabularies.collect() };
    ([(header::CACHE_CONTROL, "no-store")], Json(editable))
}

fn captions(log: &Log) -> Vec<EditableCaption> {
    let caption = |it: crate::wire::CorrectionEvent| EditableCaption {
        by: Some(it.by).filter(|by| !by.is_empty()),
        track: it.track,
        segment: it.segment,
        lang: it.lang,
        of: it.of,
        speaker: it.speaker,
        start: it.start,
        text: it.text,
    };
    newest_finals(log, SEGMENTS).into_iter().map(caption).collect()
}
