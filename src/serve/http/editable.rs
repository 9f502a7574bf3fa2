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
    ([(header::CACHE_CONTROL, "no-store")], Json(Editable { captions }))
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
