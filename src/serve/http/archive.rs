//! The archive over HTTP: events, their passages, searches, downloads and sound, for whoever may read it.
use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{FromRequestParts, Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa::{IntoParams, ToSchema};

use super::download;
use crate::{
    serve::{
        access::{
            refusal::{Refused, Told, refused, unauthorized},
            rights::Requester,
        },
        archive::{Archive, ArchiveError},
        captions::transcript::transcript,
        hub::Hub,
    },
    wire::{EventSummary, Hit, Passage, PassagesAsked, Place, Search},
};

/// The most of one page, and how many there are where the request does not say.
const MOST: usize = 500;
const USUAL: usize = 50;
/// The most letters that are searched for.
const LONGEST_SEARCH: usize = 200;

/// The requester may read the archive, and there is one.
pub(crate) struct Reader(Arc<dyn Archive>);

impl FromRequestParts<Arc<Hub>> for Reader {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Reader, Refused> {
        if !hub.rules.may_read_archive(&Requester::of(&parts.headers, None)) {
            return Err(unauthorized("the archive's or the operator's"));
        }
        archive(hub).map(Reader)
    }
}

fn archive(hub: &Hub) -> Result<Arc<dyn Archive>, Refused> {
    let archive = hub.settings.archive.as_ref().map(|it| it.0.clone());
    archive.ok_or_else(|| {
        let told = "nothing is kept here: add a `journal` that listens to this broadcast";
        refused(StatusCode::NOT_FOUND, told)
    })
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn failed(error: ArchiveError) -> Refused {
    tracing::warn!(%error, "the archive");
    refused(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}

fn no_event(id: i64) -> Refused {
    refused(StatusCode::NOT_FOUND, format!("there is no event {id}"))
}

fn query<T>(asked: Result<Query<T>, QueryRejection>) -> Result<T, Refused> {
    let Query(asked) = asked.map_err(|it| refused(StatusCode::BAD_REQUEST, it.body_text()))?;
    Ok(asked)
}

fn limit(asked: Option<usize>) -> usize {
    asked.unwrap_or(USUAL).clamp(1, MOST)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsAsked {
    /// `next` of the page before
    before: Option<i64>,
    /// The most events, 50 where it is left out, 500 at most
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Events {
    /// The newest first.
    events: Vec<EventSummary>,
    /// For `before` of the next page, if there is one.
    next: Option<i64>,
}

/// What was kept, the newest event first
#[utoipa::path(get, path = "/api/archive", params(EventsAsked), responses(
    (status = 200, body = Events), (status = 400, body = Told), (status = 401, body = Told), (status = 404, body = Told),
))]
pub(crate) async fn events(
    Reader(archive): Reader,
    asked: Result<Query<EventsAsked>, QueryRejection>,
) -> Result<Json<Events>, Refused> {
    let asked = query(asked)?;
    let limit = limit(asked.limit);
    let mut events = archive.events(asked.before, limit + 1).await.map_err(failed)?;
    let more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().map(|it| it.id).filter(|_| more);
    Ok(Json(Events { events, next }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    #[serde(flatten)]
    summary: EventSummary,
    sounds: Vec<Sound>,
}

/// A file of sound of an event.
#[derive(Serialize, ToSchema)]
struct Sound {
    /// Seconds on the timeline at which its first sample is.
    start: f64,
    /// Whose words are in it.
    tracks: Vec<String>,
    /// Where it is, from the root of this server; good for a day. `null`: the file is gone.
    path: Option<String>,
}

/// One event, and its sound
#[utoipa::path(get, path = "/api/archive/{event}", params(("event" = i64, Path, description = "its number")), responses(
    (status = 200, body = Event), (status = 401, body = Told), (status = 404, body = Told),
))]
pub(crate) async fn event(
    State(hub): State<Arc<Hub>>,
    Reader(archive): Reader,
    Path(id): Path<i64>,
) -> Result<Json<Event>, Refused> {
    let found = archive.event(id).await.map_err(failed)?.ok_or_else(|| no_event(id))?;
    let mut sounds = Vec::new();
    for (number, file) in found.sounds.into_iter().enumerate() {
        let is_there = tokio::fs::try_exists(&file.path).await.unwrap_or(false);
        let ticket = || hub.tickets.issue(id, number, hub.clock.now_ms());
        let path = is_there.then(|| format!("api/archive/{id}/sound/{number}?ticket={}", ticket()));
        sounds.push(Sound { start: file.start, tracks: file.tracks, path });
    }
    Ok(Json(Event { summary: found.summary, sounds }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// The language; what was spoken, where it is left out
    lang: Option<String>,
    /// Who speaks
    speaker: Option<String>,
    /// Behind this place: `next` of the page before, or seconds
    after: Option<String>,
    /// Before this place: `previous` of the page behind, or seconds
    before: Option<String>,
    /// The most passages, 50 where it is left out, 500 at most
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Page {
    passages: Vec<Passage>,
    /// For `before` of the page before this one, if there may be one.
    previous: Option<String>,
    /// For `after` of the page behind this one, if there may be one.
    next: Option<String>,
}

/// A page of a transcript, in the order of the timeline
#[utoipa::path(get, path = "/api/archive/{event}/passages", params(("event" = i64, Path, description = "its number"), Asked), responses(
    (status = 200, body = Page), (status = 400, body = Told), (status = 401, body = Told), (status = 404, body = Told),
))]
pub(crate) async fn passages(
    Reader(archive): Reader,
    Path(id): Path<i64>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Page>, Refused> {
    let Asked { lang, speaker, after, before, limit: most } = query(asked)?;
    let place = |it: Option<String>| {
        it.map(|it| {
            self::place(&it).ok_or_else(|| {
                let told =
                    format!("`{it}` is not a place: seconds, or what `next` and `previous` say");
                refused(StatusCode::BAD_REQUEST, told)
            })
        })
        .transpose()
    };
    let (after, before) = (place(after)?, place(before)?);
    let asked = PassagesAsked { lang, speaker, after, before, limit: limit(most) };
    if archive.event(id).await.map_err(failed)?.is_none() {
        return Err(no_event(id));
    }
    let found = archive.passages(id, asked).await.map_err(failed)?;
    let written = |it: &Passage| format!("{}:{}", it.start, it.seq);
    let (first, last) = (found.passages.first().map(written), found.passages.last().map(written));
    // In the other direction there is what one came from.
    let (back, forth) = match before {
        Some(_) => (found.more, true),
        None => (after.is_some(), found.more),
    };
    let (previous, next) = (first.filter(|_| back), last.filter(|_| forth));
    Ok(Json(Page { passages: found.passages, previous, next }))
}

/// `754.2` or `754.2:310`: a moment alone is before all that begins with it.
fn place(text: &str) -> Option<Place> {
    let (start, seq) = text.split_once(':').unwrap_or((text, "0"));
    let start = start.parse::<f64>().ok().filter(|it| it.is_finite())?;
    Some(Place { start, seq: seq.parse().ok()? })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Words {
    /// All of them have to be there; what stands in quotation marks is a phrase
    words: String,
    /// Only in this event
    event: Option<i64>,
    /// Only in this language
    lang: Option<String>,
    /// Only of this speaker
    speaker: Option<String>,
    /// `next` of the page before
    after: Option<i64>,
    /// The most hits, 50 where it is left out, 500 at most
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Hits {
    /// The newest first.
    hits: Vec<Marked>,
    /// For `after` of the next page, if there is one.
    next: Option<i64>,
}

/// A passage in which all words are.
#[derive(Serialize, ToSchema)]
struct Marked {
    event: i64,
    title: String,
    seq: u64,
    /// Unix time in ms.
    at: u64,
    /// Seconds on the timeline of the event.
    start: f64,
    track: Option<String>,
    lang: Option<String>,
    speaker: Option<String>,
    /// The text in its parts.
    parts: Vec<Part>,
}

#[derive(Serialize, ToSchema)]
struct Part {
    text: String,
    /// It was searched for.
    hit: bool,
}

/// Words in all events, or in one
#[utoipa::path(get, path = "/api/archive/search", params(Words), responses(
    (status = 200, body = Hits), (status = 400, body = Told), (status = 401, body = Told), (status = 404, body = Told),
))]
pub(crate) async fn search(
    Reader(archive): Reader,
    asked: Result<Query<Words>, QueryRejection>,
) -> Result<Json<Hits>, Refused> {
    let Words { words, event, lang, speaker, after, limit: most } = query(asked)?;
    if words.chars().count() > LONGEST_SEARCH {
        let told = format!("at most {LONGEST_SEARCH} letters are searched for");
        return Err(refused(StatusCode::BAD_REQUEST, told));
    }
    let limit = limit(most);
    let asked = Search { words, event, lang, speaker, after, limit, ..Search::default() };
    let found = archive.search(asked).await.map_err(failed)?;
    Ok(Json(Hits { hits: found.hits.iter().map(marked).collect(), next: found.next }))
}

fn marked(hit: &Hit) -> Marked {
    let part = |(text, hit): (&str, bool)| Part { text: text.to_owned(), hit };
    Marked {
        event: hit.event,
        title: hit.title.clone(),
        seq: hit.seq,
        at: hit.at,
        start: hit.start,
        track: hit.track.clone(),
        lang: hit.lang.clone(),
        speaker: hit.speaker.clone(),
        parts: hit.parts().into_iter().map(part).collect(),
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Lang {
    /// The language; what was spoken, where it is left out
    lang: Option<String>,
}

/// The whole transcript of an event
#[utoipa::path(get, path = "/api/archive/{event}/transcript.{format}", params(
    ("event" = i64, Path, description = "its number"), ("format" = String, Path, description = "as of `/api/transcript`"), Lang,
), responses(
    (status = 200, description = "The file"), (status = 401, body = Told), (status = 404, body = Told),
    (status = 503, body = Told, description = "Too many want it now, or it could not be written in time"),
))]
pub(crate) async fn whole(
    State(hub): State<Arc<Hub>>,
    Reader(archive): Reader,
    Path((id, format)): Path<(i64, String)>,
    asked: Result<Query<Lang>, QueryRejection>,
) -> Result<Response, Refused> {
    let (format, Lang { lang }) = (download::format(&format)?, query(asked)?);
    let write = async move {
        let kept = archive.kept(id).await.map_err(failed)?.ok_or_else(|| no_event(id))?;
        let write: download::Write = Box::new(move || transcript(&kept, lang.as_deref(), format));
        Ok(write)
    };
    download::give(&hub, format, write).await
}

