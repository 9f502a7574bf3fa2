//! How to join: the addresses for readers, and the languages to read in.
use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::serve::{
    access::{
        limits::Client,
        refusal::{Refused, Told, refused, unauthorized},
        rights::{FOREIGN, ReadDenied, Requester},
    },
    hub::Hub,
};

/// What the slide for the audience shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Join {
    /// `public-url`: the address for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
    /// The addresses of this machine for other devices, best first. Only a browser on this machine is told, since others have an
    /// address that works.
    addresses: Vec<String>,
    /// Whether only this machine reaches the server.
    only_here: bool,
    /// What to change so that others reach it: for who may inspect.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// The languages that are spoken and translated to, as BCP 47 tags, the spoken ones first; `auto` is left out.
    languages: Vec<String>,
}

/// Where readers find these captions, and in which languages
#[utoipa::path(get, path = "/api/join", responses(
    (status = 200, body = Join), (status = 401, body = Told), (status = 403, body = Told),
))]
pub(crate) async fn join(
    State(hub): State<Arc<Hub>>,
    client: Option<axum::Extension<Client>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refused> {
    let requester = Requester::of(&headers, None);
    hub.rules.read(&requester).map_err(|why| match why {
        ReadDenied::Token => unauthorized("reading"),
        ReadDenied::Foreign => refused(StatusCode::FORBIDDEN, FOREIGN),
    })?;
    let is_here = client.is_some_and(|it| it.0.0.is_loopback());
    let addresses = hub.addresses_of_pages();
    let only_here = addresses.best().is_none() && hub.settings.trusted_proxies.is_empty();
    let remedy = only_here && hub.rules.may_inspect(&requester);
    let others = addresses.others.into_iter().filter(|_| is_here).map(|it| it.url);
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(Join {
            public_url: addresses.public,
            addresses: others.collect(),
            only_here,
            remedy: remedy.then(|| REMEDY.to_owned()),
            languages: languages(&hub),
        }),
    ))
}

const REMEDY: &str = "the server listens on this machine only: write `listen = \"0.0.0.0:31979\"` in the broadcast's table of the \
    pipeline file (or set LIVECAP_HOST=0.0.0.0), and start it again";

fn languages(hub: &Hub) -> Vec<String> {
    let Some(attached) = hub.pipeline.attached() else { return Vec::new() };
    let spoken = attached.tracks.iter().map(|it| &it.lang);
    let translated = attached.tracks.iter().flat_map(|it| &it.langs);
    let mut languages: Vec<String> = Vec::new();
    for lang in spoken.chain(translated).filter(|it| *it != "auto") {
        if !languages.contains(lang) {
            languages.push(lang.clone());
        }
    }
    languages
}
