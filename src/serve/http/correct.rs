//! Operators correct what was said, while it is shown.
use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::operator::{Operator, name_of};
use crate::{
    logic::masking,
    serve::{
        access::refusal::{Refused, Told, refused},
        captions::corrections::{NotCorrected, Wanted},
        hub::Hub,
        pipeline::retranslation::Retranslating,
    },
    wire::CorrectionEvent,
};

/// The most bytes of a corrected text.
const LONGEST_TEXT: usize = 4000;

/// What is to be corrected: a final, as `caption` names it, and how: one of `text` and `mask`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Correct {
    track: String,
    segment: u64,
    /// The language of the original, or that of a translation
    lang: String,
    /// What it says from now on; empty: nothing
    #[serde(default)]
    text: Option<String>,
    /// A word of it that nobody is to read any more
    #[serde(default)]
    mask: Option<String>,
    /// What it says now: if another operator was faster, nothing is changed
    before: String,
    /// Who corrects; `operator` where it is left out
    #[serde(default)]
    by: Option<String>,
    /// With `text`: nobody is to read any more what was there before
    #[serde(default)]
    masked: bool,
}

/// A correction that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Corrected {
    seq: u64,
    /// With one space between words.
    text: String,
}

/// Somebody else was faster.
#[derive(Serialize, ToSchema)]
pub(crate) struct Conflict {
    error: String,
    /// What it says now.
    text: String,
}

/// Correct a final
#[utoipa::path(post, path = "/api/correct", request_body = Correct, responses(
    (status = 200, body = Corrected), (status = 400, body = Told), (status = 401, body = Told),
    (status = 404, body = Told), (status = 409, body = Conflict),
))]
pub(crate) async fn correct(
    State(hub): State<Arc<Hub>>,
    _: Operator,
    wanted: Result<Json<Correct>, axum::extract::rejection::JsonRejection>,
) -> Result<Response, Refused> {
    let Json(asked) = wanted.map_err(|error| refused(error.status(), error.body_text()))?;
    let wanted = wanted_of(asked, hub.clock.now_ms())?;
    match hub.captions.say(|log| log.correct(wanted, Instant::now())) {
        Ok(done) => {
            translate_again(&hub, &done);
            let CorrectionEvent { seq, text, .. } = done;
            Ok(Json(Corrected { seq, text }).into_response())
        }
        Err(NotCorrected::Changed(text)) => {
            let error = "it was changed meanwhile".to_owned();
            Ok((StatusCode::CONFLICT, Json(Conflict { error, text })).into_response())
        }
        Err(NotCorrected::Same) => {
            Err(refused(StatusCode::BAD_REQUEST, "it has this text already"))
        }
        Err(NotCorrected::Unknown) => {
            let told = "there is no such final, or it is no longer kept";
            Err(refused(StatusCode::NOT_FOUND, told))
        }
    }
}

/// A translation is of a text that nobody stands by any more.
fn translate_again(hub: &Hub, done: &CorrectionEvent) {
    if done.of.is_some() || done.text.is_empty() {
        return;
    }
    let (captions, bell, clock) = (hub.captions.clone(), hub.bell.clone(), hub.clock);
    let retranslating = Retranslating { captions, bell, clock };
    for (track, translator) in hub.pipeline.editors().translators {
        if track == done.track {
            retranslating.ask(&translator, done);
        }
    }
}

fn wanted_of(asked: Correct, at: u64) -> Result<Wanted, Refused> {
    let wrong = |told: String| refused(StatusCode::BAD_REQUEST, told);
    let Correct { track, segment, lang, text, mask, before, by, masked } = asked;
    let (text, masked) = match (text, mask) {
        (Some(text), None) if text.len() <= LONGEST_TEXT => (text, masked),
        (None, Some(word)) => match masking::masked(&before, word.trim()) {
            text if text == before => return Err(wrong("this word is not in it".to_owned())),
            text => (text, true),
        },
        _ => {
            let told = format!("give `mask`, a word, or `text`, of at most {LONGEST_TEXT} bytes");
            return Err(wrong(told));
        }
    };
    Ok(Wanted { track, segment, lang, text, before, by: name_of(by)?, at, masked })
}
