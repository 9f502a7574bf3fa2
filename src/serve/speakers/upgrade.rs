//! From a request to an open WebSocket of a speaker: how many may be half open, and how much a message may hold.
use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use crate::{
    serve::{
        access::{limits::Client, refusal::later},
        hub::Hub,
    },
    wire::RefusalCode,
};

/// How long a client may take for its first message.
pub(super) const HELLO: Duration = Duration::from_secs(5);

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// An open WebSocket whose client has not said who it is.
pub(super) struct Opened {
    pub(super) socket: Socket,
    pub(super) seen: Seen,
    pub(super) client: IpAddr,
    /// Its place among those that are half open, until it is dropped.
    pub(super) half_open: Box<dyn Send>,
}

/// What is needed of the request; its own headers would keep the whole buffer.
pub(super) struct Seen {
    pub(super) headers: HeaderMap,
    pub(super) query: String,
}

impl Seen {
    fn of(request: &Request) -> Seen {
        let names = [header::AUTHORIZATION, header::ORIGIN, header::HOST];
        let copied = names.into_iter().filter_map(|name| {
            let value = HeaderValue::from_bytes(request.headers().get(&name)?.as_bytes()).ok()?;
            Some((name, value))
        });
        let query = request.uri().query().unwrap_or_default().to_owned();
        Seen { headers: copied.collect(), query }
    }
}

/// Bounds every buffer of a connection before anything is read into it.
fn bounds(longest: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(64 * 1024)
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest))
}

/// Answers a request for a WebSocket whose messages have at most `longest` bytes; `work` is done with it then.
pub(super) fn open<F>(
    hub: Arc<Hub>,
    mut request: Request,
    longest: usize,
    work: impl FnOnce(Arc<Hub>, Opened) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    let told = |status, told: &'static str| (status, told).into_response();
    let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY) else {
        return told(StatusCode::UPGRADE_REQUIRED, "speakers open a websocket here\n");
    };
    let accept = derive_accept_key(key.as_bytes());
    let client = request.extensions().get::<Client>().map(|it| it.0);
    let Some(client) = client else {
        return told(StatusCode::INTERNAL_SERVER_ERROR, "the client has no address\n");
    };
    let limits = &hub.addresses;
    let Some(of_address) = limits.half_open(client) else {
        hub.speakers.counts.refuse(RefusalCode::TooMany);
        tracing::debug!(%client, "a speaker was turned away: too many have not said hello");
        let full = (StatusCode::SERVICE_UNAVAILABLE, [later(HELLO)], "too many connections\n");
        return full.into_response();
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return told(StatusCode::UPGRADE_REQUIRED, "speakers open a websocket here\n");
    };
    let seen = Seen::of(&request);
    let seat = hub.speakers.half_open.enter();
    let given_up = seat.given_up();
    let speakers = hub.speakers.clone();
    drop(hub.speakers.tasks.clone().spawn(async move {
        let worked = async {
            let Ok(Ok(upgraded)) = timeout(HELLO, upgrade).await else { return };
            let (io, bounds) = (TokioIo::new(upgraded), bounds(longest));
            let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(bounds)).await;
            let half_open = Box::new((of_address, seat));
            work(hub, Opened { socket, seen, client, half_open }).await;
        };
        tokio::select! {
            () = worked => (),
            () = given_up.cancelled() => speakers.counts.refuse(RefusalCode::TooMany),
        }
    }));
    let accept = HeaderValue::from_str(&accept).unwrap_or(HeaderValue::from_static(""));
    let headers = [
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}
