//! The Socket.IO side: who is let in, what clients may say, and a viewer task for each.
use std::{
    collections::HashMap,
    future::ready,
    ptr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use serde_json::{Value, json};
use socketioxide::{
    ParserConfig, SocketIo,
    extract::{AckSender, SocketRef, TryData},
    handler::ConnectHandler,
    layer::SocketIoLayer,
    socket::Sid,
};
use tokio_util::task::TaskTracker;

use super::{
    Settings,
    connection::{Pulse, Taken},
    hub::{Hub, Seat},
    viewer::{QUEUE, attend},
    wants::Wants,
};
use crate::stages::wire::Painted;

/// All sessions of the server.
#[derive(Clone)]
pub(super) struct Sockets {
    io: SocketIo,
    upgrades: Arc<Upgrades>,
}

/// Websockets of sessions that came by polling, and upgraded before they joined the namespace: browsers do both at once.
type Upgrades = Mutex<HashMap<Sid, Weak<Pulse>>>;

/// Serves the default namespace; viewer tasks are run by `viewers`.
pub(super) fn open(hub: &Arc<Hub>, viewers: &TaskTracker) -> (SocketIoLayer, Sockets) {
    let Settings { max_payload, ping_interval, ping_timeout, .. } = hub.settings;
    let parser = ParserConfig::common().max_incoming_binary_buf_size(max_payload);
    let (layer, io) = SocketIo::builder()
        .with_parser(parser)
        .max_payload(max_payload as u64)
        // `max_payload` holds for polling only; a websocket would take 64 MiB.
        .ws_max_message_size(max_payload)
        .ws_max_frame_size(max_payload)
        .max_buffer_size(QUEUE)
        .ping_interval(ping_interval)
        .ping_timeout(ping_timeout)
        .connect_timeout(CONNECT)
        .build_layer();
    let upgrades = Arc::<Upgrades>::default();
    let (door, room) = (hub.clone(), (hub.clone(), viewers.clone(), upgrades.clone()));
    // The library spawns the connect handler: only the middleware runs before the client may send events.
    let admit = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        ready(admit(&door, &socket, &auth.unwrap_or_default()))
    };
    let enter = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        let (hub, viewers, upgrades) = room;
        enter(hub, &viewers, &upgrades, socket, &auth.unwrap_or_default());
        ready(())
    };
    io.ns("/", enter.with(admit));
    (layer, Sockets { io, upgrades })
}

/// How long a session may take to say which namespace it wants.
const CONNECT: Duration = Duration::from_secs(10);

/// An error is what the client is told.
fn admit(hub: &Arc<Hub>, socket: &SocketRef, auth: &Value) -> Result<(), String> {
    Wants::parse(auth)?;
    let Some(seat) = hub.seat() else {
        tracing::warn!(max_viewers = hub.settings.max_viewers, "a viewer was turned away: full");
        return Err("full".to_owned());
    };
    let gone = seat.gone.clone();
    socket.extensions.insert(seat);
    socket.extensions.insert(taken(socket));
    socket.on_disconnect(move || {
        gone.cancel();
        ready(())
    });
    let clock = hub.clock;
    socket.on("clock", move |ack: AckSender| {
        // Where its queue is full it asks again, or is gone.
        let _ = ack.send(&json!({ "now": clock.now_ms() }));
        ready(())
    });
    // From the bench's browser; where no bench listens it is lost.
    let painted = hub.painted().clone();
    socket.on("painted", move |TryData(it): TryData<Painted>| {
        let _ = it.map(|it| painted.send(it));
        ready(())
    });
    Ok(())
}

fn enter(
    hub: Arc<Hub>,
    viewers: &TaskTracker,
    upgrades: &Upgrades,
    socket: SocketRef,
    auth: &Value,
) {
    let (seat, taken) = (socket.extensions.get::<Seat>(), socket.extensions.get::<Arc<Taken>>());
    let (Ok(wants), Some(seat), Some(taken)) = (Wants::parse(auth), seat, taken) else {
        // Not reached: the middleware looked at the same `auth`, and put both there.
        return;
    };
    // The namespace knows the socket by now: an upgrade is either here, or finds it there.
    if let Some(pulse) = lock(upgrades).remove(&socket.id).and_then(|it| it.upgrade()) {
        pulse.upgrade(taken.clone());
    }
    viewers.spawn(attend(hub, socket, wants, seat, taken));
}

/// Where it can be seen what this viewer takes.
fn taken(socket: &SocketRef) -> Arc<Taken> {
    let pulse = socket.req_parts().extensions.get::<Arc<Pulse>>();
    // The request kept is that of the handshake: by polling, its connection carries any session's requests.
    let websocket =
        socket.req_parts().uri.query().is_some_and(|it| it.contains("transport=websocket"));
    match pulse {
        Some(pulse) if websocket => pulse.taken(),
        _ => Arc::default(),
    }
}

impl Sockets {
    /// A `GET` of a session that came by polling: it takes what waits, or goes on as a websocket.
    pub(super) fn note_request(&self, query: &str, pulse: &Arc<Pulse>) {
        let field = |name| {
            let mut fields = query.split('&').filter_map(|it| it.split_once('='));
            fields.find_map(|(field, value)| (field == name).then_some(value))
        };
        let Some(sid) = field("sid").and_then(|it| it.parse::<Sid>().ok()) else { return };
        let taken = || self.io.get_socket(sid)?.extensions.get::<Arc<Taken>>();
        if field("transport") != Some("websocket") {
            if let Some(taken) = taken() {
                taken.add();
            }
            return;
        }
        let mut upgrades = lock(&self.upgrades);
        // One a connection at most, and none of connections that are gone.
        upgrades.retain(|_, it| it.strong_count() > 0 && !ptr::eq(it.as_ptr(), &**pulse));
        upgrades.insert(sid, Arc::downgrade(pulse));
        drop(upgrades);
        if let Some(taken) = taken() {
            lock(&self.upgrades).remove(&sid);
            pulse.upgrade(taken);
        }
    }

    /// Sends what is queued, then closes the transports: clients take that for a lost connection, and come back.
    pub(super) async fn close(&self) {
        self.io.close().await;
    }
}

fn lock(upgrades: &Upgrades) -> MutexGuard<'_, HashMap<Sid, Weak<Pulse>>> {
    upgrades.lock().unwrap_or_else(PoisonError::into_inner)
}
