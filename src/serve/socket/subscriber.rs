//! The task of one viewer: it sends events of the log and the relay to the socket, as fast as the viewer reads.
use std::{sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::{json, value::RawValue};
use socketioxide::{SendError, SocketError, TransportType, extract::SocketRef};

use super::subscription::{CaptionSubscription, Subscription};
use crate::{
    message::{Kind, Language},
    serve::{
        captions::log::{Cursor, Due, Encoded, EncodedCaption, EncodedTranslation, Entry, encode},
        connection::backpressure::{Answer, Backpressure},
        hub::{Hub, Permit},
        relay::{
            client_event::{Args, POLLED_BURST},
            ring::TooSlow,
        },
    },
    wire::Next,
};

/// The length of the library's queue per socket. A full queue loses packets, also pings, and then the socket is disconnected. So
/// never more than two bursts are queued, half of it.
pub(crate) const QUEUE: usize = 128;
const BURST: usize = 32;
const BURST_BYTES: usize = 64 * 1024;

/// A full queue is tried again after this time, even if no flush was seen.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// An admitted viewer: its permit, its subscription and its connection.
pub(crate) struct Admitted {
    pub(crate) subscription: Subscription,
    pub(crate) permit: Permit,
    pub(crate) traffic: Arc<Backpressure>,
}

/// Runs until the socket is disconnected, or the server ends and everything was sent.
pub(crate) async fn serve_subscriber(hub: Arc<Hub>, socket: SocketRef, admitted: Admitted) {
    let Admitted { subscription, permit: _seat, traffic } = admitted;
    let queue = OutboundQueue::new(hub.clone(), socket, traffic);
    // A disconnected viewer needs nothing more.
    let _ = deliver_all(&hub, queue, &subscription).await;
}

async fn deliver_all(
    hub: &Hub,
    mut queue: OutboundQueue,
    subscription: &Subscription,
) -> Result<(), Gone> {
    let (mut bell, mut states) = (hub.bell.listen(), hub.pipeline.states());
    // A new viewer is sent the current state, not only the next change.
    let mut news = true;
    let mut position: Option<Position> = None;
    loop {
        // Captions, relayed events and acknowledgements in turn, so that a long replay does not delay the others.
        loop {
            if position.is_none() {
                position = greet(hub, &mut queue, subscription).await?;
            }
            let stepped = match &mut position {
                Some(position) => step(hub, &mut queue, subscription, position).await?,
                None => false,
            };
            // A node may wait long for its writer. Relayed events do not depend on one.
            let hears = position.is_some() || hub.node().is_some();
            let relayed = hears && pass_on(hub, &mut queue).await?;
            let answered = hears && answer(hub, &mut queue).await?;
            if !stepped && !relayed && !answered {
                break;
            }
        }
        // The state is sent only after all captions.
        news |= states.has_changed().unwrap_or(false);
        if news && position.is_some() && matches!(subscription, Subscription::Captions(_)) {
            news = false;
            let state = states.borrow_and_update().clone();
            if let Some(state) = state {
                queue.deliver("state", &state).await?;
            }
        }
        if hub.ending.is_cancelled() {
            return Ok(());
        }
        // The bell is rung for changes of the state and for the end, too. A thousand viewers wait here, and each future in this
        // `select!` costs time.
        tokio::select! {
            biased;
            _ = bell.changed() => (),
            () = queue.traffic.owes() => (),
        }
        if queue.traffic.is_gone() {
            return Err(Gone);
        }
    }
}

/// The position of a viewer.
struct Position {
    cursor: Cursor,
    /// The number at which its replay ends.
    live_at: Option<u64>,
}

/// Sends `hello` if a pipeline is attached. From then on the viewer has a position in the log.
async fn greet(
    hub: &Hub,
    queue: &mut OutboundQueue,
    subscription: &Subscription,
) -> Result<Option<Position>, Gone> {
    let (cursor, replays, hello) = {
        let log = hub.captions.log();
        let Some(attached) = hub.pipeline.attached() else { return Ok(None) };
        let Subscription::Captions(it) = subscription else {
            return Ok(Some(Position { cursor: log.newest(), live_at: None }));
        };
        let (cursor, replays) = it.begin(&log);
        (cursor, replays, attached.hello(&log))
    };
    queue.deliver("hello", &encode(&hello)).await?;
    Ok(Some(Position { cursor, live_at: replays.then_some(hello.next) }))
}

/// Sends the next event of other clients, if there is one.
async fn pass_on(hub: &Hub, queue: &mut OutboundQueue) -> Result<bool, Gone> {
    let position = queue.traffic.heard();
    let Ok(due) = hub.relay.due(position) else { return Err(queue.leave()) };
    let Some(event) = due else { return Ok(false) };
    // Attachments are packets of their own.
    queue.room(1 + event.args.attachments()).await?;
    queue.send_sized(&event.name, &event.args, event.weight).await?;
    queue.packets += event.args.attachments();
    queue.traffic.set_heard(position + 1);
    queue.traffic.ease(hub.relay.next());
    Ok(true)
}

/// Sends the next acknowledgement, if there is one.
async fn answer(hub: &Hub, queue: &mut OutboundQueue) -> Result<bool, Gone> {
    let Some(Answer { to, data }) = queue.traffic.owed() else { return Ok(false) };
    // The library queues acknowledgements even without room.
    queue.room(1).await?;
    let sent = match &data {
        Some(data) => to.send(data),
        None => to.send(&Args::default()),
    };
    queue.count(data.map_or(0, |it| it.get().len()));
    if let Err(SendError::Socket(SocketError::Closed)) = sent {
        return Err(Gone);
    }
    queue.traffic.ease(hub.relay.next());
    Ok(true)
}

/// Sends the next event that is due, if there is one. It is read from the log again after each wait, so that a slow viewer gets
/// the newest partial.
async fn step(
    hub: &Hub,
    queue: &mut OutboundQueue,
    subscription: &Subscription,
    position: &mut Position,
) -> Result<bool, Gone> {
    if position.live_at.is_some_and(|at| at <= position.cursor.next) {
        queue.deliver("live", &encode(&Next { next: position.cursor.next })).await?;
        position.live_at = None;
    }
    loop {
        let said = hub.captions.said();
        if queue.seen == Some(said) {
            return Ok(false);
        }
        let due = hub.captions.log().due(position.cursor);
        let Some((due, after)) = due else {
            queue.seen = Some(said);
            return Ok(false);
        };
        if matches!(due, Due::Anew) {
            *position = greet_anew(hub, queue, subscription).await?;
            return Ok(true);
        }
        let sent = match subscription {
            Subscription::Plain => plain(queue, &due),
            Subscription::Captions(it) => caption(queue, it, &due, position.cursor),
        };
        match sent {
            Ok(()) => {
                position.cursor = after;
                return Ok(true);
            }
            Err(NotSent::Full) => queue.wait().await?,
            Err(NotSent::Gone) => return Err(Gone),
        }
    }
}

/// The log belongs to another run now: the viewer starts again with all kept events.
async fn greet_anew(
    hub: &Hub,
    queue: &mut OutboundQueue,
    subscription: &Subscription,
) -> Result<Position, Gone> {
    let (cursor, hello) = {
        let log = hub.captions.log();
        let hello = hub.pipeline.attached().map(|attached| attached.hello(&log));
        match (subscription, hello) {
            (Subscription::Captions(_), Some(hello)) => (log.from(0), Some(hello)),
            _ => (log.newest(), None),
        }
    };
    let Some(hello) = hello else { return Ok(Position { cursor, live_at: None }) };
    queue.deliver("hello", &encode(&hello)).await?;
    // Also for a client without `from`: this is a replay, not live.
    Ok(Position { cursor, live_at: Some(hello.next) })
}

fn plain(queue: &mut OutboundQueue, due: &Due) -> Result<(), NotSent> {
    let Due::Event(entry) = due else { return Ok(()) };
    match &entry.event {
        Encoded::Caption(EncodedCaption { kind: Kind::Partial, text, .. }) => {
            queue.send("intermediate", text)
        }
        Encoded::Caption(EncodedCaption { kind: Kind::Final, text, .. }) => {
            queue.send("final", text)
        }
        Encoded::Translation(EncodedTranslation { plain: Some(plain), .. }) => {
            queue.send("translation", plain)
        }
        // A plain client could not tell which of its texts a correction means.
        _ => Ok(()),
    }
}

fn caption(
    queue: &mut OutboundQueue,
    subscription: &CaptionSubscription,
    due: &Due,
    cursor: Cursor,
) -> Result<(), NotSent> {
    match due {
        Due::History(gap) => queue.send("gap", &encode(gap)),
        Due::End => queue.send("end", &encode(&Next { next: cursor.next })),
        Due::Clear => queue.send("clear", &encode(&json!({}))),
        // `greet_anew` handles it before.
        Due::Anew => Ok(()),
        Due::Event(entry)
            if entry.track.as_ref().is_some_and(|it| !subscription.takes(it.as_str())) =>
        {
            Ok(())
        }
        Due::Event(entry) => event(queue, subscription, entry),
    }
}

fn event(
    queue: &mut OutboundQueue,
    subscription: &CaptionSubscription,
    entry: &Entry,
) -> Result<(), NotSent> {
    let reads = |lang: &Language| subscription.reads(lang.as_str());
    match &entry.event {
        Encoded::Gap(gap) => queue.send("gap", gap),
        Encoded::Translation(it) if !reads(&it.lang) => Ok(()),
        Encoded::Translation(it) if it.kind == Kind::Partial && !subscription.partials() => Ok(()),
        Encoded::Translation(it) => queue.send("caption", &it.event),
        Encoded::Mark(mark) => queue.send("mark", mark),
        Encoded::Correction(it) if it.is_translation && !reads(&it.lang) => Ok(()),
        Encoded::Correction(it) => queue.send("correction", it.told(subscription.words())),
        Encoded::Caption(it) if it.kind == Kind::Partial && !subscription.partials() => Ok(()),
        Encoded::Caption(it) if subscription.words() => queue.send("caption", &it.with_words),
        Encoded::Caption(it) => queue.send("caption", &it.without_words),
    }
}

/// The socket is disconnected.
struct Gone;

enum NotSent {
    /// The viewer has not read what was sent before.
    Full,
    Gone,
}

/// The queue of one socket, with an estimate of how full it is.
struct OutboundQueue {
    hub: Arc<Hub>,
    socket: SocketRef,
    traffic: Arc<Backpressure>,
    /// The number of flushes when the current burst began.
    mark: u64,
    packets: usize,
    bytes: usize,
    /// The number of changes of the log when everything in it had been sent.
    seen: Option<u64>,
}

impl OutboundQueue {
    fn new(hub: Arc<Hub>, socket: SocketRef, traffic: Arc<Backpressure>) -> OutboundQueue {
        let mark = traffic.times_taken();
        OutboundQueue { hub, socket, traffic, mark, packets: 0, bytes: 0, seen: None }
    }

    fn send(&mut self, name: &str, data: &RawValue) -> Result<(), NotSent> {
        if !self.has_room(1) {
            return Err(NotSent::Full);
        }
        self.emit(name, data, data.get().len())
    }

    fn emit<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        data: &T,
        bytes: usize,
    ) -> Result<(), NotSent> {
        match self.socket.emit(name, data) {
            Ok(()) => {
                self.count(bytes);
                self.hub.counts.add_delivered();
                Ok(())
            }
            Err(SendError::Socket(SocketError::InternalChannelFull)) => Err(NotSent::Full),
            Err(SendError::Socket(SocketError::Closed)) => Err(NotSent::Gone),
            Err(SendError::Serialize(error)) => {
                tracing::error!(name, %error, "an event could not be encoded");
                Ok(())
            }
        }
    }

    async fn deliver(&mut self, name: &str, data: &RawValue) -> Result<(), Gone> {
        self.room(1).await?;
        self.send_sized(name, data, data.get().len()).await
    }

    /// Sends it, waiting for room as long as necessary.
    async fn send_sized<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        data: &T,
        bytes: usize,
    ) -> Result<(), Gone> {
        loop {
            match self.emit(name, data, bytes) {
                Ok(()) => return Ok(()),
                Err(NotSent::Full) => self.wait().await?,
                Err(NotSent::Gone) => return Err(Gone),
            }
        }
    }

    /// Waits until so many packets fit into the current burst, or a new one may begin.
    async fn room(&mut self, packets: usize) -> Result<(), Gone> {
        while !self.has_room(packets) {
            self.wait().await?;
        }
        Ok(())
    }

    fn has_room(&mut self, packets: usize) -> bool {
        let burst = match self.socket.transport_type() {
            TransportType::Polling => POLLED_BURST,
            TransportType::Websocket => BURST,
        };
        if self.packets + packets > burst || self.bytes >= BURST_BYTES {
            let taken = self.traffic.times_taken();
            if self.mark == taken {
                return false;
            }
            (self.mark, self.packets, self.bytes) = (taken, 0, 0);
        }
        true
    }

    fn count(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes;
    }

    /// Waits for the next flush. Fails if the viewer has fallen behind the relay meanwhile.
    async fn wait(&self) -> Result<(), Gone> {
        self.traffic.more_taken(LONGEST_WAIT).await;
        if self.traffic.is_gone() {
            return Err(Gone);
        }
        match self.hub.relay.due(self.traffic.heard()) {
            Ok(_) => Ok(()),
            Err(TooSlow) => Err(self.leave()),
        }
    }

    /// Disconnects a viewer that is too slow for the relay. The message fits, as the queue is never more than half full.
    fn leave(&self) -> Gone {
        self.hub.counts.add_too_slow();
        let _ = self.socket.emit("too-slow", &Args::default());
        tracing::debug!(sid = %self.socket.id, "disconnected: it was too slow for the relay");
        let _ = self.socket.clone().disconnect();
        Gone
    }
}
