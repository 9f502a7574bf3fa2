//! Speakers over HTTP: what the page `/speak` has to know, and the links that operators make, rename and take back.
use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::operator::Operator;
use crate::{
    serve::{
        access::{
            refusal::{Refused, Told, refused, unauthorized},
            rights::Requester,
        },
        hub::Hub,
        speakers::{LONGEST_NAME, PlaceReading, name},
    },
    wire::{Codec, RefusalCode},
};

/// What a page of a speaker has to know before it asks for the microphone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Speak {
    stages: Vec<SpeakStage>,
}

#[derive(Serialize, ToSchema)]
struct SpeakStage {
    /// As `hello` names it.
    stage: String,
    /// What readers see of a speaker without a name.
    name: String,
    /// How many may speak at the same time.
    speakers: usize,
    /// Whether whoever asks needs a token.
    needs_token: bool,
    #[schema(value_type = Vec<String>)]
    codecs: Vec<Codec>,
    max_lag_ms: u64,
    echo_cancellation: bool,
    noise_suppression: bool,
    auto_gain: bool,
}

/// Where one may speak here, and how
#[utoipa::path(get, path = "/api/speak", responses((status = 200, body = Speak)))]
pub(crate) async fn speak(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> impl IntoResponse {
    let open = hub.rules.may_speak_without(&Requester::of(&headers, None));
    let stages = hub.speakers.stages().iter().map(|it| SpeakStage {
        stage: it.name.clone(),
        name: it.label.clone(),
        speakers: it.places(),
        needs_token: it.has_token() || !open,
        codecs: it.codecs.clone(),
        max_lag_ms: it.max_lag.as_millis() as u64,
        echo_cancellation: it.capture.echo_cancellation,
        noise_suppression: it.capture.noise_suppression,
        auto_gain: it.capture.auto_gain,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(Speak { stages: stages.collect() }))
}

/// What operators see of speakers.
#[derive(Serialize, ToSchema)]
pub(crate) struct SpeakersNow {
    places: Vec<SpeakerPlaceNow>,
    links: Vec<SpeakerLink>,
}

#[derive(Serialize, ToSchema)]
struct SpeakerPlaceNow {
    stage: String,
    /// From 1.
    slot: usize,
    /// The track with the captions of this place.
    track: Option<String>,
    /// Sound that waits to enter the pipeline.
    waiting_ms: u64,
    /// Sound that was given up as too old, of all speakers so far.
    dropped_ms: u64,
    /// Who has the place; null where nobody has.
    speaker: Option<SpeakerNow>,
}

#[derive(Serialize, ToSchema)]
struct SpeakerNow {
    name: String,
    /// The number of the link by which the speaker came; null without one.
    link: Option<u64>,
    /// False while a lost connection may be resumed.
    connected: bool,
    muted: bool,
    #[schema(value_type = String)]
    codec: Codec,
    rate: u32,
    /// How long the session has lasted.
    since_ms: u64,
    /// Messages that had come before.
    repeated: u64,
    /// As the client says: its peak in dB of full scale, and how many samples were clipped.
    peak_db: Option<f32>,
    clipped: u64,
}

#[derive(Serialize, ToSchema)]
struct SpeakerLink {
    id: u64,
    stage: String,
    name: String,
}

/// What a link is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedLink {
    /// What readers see of the speaker: 1 to 60 characters.
    name: String,
    /// May be left out where there is one `browser` stage.
    #[serde(default)]
    stage: Option<String>,
}

/// A new link.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewLink {
    id: u64,
    stage: String,
    name: String,
    /// Told this once; the server keeps its hash.
    token: String,
    /// The page for the speaker, behind the address of this server.
    path: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewName {
    name: String,
}

/// The places of speakers, who has them, and the links
#[utoipa::path(get, path = "/api/speakers", responses((status = 200, body = SpeakersNow), (status = 401, body = Told)))]
pub(crate) async fn list(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refused> {
    if !hub.rules.may_inspect(&Requester::of(&headers, None)) {
        return Err(unauthorized("the operator's"));
    }
    let links = hub.speakers.links.all().into_iter();
    let links = links.map(|it| SpeakerLink { id: it.id, stage: it.stage, name: it.name });
    let now = SpeakersNow {
        places: hub.speakers.read().into_iter().map(place).collect(),
        links: links.collect(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(now)))
}

fn place(reading: PlaceReading) -> SpeakerPlaceNow {
    let PlaceReading { stage, slot, track, waiting, dropped, session } = reading;
    let speaker = session.map(|it| SpeakerNow {
        name: it.name,
        link: it.link,
        connected: it.connected,
        muted: it.muted,
        codec: it.codec,
        rate: it.rate,
        since_ms: it.since.as_millis() as u64,
        repeated: it.repeated,
        peak_db: it.peak_db,
        clipped: it.clipped,
    });
    let (waiting_ms, dropped_ms) = (waiting.as_millis() as u64, dropped.as_millis() as u64);
    SpeakerPlaceNow { stage, slot, track, waiting_ms, dropped_ms, speaker }
}

type Body<T> = Result<Json<T>, axum::extract::rejection::JsonRejection>;

fn body<T>(read: Body<T>) -> Result<T, Refused> {
    read.map(|it| it.0).map_err(|error| refused(error.status(), error.body_text()))
}

fn named(written: &str) -> Result<Arc<str>, Refused> {
    name(written).filter(|_| written.chars().count() <= LONGEST_NAME).ok_or_else(|| {
        let told = format!("a speaker's name has 1 to {LONGEST_NAME} characters");
        refused(StatusCode::BAD_REQUEST, told)
    })
}

/// Make a link for one speaker
#[utoipa::path(post, path = "/api/speakers", request_body = WantedLink, responses(
    (status = 200, body = NewLink), (status = 400, body = Told), (status = 401, body = Told), (status = 409, body = Told),
))]
pub(crate) async fn make(
    State(hub): State<Arc<Hub>>,
    _: Operator,
    wanted: Body<WantedLink>,
) -> Result<Json<NewLink>, Refused> {
    let WantedLink { name, stage } = body(wanted)?;
    let name = named(&name)?;
    let speakers = &hub.speakers;
    let stage = match (&stage, speakers.stages()) {
        (_, []) => {
            let told = "there is no `browser` stage in the pipeline file";
            return Err(refused(StatusCode::CONFLICT, told));
        }
        (Some(stage), all) => all.iter().find(|it| it.name == *stage),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let names = || {
        let names: Vec<String> =
            speakers.stages().iter().map(|it| format!("`{}`", it.name)).collect();
        names.join(", ")
    };
    let stage = stage.ok_or_else(|| {
        refused(StatusCode::BAD_REQUEST, format!("`stage` names one of {}", names()))
    })?;
    let made = speakers.links.make(speakers.next_number(), &stage.name, &name);
    let (link, token) = made.ok_or_else(|| {
        refused(StatusCode::CONFLICT, "there are too many links: take some back first")
    })?;
    tracing::info!(stage = link.stage, id = link.id, "an operator has made a link for a speaker");
    // Behind `#` it reaches no server and no log on the way.
    let path = format!("/speak#token={token}");
    Ok(Json(NewLink { id: link.id, stage: link.stage, name: link.name, token, path }))
}

/// Give another name to a speaker
#[utoipa::path(post, path = "/api/speakers/{id}", request_body = NewName, params(("id" = u64, Path)), responses(
    (status = 204), (status = 400, body = Told), (status = 401, body = Told), (status = 404, body = Told),
))]
pub(crate) async fn rename(
    State(hub): State<Arc<Hub>>,
    _: Operator,
    Path(id): Path<u64>,
    wanted: Body<NewName>,
) -> Result<StatusCode, Refused> {
    let name = named(&body(wanted)?.name)?;
    if !hub.speakers.links.rename(id, &name) {
        return Err(no_link());
    }
    hub.speakers.rename_link(id, &name);
    Ok(StatusCode::NO_CONTENT)
}

/// Take a link back: who came by it is disconnected
#[utoipa::path(delete, path = "/api/speakers/{id}", params(("id" = u64, Path)), responses(
    (status = 204), (status = 401, body = Told), (status = 404, body = Told),
))]
pub(crate) async fn revoke(
    State(hub): State<Arc<Hub>>,
    _: Operator,
    Path(id): Path<u64>,
) -> Result<StatusCode, Refused> {
    if !hub.speakers.links.revoke(id) {
        return Err(no_link());
    }
    hub.speakers.end_link(id, RefusalCode::Revoked);
    tracing::info!(id, "an operator has taken a speaker's link back");
    Ok(StatusCode::NO_CONTENT)
}

fn no_link() -> Refused {
    refused(StatusCode::NOT_FOUND, "there is no such link; `GET /api/speakers` has them")
}
