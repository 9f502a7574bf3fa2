//! Socket.IO sessions: which clients are admitted, and which events they may send.
use std::{
    collections::HashMap,
    convert::Infallible,
    future::ready,
    ptr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use axum::http::Uri;
use serde_json::{Value, json, value::RawValue};
use socketioxide::{
    ParserConfig, SocketIo,
    adapter::LocalAdapter,
    extract::{AckSender, SocketRef, TryData},
    handler::{ConnectHandler, FromMessageParts},
    layer::SocketIoLayer,
    socket::{DisconnectReason, Sid, Socket},
};
use socketioxide_core::Value as ParserValue;
use tokio_util::task::TaskTracker;

use super::{
    subscriber::{Admitted, QUEUE, serve_subscriber},
    subscription::Subscription,
};
use crate::{
    serve::{
        access::{
            limits::{Client, GUESSED, seconds},
            rights::{FOREIGN, ReadDenied, Requester},
        },
        captions::log::encode,
        connection::{
            backpressure::{Answer, Backpressure},
            stream::ConnectionHandle,
        },
        hub::Hub,
        relay::client_event::{Incoming, Refusal},
        settings::Settings,
    },
    wire::Painted,
};

/// All sessions of the server.
#[derive(Clone)]
pub(crate) struct Sockets {
    io: SocketIo,
    upgrades: Arc<Upgrades>,
}

/// The websockets of sessions that began by long-polling. A session may upgrade before it joins the namespace: browsers do both at
/// the same time.
type Upgrades = Mutex<HashMap<Sid, Weak<ConnectionHandle>>>;

/// Serves the default namespace. `viewers` runs the tasks of subscribers.
pub(crate) fn open(hub: &Arc<Hub>, viewers: &TaskTracker) -> (SocketIoLayer, Sockets) {
    let Settings { max_payload, ping_interval, ping_timeout, .. } = hub.settings;
    let parser = ParserConfig::common().max_incoming_binary_buf_size(max_payload);
    let (layer, io) = SocketIo::builder()
        .with_parser(parser)
        .max_payload(max_payload as u64)
        // `max_payload` limits long-polling only; the limit of a websocket would be 64 MiB.
        .ws_max_message_size(max_payload)
        .ws_max_frame_size(max_payload)
        .ws_read_buffer_size(READ)
        .max_buffer_size(QUEUE)
        .ping_interval(ping_interval)
        .ping_timeout(ping_timeout)
        .connect_timeout(CONNECT)
        .build_layer();
    let upgrades = Arc::<Upgrades>::default();
    let (listener, room) = (hub.clone(), (hub.clone(), viewers.clone(), upgrades.clone()));
    // The library spawns the connect handler. Only the middleware is sure to run before events of the client arrive.
    let admit = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        let auth = auth.map_err(|error| format!("`auth` cannot be read: {error}"));
        ready(admit(&listener, &socket, auth))
    };
    let enter = move |socket: SocketRef| {
        let (hub, viewers, upgrades) = room;
        enter(hub, &viewers, &upgrades, socket);
        ready(())
    };
    io.ns("/", enter.with(admit));
    (layer, Sockets { io, upgrades })
}

/// The path of Socket.IO.
pub(crate) const PATH: &str = "/socket.io";

/// The read buffer of a websocket: viewers send little.
const READ: usize = 1024;

/// How long a session may take to join a namespace.
const CONNECT: Duration = Duration::from_secs(10);

