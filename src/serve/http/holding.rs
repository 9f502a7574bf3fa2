//! Operators change captions that are held back, before anybody sees them.
use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::operator::{Operator, name_of};
use crate::serve::{
    access::refusal::{Refused, Told, refused},
    hub::Hub,
    pipeline::hold_back::{Change, HeldId, NotChanged},
};

/// The most bytes of a text.
const LONGEST_TEXT: usize = 4000;

/// What is changed, as `held` of `/api/captions` names it, and how: one of `mask` and `text`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changing {
    track: String,
    segment: u64,
    /// The language of a translation; left out for the original
    #[serde(default)]
    of_language: Option<String>,
    /// A word that nobody is to read
    #[serde(default)]
    mask: Option<String>,
    /// The whole text of a final
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    by: Option<String>,
}

/// Change a caption that is held back
#[utoipa::path(post, path = "/api/held", request_body = Changing, responses(
    (status = 204), (status = 400, body = Told), (status = 401, body = Told), (status = 404, body = Told), (status = 409, body = Told),
))]
pub(crate) async fn change(
    State(hub): State<Arc<Hub>>,
    _: Operator,
    wanted: Result<Json<Changing>, axum::extract::rejection::JsonRejection>,
) -> Result<StatusCode, Refused> {
    let Json(wanted) = wanted.map_err(|error| refused(error.status(), error.body_text()))?;
    let Changing { track, segment, of_language: lang, mask, text, by } = wanted;
    let by = name_of(by)?;
    let one_line = |it: String| it.split_whitespace().collect::<Vec<_>>().join(" ");
    let change = match (mask, text) {
        (Some(word), None) if !word.trim().is_empty() => Change::Mask(one_line(word)),
        (None, Some(text)) if text.len() <= LONGEST_TEXT => Change::Text(one_line(text)),
        _ => {
            let told = format!("give `mask`, a word, or `text`, of at most {LONGEST_TEXT} bytes");
            return Err(refused(StatusCode::BAD_REQUEST, told));
        }
    };
    let Some(held) = &hub.pipeline.hold_back else {
        let told = "captions are not held back: set `hold-back` in the broadcast's table";
        return Err(refused(StatusCode::CONFLICT, told));
    };
    let told = match held.change(HeldId { track, segment, lang }, change, by) {
        Ok(()) => return Ok(StatusCode::NO_CONTENT),
        Err(NotChanged::Gone) => {
            return Err(refused(StatusCode::NOT_FOUND, "it is not held back any more: correct it"));
        }
        Err(NotChanged::Seen) => "readers have seen it already: correct it once it is final",
        Err(NotChanged::Open) => "the sentence is not complete yet: mask words of it, or wait",
    };
    Err(refused(StatusCode::CONFLICT, told))
}
