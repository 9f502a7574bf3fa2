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

/// The most characters of the name of who corrects.
const LONGEST_NAME: usize = 60;

/// Who corrects, where no name is given.
const NAMELESS: &str = "operator";

/// The name that an operator gives, in one line.
pub(super) fn name_of(by: Option<String>) -> Result<String, Refused> {
    let by = by.unwrap_or_default();
    let name = by.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().count() > LONGEST_NAME {
        let told = format!("the name of who corrects has at most {LONGEST_NAME} characters");
        return Err(refused(StatusCode::BAD_REQUEST, told));
    }
    Ok(if name.is_empty() { NAMELESS.to_owned() } else { name })
}