/// An error is the message for the client.
fn admit(hub: &Arc<Hub>, socket: &SocketRef, auth: Result<Value, String>) -> Result<(), String> {
    let auth = auth?;
    let subscription = Subscription::parse(&auth)?;
    let presented = auth.get("token").and_then(Value::as_str);
    let request = socket.req_parts();
    // A token in the headers was checked when the request came. By long-polling, `request` is the first of the session.
    if let (Some(token), Some(Client(from))) = (presented, request.extensions.get())
        && hub.rules.has_tokens()
    {
        hub.check_token(token, *from)
            .map_err(|wait| format!("guessed: {GUESSED} in {} s", seconds(wait)))?;
    }
    let requester = Requester::of(&request.headers, presented);
    hub.rules.read(&requester).map_err(|why| match why {
        ReadDenied::Token => "unauthorized: a token is asked for here, as `auth.token`".to_owned(),
        ReadDenied::Foreign => format!("foreign: {}", FOREIGN),
    })?;
    let Some(permit) = hub.permit() else {
        hub.counts.add_turned_away();
        tracing::warn!(max_viewers = hub.settings.max_viewers, "a viewer was turned away: full");
        return Err("full".to_owned());
    };
    let traffic = Backpressure::new();
    // The viewer receives relayed events from now on, even before its task runs.
    traffic.set_heard(hub.relay.next());
    let measures = auth.get("measure").and_then(Value::as_str) == Some(&hub.paints.key);
    listen(
        hub,
        socket,
        &traffic,
        Rights { publishes: hub.rules.may_publish(&requester), measures },
    );
    let left = traffic.clone();
    let sid = socket.id;
    socket.on_disconnect(move |reason: DisconnectReason| {
        tracing::debug!(%sid, %reason, "disconnected");
        left.let_go();
        ready(())
    });
    tracing::debug!(%sid, ?subscription, "connected");
    socket.extensions.insert(traffic.clone());
    let admitted = Admitted { subscription, permit, traffic };
    socket.extensions.insert(Arc::new(Mutex::new(Some(admitted))));
    Ok(())
}

/// The rights of a client beside reading.
#[derive(Clone, Copy)]
struct Rights {
    publishes: bool,
    /// It is the page that `livecap bench` has opened in its own browser.
    measures: bool,
}

/// The handlers do their work before they return a future: the library spawns the futures, which would lose the order of events.
fn listen(hub: &Arc<Hub>, socket: &SocketRef, traffic: &Arc<Backpressure>, rights: Rights) {
    let Rights { publishes, measures } = rights;
    let (timed, asked) = (hub.clone(), traffic.clone());
    socket.on("clock", move |Asked(to): Asked, socket: SocketRef| {
        owe(&asked, to, Some(encode(&json!({ "now": timed.clock.now_ms() }))), socket);
        asked.brake(timed.relay.next());
        ready(())
    });
    let (bench, shown, sid) = (hub.clone(), traffic.clone(), socket.id);
    socket.on(
        "painted",
        move |Asked(to): Asked, socket: SocketRef, TryData(it): TryData<Painted>| {
            let refused = match it {
                _ if !measures => Some(Refusal::NotTheBench),
                Err(_) => Some(Refusal::NotPainted),
                Ok(it) => {
                    // There may be no receiver.
                    let _ = bench.paints.sender.send(it);
                    None
                }
            };
            let data = refused.map(|why| {
                tracing::debug!(%sid, event = "painted", %why, "an event was refused");
                bench.relay.add_refused();
                encode(&json!({ "error": why.to_string() }))
            });
            owe(&shown, to, data, socket);
            shown.brake(bench.relay.next());
            ready(())
        },
    );
    let (hub, traffic, sid) = (hub.clone(), traffic.clone(), socket.id);
    socket.on_fallback(move |Asked(to): Asked, socket: SocketRef, Incoming(emitted): Incoming| {
        let name = emitted.as_ref().map(|it| it.name.clone()).ok();
        // An event with this name comes here if the name is escaped in JSON.
        let emitted = emitted.and_then(|it| match it.name.as_str() {
            "clock" | "painted" => Err(Refusal::NotRelayed(it.name)),
            _ => Ok(it),
        });
        let data = match hub.relay.take(emitted, publishes) {
            Ok(()) => {
                tracing::debug!(%sid, event = name, "passed on");
                hub.bell.ring();
                None
            }
            Err(why) => {
                tracing::debug!(%sid, event = name, %why, "an event was refused");
                Some(encode(&json!({ "error": why.to_string() })))
            }
        };
        owe(&traffic, to, data, socket);
        traffic.brake(hub.relay.next());
        ready(())
    });
}

/// Where to send the acknowledgement, if the client wants one. The library gives a sender in any case.
struct Asked(Option<AckSender>);

impl FromMessageParts<LocalAdapter> for Asked {
    type Error = Infallible;

