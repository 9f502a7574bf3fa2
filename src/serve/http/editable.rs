//! The newest captions as operators edit them.
use std::sync::Arc;

use axum::{Json, extract::State, http::header, response::IntoResponse};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::operator::Operator;
use crate::serve::{
    access::refusal::Told,
    captions::{corrections::newest_finals, log::Log},
    hub::Hub,
    pipeline::hold_back::Held,
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
    /// How long captions are held back; null: they are not.
    hold_back_ms: Option<u64>,
    /// What readers do not see yet, the oldest first.
    held: Vec<HeldCaption>,
}

/// A segment in one language that is held back, as it will be shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct HeldCaption {
    track: String,
    segment: u64,
    lang: String,
    /// Of a translation: `lang` once more
    of_language: Option<String>,
    speaker: Option<String>,
    text: String,
    /// Otherwise the segment goes on.
    is_final: bool,
    /// Until readers see the first of it that they do not see yet.
    left_ms: u64,
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
    let hold_back = hub.pipeline.hold_back.as_ref();
    let held = hold_back.map(|it| it.held(Instant::now())).unwrap_or_default();
    let editable = Editable {
        captions,
        rules: rules.collect(),
        vocabularies: vocabularies.collect(),
        hold_back_ms: hold_back.map(|it| it.time().as_millis() as u64),
        held: held.into_iter().map(HeldCaption::from).collect(),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(editable))
}

impl From<Held> for HeldCaption {
    fn from(it: Held) -> HeldCaption {
        HeldCaption {
            track: it.id.track,
            segment: it.id.segment,
            lang: it.lang,
            of_language: it.id.lang,
            speaker: it.speaker,
            text: it.text,
            is_final: it.is_final,
            left_ms: it.left.as_millis() as u64,
        }
    }
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
