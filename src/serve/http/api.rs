//! The HTTP API: state, transcripts, metrics and control; and its OpenAPI description.
use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    archive, correct, download, editable, holding, inspect, join, metrics,
    operator::Operator,
    speakers, stage_edits,
    transcriptions::{LONGEST_FILE, TRANSCRIPTIONS_PATH, transcriptions},
};
use crate::{
    flow::Gate,
    serve::{
        access::{
            refusal::{Refused, Told, refused, unauthorized},
            rights::Requester,
        },
        captions::log::Log,
        hub::Hub,
        speakers::{REALTIME_PATH, WHISPER_LIVE_PATH, ingest, realtime, whisper_live},
    },
    wire::INGEST_PATH,
};

#[derive(OpenApi)]
#[openapi(info(
    title = "livecap",
    description = "Live captions: their state, what was said, and who operates them"
))]
struct Description;

/// Every path with its description; the whole description is at `/api/openapi.json`.
pub(crate) fn router() -> Router<Arc<Hub>> {
    let (router, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(inspect::state))
        .routes(routes!(inspect::graph))
        .routes(routes!(inspect::lines))
        .routes(routes!(download::said))
        .routes(routes!(archive::events))
        .routes(routes!(archive::search))
        .routes(routes!(archive::event))
        .routes(routes!(archive::passages))
        .routes(routes!(archive::whole))
        .routes(routes!(join::join))
        .routes(routes!(speakers::speak))
        .routes(routes!(speakers::list, speakers::make))
        .routes(routes!(speakers::rename, speakers::revoke))
        .routes(routes!(measures))
        .routes(routes!(alive))
        .routes(routes!(readiness))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(clear))
        .routes(routes!(mark))
        .routes(routes!(correct::correct))
        .routes(routes!(editable::editable))
        .routes(routes!(holding::change))
        .routes(routes!(stage_edits::replace))
        .routes(routes!(stage_edits::vocabulary))
        .routes(routes!(end))
        .split_for_parts();
    router
        .route("/api/archive/{event}/sound/{number}", axum::routing::get(archive::sound))
        .route(INGEST_PATH, axum::routing::get(ingest))
        .route(WHISPER_LIVE_PATH, axum::routing::get(whisper_live))
        .route(REALTIME_PATH, axum::routing::get(realtime))
        .route("/api/openapi.json", axum::routing::get(async || Json(description)))
        .route(
            TRANSCRIPTIONS_PATH,
            axum::routing::post(transcriptions).layer(DefaultBodyLimit::max(LONGEST_FILE)),
        )
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
}

/// Counts in the text format of Prometheus
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String), (status = 401, body = Told)))]
async fn measures(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Result<Response, Refused> {
    if !hub.rules.may_measure(&Requester::of(&headers, None)) {
        return Err(unauthorized("the operator's"));
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], metrics::text(&hub)).into_response())
}

/// 200 while the server lives
#[utoipa::path(get, path = "/healthz", responses((status = 200, body = String)))]
async fn alive() -> &'static str {
    "alive\n"
}

/// 200 while the pipeline gives captions; 503 and why, while it does not
#[utoipa::path(get, path = "/readyz", responses((status = 200, body = String), (status = 503, body = String)))]
async fn readiness(State(hub): State<Arc<Hub>>) -> (StatusCode, String) {
    match hub.ready() {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

/// Leave out what is said from now on
#[utoipa::path(post, path = "/api/pause", responses((status = 204), (status = 401, body = Told), (status = 409, body = Told)))]
async fn pause(State(hub): State<Arc<Hub>>, _: Operator) -> Result<StatusCode, Refused> {
    gate(&hub)?.pause();
    tracing::info!("paused by an operator");
    Ok(StatusCode::NO_CONTENT)
}

/// Go on after a pause
#[utoipa::path(post, path = "/api/resume", responses((status = 204), (status = 401, body = Told), (status = 409, body = Told)))]
async fn resume(State(hub): State<Arc<Hub>>, _: Operator) -> Result<StatusCode, Refused> {
    gate(&hub)?.resume();
    tracing::info!("resumed by an operator");
    Ok(StatusCode::NO_CONTENT)
}

/// Take the captions off every screen
#[utoipa::path(post, path = "/api/clear", responses((status = 204), (status = 401, body = Told), (status = 409, body = Told)))]
async fn clear(State(hub): State<Arc<Hub>>, _: Operator) -> StatusCode {
    hub.captions.say(Log::clear);
    StatusCode::NO_CONTENT
}

/// What a mark is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Mark {
    #[serde(default)]
    text: String,
}

/// The number of a mark.
#[derive(Serialize, ToSchema)]
struct Marked {
    seq: u64,
}

/// The most bytes of a mark's text.
const LONGEST_MARK: usize = 1000;

/// The most bytes of a request body: a correction with its text before and after, in which many letters are escaped.
const LONGEST_BODY: usize = 32 * 1024;

/// Mark this moment
#[utoipa::path(post, path = "/api/mark", request_body = Mark, responses(
    (status = 200, body = Marked), (status = 400, body = Told), (status = 401, body = Told),
    (status = 409, body = Told),
))]
async fn mark(
    State(hub): State<Arc<Hub>>,
    _: Operator,
    mark: Result<Json<Mark>, axum::extract::rejection::JsonRejection>,
) -> Result<Json<Marked>, Refused> {
    let Json(Mark { text }) = mark.map_err(|error| refused(error.status(), error.body_text()))?;
    if text.len() > LONGEST_MARK {
        let told = format!("a mark's text has at most {LONGEST_MARK} bytes");
        return Err(refused(StatusCode::BAD_REQUEST, told));
    }
    let seq = hub.captions.say(|log| log.mark(text, Instant::now()));
    Ok(Json(Marked { seq }))
}

/// End the pipeline: its sources stop, the rest drains
#[utoipa::path(post, path = "/api/end", responses((status = 202), (status = 401, body = Told), (status = 409, body = Told)))]
async fn end(State(hub): State<Arc<Hub>>, _: Operator) -> Result<StatusCode, Refused> {
    gate(&hub)?.ask_for_the_end();
    Ok(StatusCode::ACCEPTED)
}

fn gate(hub: &Hub) -> Result<&Gate, Refused> {
    hub.pipeline
        .gate()
        .ok_or_else(|| refused(StatusCode::CONFLICT, "there is no pipeline behind this server"))
}