    fn from_message_parts(
        socket: &Arc<Socket>,
        value: &mut ParserValue,
        ack_id: &Option<i64>,
    ) -> Result<Self, Infallible> {
        let to = AckSender::from_message_parts(socket, value, ack_id)?;
        Ok(Asked(ack_id.is_some().then_some(to)))
    }
}

/// Queues an acknowledgement. A client that has too many of them waiting is disconnected.
fn owe(
    traffic: &Backpressure,
    to: Option<AckSender>,
    data: Option<Box<RawValue>>,
    socket: SocketRef,
) {
    if to.is_some_and(|to| !traffic.owe(Answer { to, data })) {
        tracing::debug!(sid = %socket.id, "disconnected: it asks for more answers than it takes");
        let _ = socket.disconnect();
    }
}

fn enter(hub: Arc<Hub>, viewers: &TaskTracker, upgrades: &Upgrades, socket: SocketRef) {
    let admitted = socket.extensions.get::<Arc<Mutex<Option<Admitted>>>>();
    let admitted = admitted.and_then(|it| it.lock().unwrap_or_else(PoisonError::into_inner).take());
    // The middleware has inserted it.
    let Some(admitted) = admitted else { return };
    // The library keeps the request of the handshake. By long-polling its connection carries requests of any session.
    let request = socket.req_parts();
    if request.uri.query().is_some_and(|it| it.contains("transport=websocket"))
        && let Some(handle) = request.extensions.get::<Arc<ConnectionHandle>>()
    {
        handle.carry(admitted.traffic.clone());
    }
    // The namespace knows the socket now, so an upgrade is either in this table or finds the socket there. It stays in the table in
    // case the client leaves the namespace and joins it again.
    if let Some(handle) = lock(upgrades).get(&socket.id).and_then(Weak::upgrade) {
        handle.carry(admitted.traffic.clone());
    }
    viewers.spawn(serve_subscriber(hub, socket, admitted));
}

impl Sockets {
    /// Returns when a `POST` of a polling session may be read: backpressure works as for a websocket.
    pub(crate) async fn may_post(&self, query: &str, longest: Duration) {
        let traffic = session(query).and_then(|sid| self.traffic(sid));
        if let Some(traffic) = traffic {
            traffic.may_read(longest).await;
        }
    }

    fn traffic(&self, sid: Sid) -> Option<Arc<Backpressure>> {
        self.io.get_socket(sid)?.extensions.get::<Arc<Backpressure>>()
    }

    /// A `GET` of a session that began by long-polling: it fetches packets, or upgrades to a websocket.
    pub(crate) fn note_request(&self, query: &str, handle: &Arc<ConnectionHandle>) {
        let Some(sid) = session(query) else { return };
        let traffic = || self.traffic(sid);
        if field(query, "transport") != Some("websocket") {
            if let Some(traffic) = traffic() {
                traffic.add_taken();
            }
            return;
        }
        let mut upgrades = lock(&self.upgrades);
        // Removes entries of closed connections before the table grows.
        if upgrades.len() == upgrades.capacity() {
            upgrades.retain(|_, it| it.strong_count() > 0 && !ptr::eq(it.as_ptr(), &**handle));
        }
        upgrades.insert(sid, Arc::downgrade(handle));
        drop(upgrades);
        if let Some(traffic) = traffic() {
            handle.carry(traffic);
        }
    }

    /// Sends what is queued, then closes the transports. Clients take this for a lost connection and reconnect.
    pub(crate) async fn close(&self) {
        self.io.close().await;
    }
}

/// Whether the request begins a session.
pub(crate) fn is_handshake(uri: &Uri) -> bool {
    let asks_anew = |query: &str| field(query, "EIO").is_some() && session(query).is_none();
    uri.path().starts_with(PATH) && uri.query().is_some_and(asks_anew)
}

fn session(query: &str) -> Option<Sid> {
    field(query, "sid")?.parse().ok()
}

pub(crate) fn field<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = query.split('&').filter_map(|it| it.split_once('='));
    fields.find_map(|(field, value)| (field == name).then_some(value))
}

fn lock(upgrades: &Upgrades) -> MutexGuard<'_, HashMap<Sid, Weak<ConnectionHandle>>> {
    upgrades.lock().unwrap_or_else(PoisonError::into_inner)
}
