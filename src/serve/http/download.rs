//! Downloads of transcripts, with a limit of how many at once and a time limit.
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::{
    sync::OwnedSemaphorePermit,
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use crate::serve::{
    access::{
        refusal::{Refused, Told, later, refused, unauthorized},
        rights::{FOREIGN, ReadDenied, Requester},
    },
    captions::transcript::{self, Extract, Format, Part},
    hub::Hub,
};

/// Bytes of a chunk: the time limit is checked before each.
const CHUNK: usize = 64 * 1024;

/// When to try again if there are too many downloads.
const COME_AGAIN: Duration = Duration::from_secs(5);

/// What was said so far, as far as it is kept
#[utoipa::path(get, path = "/api/transcript.{format}", params(
    ("format" = String, Path, description = "`json`, `txt`, `srt`, `vtt`, `ttml` or `docx`"), Part,
), responses(
    (status = 200, body = transcript::Transcript<'_>, description = "For `json`; text for the others"),
    (status = 401, body = Told), (status = 403, body = Told), (status = 404, body = Told),
    (status = 503, body = Told, description = "Too many want it now, or it could not be written in time"),
))]
pub(crate) async fn said(
    State(hub): State<Arc<Hub>>,
    Path(format): Path<String>,
    headers: HeaderMap,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Response, Refused> {
    hub.rules.read(&Requester::of(&headers, None)).map_err(|why| match why {
        ReadDenied::Token => unauthorized("reading"),
        ReadDenied::Foreign => refused(StatusCode::FORBIDDEN, FOREIGN),
    })?;
    let format = self::format(&format)?;
    let Query(part) = part.map_err(|error| refused(StatusCode::BAD_REQUEST, error.body_text()))?;
    let write = async {
        let title = hub.pipeline.page.get().and_then(|it| it.info().title.clone());
        let extract = Extract::of(&hub.captions.log(), part, title);
        let write: Write = Box::new(move || transcript::write(&extract, format));
        Ok(write)
    };
    give(&hub, format, write).await
}

pub(super) fn format(name: &str) -> Result<Format, Refused> {
    Format::named(name).ok_or_else(|| {
        let told = format!("no transcript is written as `{name}`: one of {}", Format::NAMES);
        refused(StatusCode::NOT_FOUND, told)
    })
}

/// Writes a transcript.
pub(super) type Write = Box<dyn FnOnce() -> Vec<u8> + Send>;

/// Gives what is written, within the limits of downloads. `prepare` is asked when it is its turn.
pub(super) async fn give(
    hub: &Hub,
    format: Format,
    prepare: impl Future<Output = Result<Write, Refused>>,
) -> Result<Response, Refused> {
    let Ok(place) = hub.exports.reading.clone().try_acquire_owned() else {
        return Ok(busy("too many want what was said at this moment: try again"));
    };
    let until = Instant::now() + hub.settings.write_timeout;
    let Ok(text) = timeout_at(until, written(hub, prepare)).await else {
        return Ok(busy("what was said could not be written in time: try again"));
    };
    let until = Instant::now() + hub.settings.take_timeout;
    let body = Body::new(Download { left: text?, until, _place: place });
    let head = [(header::CONTENT_TYPE, format.content_type()), (header::CACHE_CONTROL, "no-store")];
    Ok((head, body).into_response())
}

/// Writing hours of captions takes long, so it runs on a blocking thread, and only a few at the same time.
async fn written(
    hub: &Hub,
    prepare: impl Future<Output = Result<Write, Refused>>,
) -> Result<Bytes, Refused> {
    let turn = hub.exports.writing.clone().acquire_owned().await;
    let work = prepare.await?;
    let write = move || {
        // The permit is kept until the transcript is written, even if the client has disconnected.
        let _turn = turn;
        work()
    };
    let text = spawn_blocking(write).await.map_err(|_| {
        refused(StatusCode::INTERNAL_SERVER_ERROR, "the transcript could not be written")
    })?;
    Ok(text.into())
}

fn busy(told: &str) -> Response {
    ([later(COME_AGAIN)], refused(StatusCode::SERVICE_UNAVAILABLE, told)).into_response()
}

/// A text that is being sent. Its permit is released when all of it was sent, or the time is over.
struct Download {
    left: Bytes,
    until: Instant,
    _place: OwnedSemaphorePermit,
}

impl hyper::body::Body for Download {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        // Polled only when there is room. The connection itself ends a client that reads nothing at all.
        if self.until <= Instant::now() {
            let why = "what was said was not taken in time";
            return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, why))));
        }
        let chunk = CHUNK.min(self.left.len());
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(chunk)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::settings::Settings;
    use axum::{Router, http::Request, routing::get};
    use futures::task::noop_waker;
    use hyper::body::Body as _;
    use tower::ServiceExt;

    async fn ask(hub: &Arc<Hub>) -> Response {
        let request = Request::get("/api/transcript.txt").body(Body::empty()).unwrap();
        Router::new()
            .route("/api/transcript.{format}", get(said))
            .with_state(hub.clone())
            .oneshot(request)
            .await
            .unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn who_gets_no_turn_in_time_is_told_to_come_again() {
        let hub = Hub::new(Settings::default(), true);
        let turns = hub.exports.writing.clone().acquire_many_owned(2).await.unwrap();
        let begun = Instant::now();
        let late = ask(&hub).await;
        assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(late.headers()[header::RETRY_AFTER], "6");
        assert_eq!(begun.elapsed().as_secs(), hub.settings.write_timeout.as_secs());
        drop(turns);
        assert_eq!(ask(&hub).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn so_many_have_what_was_said_at_once_and_no_more() {
        let hub = Hub::new(Settings::default(), true);
        let room = hub.exports.reading.available_permits();
        let mut taking = Vec::new();
        for _ in 0..room {
            let answer = ask(&hub).await;
            assert_eq!(answer.status(), StatusCode::OK);
            taking.push(answer);
        }
        assert_eq!(ask(&hub).await.status(), StatusCode::SERVICE_UNAVAILABLE);
        taking.pop();
        assert_eq!(ask(&hub).await.status(), StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_it_too_slowly_does_not_get_the_rest() {
        let hub = Hub::new(Settings::default(), true);
        let place = hub.exports.reading.clone().try_acquire_owned().unwrap();
        let until = Instant::now() + Duration::from_secs(300);
        let left = Bytes::from(vec![b'x'; 3 * CHUNK]);
        let mut download = Download { left, until, _place: place };
        let mut next = || {
            let next = Pin::new(&mut download).poll_frame(&mut Context::from_waker(&noop_waker()));
            let Poll::Ready(Some(next)) = next else { panic!("{next:?}") };
            next.map(|it| it.into_data().unwrap().len())
        };
        assert_eq!(next().unwrap(), CHUNK);
        tokio::time::advance(Duration::from_secs(299)).await;
        assert_eq!(next().unwrap(), CHUNK);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(next().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
