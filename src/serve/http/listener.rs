//! Accepts connections and requests, and applies limits and timeouts to them.
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::{prefix, router, transcriptions::TRANSCRIPTIONS_PATH, upgrade};
use crate::serve::{
    access::{
        limits::{self, Client, Place},
        refusal,
        rights::Requester,
        tls::{self, Tls},
    },
    connection::{
        frames::Framed,
        stream::{Connection, ConnectionHandle, Linger},
    },
    hub::Hub,
    relay::escaped_names,
    socket::sessions::{self, Sockets, is_handshake},
};

pub(crate) struct Listener {
    pub(crate) router: Router,
    pub(crate) sockets: Sockets,
    pub(crate) hub: Arc<Hub>,
    /// Permits for connections.
    pub(crate) room: Arc<Semaphore>,
    pub(crate) tls: Option<Arc<Tls>>,
    /// Whether only requests with an own `Host` are answered, as on a loopback address.
    pub(crate) guarded: bool,
    pub(crate) connections: TaskTracker,
    pub(crate) closed: CancellationToken,
    pub(crate) cut: CancellationToken,
}

/// The permits of one connection.
struct Held {
    _room: OwnedSemaphorePermit,
    _place: Option<Place>,
}

/// When a refused client may try again.
const COME_AGAIN: Duration = Duration::from_secs(5);

