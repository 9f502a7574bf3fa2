//! The state of a running pipeline for everybody; its plan, details and log for operators.
use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{FromRequestParts, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use crate::{
    flow::StageReading,
    serve::{
        access::{
            refusal::{Refused, Told, refused, unauthorized},
            rights::Requester,
        },
        cluster::Node,
        hub::Hub,
    },
    wire::{ApiState, Graph, LogLines, SourceLevel, StageState, StateEvent, level_db},
};

const FRESH: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// How the pipeline is; with the right to inspect it also its edges, its milliseconds, the viewers and the log
#[utoipa::path(get, path = "/api/state", responses(
    (status = 200, body = ApiState, description = "Without the right to inspect: a `StateEvent`; without that to read, one that tells nothing of what is said"),
))]
pub(crate) async fn state(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    let requester = Requester::of(&headers, None);
    match hub.rules.may_inspect(&requester) {
        true => (FRESH, Json(whole(&hub, &requester))).into_response(),
        false => (FRESH, Json(public(&hub, &requester))).into_response(),
    }
}

/// With the details for operators.
fn whole(hub: &Hub, requester: &Requester<'_>) -> ApiState {
    let registry = hub.pipeline.registry();
    let (readings, edges) = (registry.stages(), registry.edges());
    // Stages that give sound: their edges have no size in items. Also stages that are not running, to show that they give nothing.
    let sources = readings.iter().filter(|stage| {
        edges.iter().any(|it| it.from == stage.name && it.size == 0)
            && edges.iter().all(|it| it.to != stage.name)
    });
    let level = |source: &StageReading| SourceLevel {
        source: source.name.clone(),
        level_db: source.peak.map(level_db),
    };
    let (stream, log) = {
        let log = hub.captions.log();
        (log.run().stream.clone(), log.state())
    };
    ApiState {
        state: hub.state(),
        stream,
        server: hub.id.clone(),
        now: hub.clock.now_ms(),
        // A node refuses everybody.
        may_operate: hub.rules.may_operate(requester) && hub.node().is_none(),
        may_read_archive: hub.settings.archive.is_some() && hub.rules.may_read_archive(requester),
        edges: edges.iter().map(Into::into).collect(),
        work: readings.iter().map(Into::into).collect(),
        levels: sources.map(level).collect(),
        latency: hub.pipeline.diagnostics.latency(Instant::now()),
        viewers: hub.viewers(),
        log,
        node: hub.node().map(Node::told),
    }
}

/// The states of stages are public. When somebody speaks is not, where captions are not public.
fn public(hub: &Hub, requester: &Requester<'_>) -> StateEvent {
    let state = hub.state();
    if hub.rules.may_read(requester) {
        return state;
    }
    let stages = state.stages.into_iter().map(|it| StageState { counts: BTreeMap::new(), ..it });
    StateEvent { lag_ms: None, level_db: None, stages: stages.collect(), ..state }
}

/// The plan that runs: its stages and edges, as `livecap graph` draws them
#[utoipa::path(get, path = "/api/graph", responses(
    (status = 200, body = Graph), (status = 401, body = Told), (status = 403, body = Told),
))]
pub(crate) async fn graph(State(hub): State<Arc<Hub>>, _: Inspector) -> impl IntoResponse {
    (FRESH, Json(hub.pipeline.diagnostics.graph()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    /// The number of the last line that is known already
    #[serde(default)]
    after: u64,
}

/// The newest lines of the program's own log
#[utoipa::path(get, path = "/api/log", params(After), responses(
    (status = 200, body = LogLines), (status = 400, body = Told), (status = 401, body = Told), (status = 403, body = Told),
))]
pub(crate) async fn lines(
    State(hub): State<Arc<Hub>>,
    _: Inspector,
    after: Result<Query<After>, QueryRejection>,
) -> Result<impl IntoResponse, Refused> {
    let Query(After { after }) =
        after.map_err(|error| refused(StatusCode::BAD_REQUEST, error.body_text()))?;
    Ok((FRESH, Json(hub.pipeline.diagnostics.lines(after))))
}

/// The requester may inspect.
pub(crate) struct Inspector;

impl FromRequestParts<Arc<Hub>> for Inspector {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Inspector, Refused> {
        match hub.rules.may_inspect(&Requester::of(&parts.headers, None)) {
            true => Ok(Inspector),
            false if !hub.rules.has_operator() => {
                let told = "nobody may inspect this server from there: set `operator-token-env`";
                Err(refused(StatusCode::FORBIDDEN, told))
            }
            false => Err(unauthorized("the operator's")),
        }
    }
}