#[derive(Deserialize)]
pub(crate) struct Ticket {
    ticket: String,
}

/// A file of sound, or the range of it that is asked for. Only what the journal names is given, and only with a ticket for it.
pub(crate) async fn sound(
    State(hub): State<Arc<Hub>>,
    Path((id, number)): Path<(i64, usize)>,
    ticket: Result<Query<Ticket>, QueryRejection>,
    request: Request,
) -> Result<Response, Refused> {
    let Ticket { ticket } = query(ticket)?;
    if !hub.tickets.knows(&ticket, id, number, hub.clock.now_ms()) {
        return Err(refused(
            StatusCode::UNAUTHORIZED,
            "this ticket is over: ask for the event again",
        ));
    }
    let event = archive(&hub)?.event(id).await.map_err(failed)?.ok_or_else(|| no_event(id))?;
    let gone = || refused(StatusCode::NOT_FOUND, "this file of sound is gone");
    let file = event.sounds.get(number).ok_or_else(gone)?;
    let kind = if file.path.ends_with(".flac") { "audio/flac" } else { "audio/wav" };
    let answer = ServeFile::new(&file.path).oneshot(request).await;
    let mut answer = answer.map_err(|never| match never {})?.map(Body::new);
    if answer.status() == StatusCode::NOT_FOUND {
        return Err(gone());
    }
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_moment_or_what_a_page_said() {
        let at = |start, seq| Some(Place { start, seq });
        assert_eq!(place("754.2"), at(754.2, 0));
        assert_eq!(place("754.2:310"), at(754.2, 310));
        for wrong in ["", "a", "1:b", "NaN", "inf", "1:-2", ":"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