impl Listener {
    pub(crate) async fn accept(self: Arc<Listener>, listener: TcpListener) {
        while let Some(accepted) = self.closed.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, peer)) => self.take(stream, peer),
                Err(error) => {
                    // Mostly there are no file descriptors left; connections may end meanwhile.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(self.hub.settings.accept_pause).await;
                }
            }
        }
    }

    fn take(self: &Arc<Listener>, stream: TcpStream, peer: SocketAddr) {
        self.hub.counts.add_connection();
        // The connections of a proxy are not limited. The client is known only from its requests.
        let proxy = self.hub.settings.trusted_proxies.contains(&peer.ip().to_canonical());
        let place = if proxy { Some(None) } else { self.hub.addresses.connection(peer.ip()) };
        let room = self.room.clone().try_acquire_owned().ok();
        let (Some(place), Some(room)) = (place, room) else {
            self.hub.counts.add_turned_away();
            tracing::debug!(%peer, "a connection was turned away: there are too many");
            // The refusal is sent without reading a request, and without waiting: a flooding client may not read it.
            let told = turn_away(COME_AGAIN, self.tls.is_some());
            let _ = stream.try_write(told.as_bytes());
            return;
        };
        let held = Held { _room: room, _place: place };
        drop(self.connections.spawn(self.clone().serve(stream, peer, held)));
    }

    async fn serve(self: Arc<Listener>, stream: TcpStream, peer: SocketAddr, _held: Held) {
        // Nagle's algorithm would delay captions, which are small.
        let _ = stream.set_nodelay(true);
        let handle = Arc::new(ConnectionHandle::default());
        let (stall, cut) = (self.hub.settings.stall, self.cut.child_token());
        let linger = Linger { tasks: self.connections.clone(), limit: self.hub.settings.farewell };
        let until = Instant::now() + self.hub.settings.header_timeout;
        if let Some(tls) = &self.tls {
            let first = timeout_at(until, begins_plainly(&stream));
            if cut.run_until_cancelled(first).await.is_some_and(|it| it.unwrap_or_default()) {
                tell_of_plain(peer, tls.is_first_plain());
                return;
            }
        }
        let connection = Connection::new(stream, handle.clone(), stall, cut, linger);
        match &self.tls {
            None => self.clone().speak(connection, peer, handle).await,
            Some(tls) => match timeout_at(until, tls.acceptor().accept(connection)).await {
                Ok(Ok(secured)) => self.clone().speak(secured, peer, handle).await,
                Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS was spoken"),
                Err(_) => tracing::debug!(%peer, "TLS was not spoken in time"),
            },
        }
    }

    async fn speak<T>(
        self: Arc<Listener>,
        connection: T,
        peer: SocketAddr,
        handle: Arc<ConnectionHandle>,
    ) where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (listener, closed) = (self.clone(), self.closed.clone());
        let longest = self.hub.settings.max_payload;
        let connection = Framed::new(connection, handle.clone(), longest);
        let service =
            service_fn(move |request| listener.clone().answer(request, handle.clone(), peer));
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.hub.settings.header_timeout)
            .serve_connection(TokioIo::new(connection), service)
            .with_upgrades();
        let mut served = std::pin::pin!(served);
        let ended = tokio::select! {
            ended = &mut served => ended,
            () = closed.cancelled() => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    async fn answer(
        self: Arc<Listener>,
        mut request: Request<Incoming>,
        handle: Arc<ConnectionHandle>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Infallible> {
        let host = request.headers().get(header::HOST).and_then(|it| it.to_str().ok());
        if self.guarded && !router::is_own_host(host, &self.hub.settings.hosts) {
            let told = "this server answers on loopback names only; add yours to `hosts`\n";
            return Ok((StatusCode::FORBIDDEN, told).into_response());
        }
        prefix::strip(&mut request);
        upgrade::lead(&mut request);
        if let Some(refused) = upgrade::refused(&request) {
            return Ok(refused);
        }
        let proxies = &self.hub.settings.trusted_proxies;
        let client = limits::client(peer.ip(), request.headers(), proxies);
        let refused = self.refuse_handshake(&request, client);
        if let Some(refused) = refused.or_else(|| self.refuse_token(&request, client)) {
            return Ok(refused);
        }
        request.extensions_mut().insert(Client(client));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        if let Some(query) = request.uri().query() {
            match method {
                Method::GET => {
                    self.sockets.note_request(query, &handle);
                    if path.starts_with(sessions::PATH) {
                        request = on_its_own(request);
                    }
                }
                Method::POST => self.sockets.may_post(query, self.hub.settings.stall).await,
                _ => (),
            }
        }
        request.extensions_mut().insert(handle.clone());
        let answer = self.ask(request);
        let answer = match method {
            // By long-polling a `GET` waits for packets, but a `POST` has a time limit.
            Method::GET => answer.await?,
            // It has limits of its own.
            _ if path == TRANSCRIPTIONS_PATH => answer.await?,
            _ => match timeout(self.hub.settings.body_timeout, answer).await {
                Ok(answer) => answer?,
                Err(_) => (StatusCode::REQUEST_TIMEOUT, "its body took too long\n").into_response(),
            },
        };
        // Speakers send sound, in which no names are to be made readable.
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS && path.starts_with(sessions::PATH) {
            handle.become_websocket();
        }
        // Without the query, which may hold a secret.
        tracing::debug!(%peer, %method, path, status = answer.status().as_u16(), "request");
        Ok(answer)
    }

    async fn ask(&self, request: Request<Incoming>) -> Result<Response, Infallible> {
        let posts =
            request.method() == Method::POST && request.uri().path().starts_with(sessions::PATH);
        if !posts {
            return self.router.clone().oneshot(request).await;
        }
        match escaped_names::readable(request, self.hub.settings.max_payload).await {
            Ok(request) => self.router.clone().oneshot(request).await,
            Err(refused) => Ok(refused),
        }
    }

    /// Refuses a new session early if there is no permit for it, or if the address opens too many.
    fn refuse_handshake(&self, request: &Request<Incoming>, client: IpAddr) -> Option<Response> {
        if !is_handshake(request.uri()) {
            return None;
        }
        let wait = match self.hub.addresses.handshake(client, Instant::now()) {
            Err(wait) => wait,
            Ok(()) if self.hub.is_full() => COME_AGAIN,
            Ok(()) => return None,
        };
        self.hub.counts.add_turned_away();
        tracing::debug!(%client, "a session was turned away: there are too many");
        let head = [(header::CONTENT_TYPE, "text/plain".into()), refusal::later(wait)];
        Some((StatusCode::SERVICE_UNAVAILABLE, head, "full\n").into_response())
    }

    /// Checks a token in the headers of any request, so that nobody can guess one by many requests.
    fn refuse_token(&self, request: &Request<Incoming>, client: IpAddr) -> Option<Response> {
        let token = Requester::of(request.headers(), None).token?;
        let wait = self.hub.check_token(token, client).err()?;
        let told = refusal::refused(StatusCode::TOO_MANY_REQUESTS, limits::GUESSED);
        Some(([refusal::later(wait)], told).into_response())
    }
}

/// Whether the client sends a request without TLS.
async fn begins_plainly(stream: &TcpStream) -> bool {
    let mut first = [0];
    stream.peek(&mut first).await.is_ok_and(|count| tls::is_plain(&first[..count]))
}

fn tell_of_plain(peer: SocketAddr, is_first: bool) {
    if is_first {
        tracing::warn!(
            %peer,
            "a request without TLS came to a port that speaks TLS: its address begins with https://; behind a proxy that \
             speaks TLS itself, leave out `cert` and `key`"
        );
    } else {
        tracing::debug!(%peer, "a request without TLS");
    }
}

/// The library keeps the headers of the request that began a session, and hyper's headers refer to the buffer that they were read
/// into: each viewer would keep 8 KiB. So only the headers that are used are copied.
fn on_its_own<B>(request: Request<B>) -> Request<B> {
    let (mut head, body) = request.into_parts();
    if let Ok(uri) = head.uri.to_string().parse() {
        head.uri = uri;
    }
    let copied = KEPT.iter().flat_map(|name| {
        let values = head.headers.get_all(name).iter();
        values.filter_map(|it| Some((name.clone(), HeaderValue::from_bytes(it.as_bytes()).ok()?)))
    });
    head.headers = copied.collect();
    Request::from_parts(head, body)
}

/// The headers for rights and for websockets.
const KEPT: [HeaderName; 7] = [
    header::HOST,
    header::ORIGIN,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
];

/// Sends a refusal before any request was read. Over TLS this is not possible.
fn turn_away(wait: Duration, secured: bool) -> String {
    if secured {
        return String::new();
    }
    let wait = wait.as_secs();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {wait}\r\ncontent-length: 5\r\nconnection: close\r\n\r\nfull\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_keeps_the_head_of_its_request_without_what_nobody_asks_for() {
        let request = Request::builder()
            .uri("/socket.io/?EIO=4&transport=websocket")
            .header("host", "127.0.0.1:31979")
            .header("origin", "http://127.0.0.1:31979")
            .header("authorization", "Bearer it")
            .header("connection", "keep-alive")
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("sec-websocket-version", "13")
            .header("cookie", "none of ours")
            .header("user-agent", "a long line")
            .body(())
            .unwrap();
        let kept = on_its_own(request);
        assert_eq!(kept.uri(), "/socket.io/?EIO=4&transport=websocket");
        let mut names: Vec<&str> = kept.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "authorization",
                "connection",
                "host",
                "origin",
                "sec-websocket-key",
                "sec-websocket-version",
                "upgrade"
            ]
        );
        let connection: Vec<_> = kept.headers().get_all("connection").iter().collect();
        assert_eq!(connection, ["keep-alive", "Upgrade"]);
    }
}
