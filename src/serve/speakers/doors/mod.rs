//! Doors for the clients of other programs: each turns its messages into what speakers of our own protocol send, so that rights,
//! places, limits and queues are the same.
mod captions;
mod door;
mod realtime;
mod realtime_items;
mod whisper_live;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::serve::hub::Hub;

/// The path of WhisperLive's WebSocket. Its clients ask for `/`, and are led here.
pub(crate) const WHISPER_LIVE_PATH: &str = "/whisper-live";
/// The path of OpenAI's realtime WebSocket.
pub(crate) const REALTIME_PATH: &str = "/v1/realtime";

const NOT_TAKEN: &str = "clients of other programs are not taken here: add `compatible-with` to a `browser` stage of the pipeline file\n";

pub(crate) async fn whisper_live(state: State<Arc<Hub>>, request: Request) -> Response {
    if !state.speakers.stages.iter().any(|it| it.others.whisper_live) {
        return (StatusCode::NOT_FOUND, NOT_TAKEN).into_response();
    }
    whisper_live::open(state.0, request)
}

pub(crate) async fn realtime(state: State<Arc<Hub>>, request: Request) -> Response {
    if !state.speakers.stages.iter().any(|it| it.others.openai) {
        return (StatusCode::NOT_FOUND, NOT_TAKEN).into_response();
    }
    realtime::open(state.0, request)
}
