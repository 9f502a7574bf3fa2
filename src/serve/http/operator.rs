//! The right to operate, as handlers ask for it.
use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

use crate::serve::{
    access::{
        refusal::{Refused, refused, unauthorized},
        rights::Requester,
    },
    hub::Hub,
};

/// The requester may operate. This is an extractor, so that no body is read without this right.
pub(super) struct Operator;

impl FromRequestParts<Arc<Hub>> for Operator {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Operator, Refused> {
        match hub.rules.may_operate(&Requester::of(&parts.headers, None)) {
            true => match hub.node() {
                None => Ok(Operator),
                Some(node) => Err(refused(StatusCode::CONFLICT, node.refusal())),
            },
            false if !hub.rules.has_operator() => {
                let told = "nobody may operate this server: set `operator-token-env`";
                Err(refused(StatusCode::FORBIDDEN, told))
            }
            false => Err(unauthorized("the operator's")),
        }
    }
}
