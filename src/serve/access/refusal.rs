//! The refusal of a request: a status and a message.
use std::time::Duration;

use axum::{
    Json,
    http::{StatusCode, header},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::limits::seconds;

/// What went wrong, in words.
#[derive(Serialize, ToSchema)]
pub(crate) struct Told {
    error: String,
}

pub(crate) type Refused = (StatusCode, Json<Told>);

/// When to try again.
pub(crate) fn later(wait: Duration) -> (header::HeaderName, String) {
    (header::RETRY_AFTER, seconds(wait).to_string())
}

pub(crate) fn refused(status: StatusCode, error: impl Into<String>) -> Refused {
    (status, Json(Told { error: error.into() }))
}

pub(crate) fn unauthorized(whose: &str) -> Refused {
    let told = format!("a token is asked for, {whose}: `Authorization: Bearer …`");
    refused(StatusCode::UNAUTHORIZED, told)
}
