//! A web server on this machine that gives one file, and misbehaves as it is told.
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, Response, header},
    routing::get,
};
use futures::stream;
use tokio::{net::TcpListener, sync::Notify};

/// What the server does with one request. When there is no turn left, it serves.
pub(crate) enum Turn {
    /// Ends the connection after so many bytes of the body.
    CutAfter(usize),
    /// Sends so many bytes, and then nothing more.
    StallAfter(usize),
    /// Takes the request and never answers.
    Silent,
    Status(u16),
    /// As a hotel's network does.
    Page,
}

#[derive(Clone)]
pub(crate) struct Shelf {
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) tag: Option<&'static str>,
    pub(crate) ranges: bool,
    turns: Arc<Mutex<VecDeque<Turn>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) asked: Arc<Notify>,
}

/// `Range` and `If-Range` of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) range: Option<String>,
    pub(crate) if_range: Option<String>,
}

impl Shelf {
    pub(crate) fn new(bytes: Vec<u8>, turns: impl IntoIterator<Item = Turn>) -> Shelf {
        Shelf {
            bytes: Arc::new(bytes),
            tag: Some("\"one\""),
            ranges: true,
            turns: Arc::new(Mutex::new(turns.into_iter().collect())),
            seen: Arc::default(),
            asked: Arc::default(),
        }
    }

    /// Serves on a free port and says where.
    pub(crate) async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/files/{file}", get(give))
            .route("/moved/{file}", get(moved))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        base
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn moved(Path(file): Path<String>) -> Response<Body> {
    let to = format!("/files/{file}");
    Response::builder().status(302).header(header::LOCATION, to).body(Body::empty()).unwrap()
}

async fn give(
    State(shelf): State<Shelf>,
    Path(_): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let text = |name| Some(headers.get(name)?.to_str().unwrap().to_string());
    let (range, if_range) = (text(header::RANGE), text(header::IF_RANGE));
    shelf.seen.lock().unwrap().push(Seen { range: range.clone(), if_range: if_range.clone() });
    shelf.asked.notify_one();
    let turn = shelf.turns.lock().unwrap().pop_front();

    let all = shelf.bytes.len();
    let same = if_range.as_deref() == shelf.tag;
    let start = range.filter(|_| shelf.ranges && same).map_or(0, |range| {
        range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap()
    });
    let mut response = Response::builder();
    if let Some(tag) = shelf.tag {
        response = response.header(header::ETAG, tag);
    }
    if start >= all {
        let range = format!("bytes */{all}");
        return response
            .status(416)
            .header(header::CONTENT_RANGE, range)
            .body(Body::empty())
            .unwrap();
    }
    if start > 0 {
        let range = format!("bytes {start}-{}/{all}", all - 1);
        response = response.status(206).header(header::CONTENT_RANGE, range);
    }
    let rest = shelf.bytes[start..].to_vec();
    let length = rest.len();
    let body = match turn {
        None => Body::from(rest),
        Some(Turn::CutAfter(count)) => broken(rest, count, true),
        Some(Turn::StallAfter(count)) => broken(rest, count, false),
        Some(Turn::Silent) => std::future::pending().await,
        Some(Turn::Status(code)) => {
            let refusal = Response::builder().status(code).header(header::RETRY_AFTER, "7");
            return refusal.body(Body::from("no")).unwrap();
        }
        Some(Turn::Page) => {
            let page = Response::builder().header(header::CONTENT_TYPE, "text/html; charset=utf-8");
            return page.body(Body::from("<!DOCTYPE html> please log in")).unwrap();
        }
    };
    response.header(header::CONTENT_LENGTH, length).body(body).unwrap()
}

/// Gives `count` bytes, lets them go out, and then ends the connection or falls silent.
fn broken(bytes: Vec<u8>, count: usize, cut: bool) -> Body {
    let steps = stream::unfold(0, move |step| {
        let bytes = bytes[..count].to_vec();
        async move {
            match step {
                0 => Some((Ok(bytes), 1)),
                _ if cut => {
                    // The server writes out what it holds when its body has nothing ready.
                    tokio::task::yield_now().await;
                    Some((Err(io::Error::other("cut")), 2))
                }
                _ => std::future::pending().await,
            }
        }
    });
    Body::from_stream(steps)
}
