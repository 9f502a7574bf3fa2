//! What may be seen of a pipeline at work: its state for everybody; its plan, its details and the log for operators.
use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    api::{Refused, Told, refused, unauthorized},
    hub::Hub,
    rights::Asker,
};
use crate::stages::wire::{ApiState, Graph, LogLines, StateEvent};

const FRESH: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// How the pipeline is; with the right to inspect it also its edges, its milliseconds, the viewers and the log
#[utoipa::path(get, path = "/api/state", responses(
    (status = 200, body = ApiState, description = "Without the right to inspect: a `StateEvent`"),
))]
pub(super) async fn state(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    let asker = Asker::of(&headers, None);
    match hub.rules.may_inspect(&asker) {
        true => {
            let state = hub.api_state(hub.rules.may_operate(&asker));
            (FRESH, Json(state)).into_response()
        }
        false => (FRESH, Json::<StateEvent>(hub.state())).into_response(),
    }
}

/// The plan that runs: its stages and edges, as `livecap graph` draws them
#[utoipa::path(get, path = "/api/graph", responses(
    (status = 200, body = Graph), (status = 401, body = Told), (status = 403, body = Told),
))]
pub(super) async fn graph(State(hub): State<Arc<Hub>>, _: Inspector) -> impl IntoResponse {
    (FRESH, Json(hub.insight.graph()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    /// The number of the last line that is known already
    #[serde(default)]
    after: u64,
}

/// The newest lines of the program's own log
#[utoipa::path(get, path = "/api/log", params(After), responses(
    (status = 200, body = LogLines), (status = 400, body = Told), (status = 401, body = Told), (status = 403, body = Told),
))]
pub(super) async fn lines(
    State(hub): State<Arc<Hub>>,
    _: Inspector,
    after: Result<Query<After>, QueryRejection>,
) -> Result<impl IntoResponse, Refused> {
    let Query(After { after }) =
        after.map_err(|error| refused(StatusCode::BAD_REQUEST, error.body_text()))?;
    Ok((FRESH, Json(hub.insight.lines(after))))
}

/// Whoever asks may inspect.
pub(super) struct Inspector;

impl FromRequestParts<Arc<Hub>> for Inspector {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Inspector, Refused> {
        match hub.rules.may_inspect(&Asker::of(&parts.headers, None)) {
            true => Ok(Inspector),
            false if hub.rules.tokens.operator.is_none() => {
                let told = "nobody may inspect this server from there: set `operator-token-env`";
                Err(refused(StatusCode::FORBIDDEN, told))
            }
            false => Err(unauthorized("the operator's")),
        }
    }
}
