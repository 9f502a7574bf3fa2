//! Operators change rules and vocabularies of the stages behind a broadcast, while these run.
use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::operator::Operator;
use crate::serve::{
    access::refusal::{Refused, Told, refused},
    hub::Hub,
};

/// The most bytes of a phrase.
const LONGEST_PHRASE: usize = 200;

/// The most bytes of a vocabulary: a recogniser reads only the end of more.
const LONGEST_VOCABULARY: usize = 2000;

type Body<T> = Result<Json<T>, axum::extract::rejection::JsonRejection>;

/// What is always to be written instead of what is heard.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Always {
    track: String,
    /// The language of a translation; left out for the original
    #[serde(default)]
    lang: Option<String>,
    from: String,
    to: String,
}

/// A rule that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct Added {
    /// The stage that has it now.
    stage: String,
    /// For the pipeline file, so that the next run has it too.
    paste: String,
}

/// Replace a phrase from now on
#[utoipa::path(post, path = "/api/replace", request_body = Always, responses(
    (status = 200, body = Added), (status = 400, body = Told), (status = 401, body = Told), (status = 409, body = Told),
))]
pub(crate) async fn replace(
    State(hub): State<Arc<Hub>>,
    _: Operator,
    wanted: Body<Always>,
) -> Result<Json<Added>, Refused> {
    let Always { track, lang, from, to } = body(wanted)?;
    let [from, to] = [from, to].map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    if from.is_empty() || from.len() > LONGEST_PHRASE || to.len() > LONGEST_PHRASE {
        let told = format!("`from` has 1 to {LONGEST_PHRASE} bytes, and `to` at most as many");
        return Err(refused(StatusCode::BAD_REQUEST, told));
    }
    let editors = hub.pipeline.editors();
    let Some(it) = editors.rules_of(&track, lang.as_deref()) else {
        let what = lang.map_or_else(String::new, |it| format!(" in `{it}`"));
        let told = format!(
            "no `replace` stage works on the track `{track}`{what}: add one to the pipeline file"
        );
        return Err(refused(StatusCode::CONFLICT, told));
    };
    let added = it.rules.change(|rules| rules.with(&from, &to));
    added.map_err(|error| refused(StatusCode::BAD_REQUEST, error.to_string()))?;
    let paste = format!("[replace.{}.words]\n{} = {}", it.stage, quoted(&from), quoted(&to));
    tracing::info!(stage = it.stage, from, to, "an operator has added a rule, for this run only");
    Ok(Json(Added { stage: it.stage.clone(), paste }))
}

/// A basic string of TOML: JSON escapes as it does.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Names and terms that are likely to come up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vocabulary {
    track: String,
    text: String,
}

/// Change the vocabulary that a recogniser expects
#[utoipa::path(post, path = "/api/vocabulary", request_body = Vocabulary, responses(
    (status = 204), (status = 400, body = Told), (status = 401, body = Told), (status = 409, body = Told),
))]
pub(crate) async fn vocabulary(
    State(hub): State<Arc<Hub>>,
    _: Operator,
    wanted: Body<Vocabulary>,
) -> Result<StatusCode, Refused> {
    let Vocabulary { track, text } = body(wanted)?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.len() > LONGEST_VOCABULARY || text.contains('\0') {
        let told = format!("a vocabulary has at most {LONGEST_VOCABULARY} bytes of text");
        return Err(refused(StatusCode::BAD_REQUEST, told));
    }
    let editors = hub.pipeline.editors();
    let Some(it) = editors.vocabularies.iter().find(|it| it.track == track) else {
        let told = format!("the track `{track}` has no recogniser with a vocabulary");
        return Err(refused(StatusCode::CONFLICT, told));
    };
    let changed: Result<(), std::convert::Infallible> = it.vocabulary.change(|_| Ok(text));
    let Ok(()) = changed;
    tracing::info!(track, "an operator has changed the vocabulary, for this run only");
    Ok(StatusCode::NO_CONTENT)
}

fn body<T>(read: Body<T>) -> Result<T, Refused> {
    read.map(|it| it.0).map_err(|error| refused(error.status(), error.body_text()))
}
