//! One task per viewer: it carries events from the log to one socket, as fast as that takes them.
use std::{sync::Arc, time::Duration};

use serde_json::value::RawValue;
use socketioxide::{SendError, SocketError, extract::SocketRef};
use tokio::time::sleep;

use super::{
    connection::Taken,
    hub::{Hub, Seat},
    log::{Cursor, Due, Encoded, EncodedCaption, EncodedTranslation, Entry, encode},
    wants::{Captions, Wants},
};
use crate::{message::Kind, stages::wire::Next};

/// The library's queue per socket. A full one loses what it is given, its own ping too, for which it then disconnects:
/// so a viewer is never given more than two bursts, half of it.
pub(super) const QUEUE: usize = 128;
const BURST: usize = 32;
const BURST_BYTES: usize = 64 * 1024;

const FIRST_WAIT: Duration = Duration::from_millis(1);
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// Until the socket is gone, or the server ends and all has been handed over.
pub(super) async fn attend(
    hub: Arc<Hub>,
    socket: SocketRef,
    wants: Wants,
    seat: Seat,
    taken: Arc<Taken>,
) {
    let gone = seat.gone.clone();
    let mark = taken.times();
    let line = Line { socket, taken, mark, events: 0, bytes: 0, wait: FIRST_WAIT };
    // Dropped at the next await when the socket is gone: nothing here needs to be undone.
    gone.run_until_cancelled(carry(&hub, line, &wants)).await;
}

async fn carry(hub: &Hub, mut line: Line, wants: &Wants) -> Result<(), Gone> {
    let (mut bell, mut states) = (hub.bell(), hub.states());
    // A newcomer is told of the state as it is, not at its next change only.
    let mut news = true;
    let attached = tokio::select! {
        attached = hub.attached() => attached,
        () = hub.ending.cancelled() => return Ok(()),
    };
    let (mut cursor, mut live_at) = match wants {
        Wants::Plain => (hub.log().newest(), None),
        Wants::Captions(it) => {
            let (cursor, replays, next) = {
                let log = hub.log();
                let (cursor, replays) = it.begin(&log, &hub.stream);
                (cursor, replays, log.next())
            };
            line.deliver("hello", &encode(&hub.hello(&attached, next))).await?;
            (cursor, replays.then_some(next))
        }
    };
    loop {
        bell.borrow_and_update();
        while let Some(after) = step(hub, &mut line, wants, cursor, &mut live_at).await? {
            cursor = after;
        }
        // Only who has taken all captions is told how the pipeline is.
        if news && matches!(wants, Wants::Captions(_)) {
            news = false;
            let state = states.borrow_and_update().clone();
            if let Some(state) = state {
                line.deliver("state", &state).await?;
            }
        }
        tokio::select! {
            biased;
            _ = bell.changed() => (),
            _ = states.changed() => news = true,
            () = hub.ending.cancelled() => return Ok(()),
        }
    }
}

/// Sends the next thing that is due, if there is one. It is looked for anew after each wait, so that a viewer who could
/// not take a partial in time gets the newest one later.
async fn step(
    hub: &Hub,
    line: &mut Line,
    wants: &Wants,
    cursor: Cursor,
    live_at: &mut Option<u64>,
) -> Result<Option<Cursor>, Gone> {
    if live_at.is_some_and(|at| at <= cursor.next) {
        line.deliver("live", &encode(&Next { next: cursor.next })).await?;
        *live_at = None;
    }
    loop {
        let due = hub.log().due(cursor);
        let Some((due, after)) = due else { return Ok(None) };
        let sent = match wants {
            Wants::Plain => plain(line, &due),
            Wants::Captions(it) => caption(line, it, &due, cursor),
        };
        match sent {
            Ok(()) => return Ok(Some(after)),
            Err(NotSent::Full) => line.wait().await,
            Err(NotSent::Gone) => return Err(Gone),
        }
    }
}

fn plain(line: &mut Line, due: &Due) -> Result<(), NotSent> {
    let Due::Event(entry) = due else { return Ok(()) };
    match &entry.event {
        Encoded::Caption(EncodedCaption { kind: Kind::Partial, text, .. }) => {
            line.send("intermediate", text)
        }
        Encoded::Caption(EncodedCaption { kind: Kind::Final, text, .. }) => {
            line.send("final", text)
        }
        Encoded::Translation(EncodedTranslation { plain: Some(plain), .. }) => {
            line.send("translation", plain)
        }
        Encoded::Translation(_) | Encoded::Gap(_) => Ok(()),
    }
}

fn caption(line: &mut Line, wants: &Captions, due: &Due, cursor: Cursor) -> Result<(), NotSent> {
    match due {
        Due::History(gap) => line.send("gap", &encode(gap)),
        Due::End => line.send("end", &encode(&Next { next: cursor.next })),
        Due::Event(entry) if !wants.takes(entry.track.as_str()) => Ok(()),
        Due::Event(entry) => event(line, wants, entry),
    }
}

fn event(line: &mut Line, wants: &Captions, entry: &Entry) -> Result<(), NotSent> {
    match &entry.event {
        Encoded::Gap(gap) => line.send("gap", gap),
        Encoded::Translation(it) if !wants.reads(it.lang.as_str()) => Ok(()),
        Encoded::Translation(it) if it.kind == Kind::Partial && !wants.partials() => Ok(()),
        Encoded::Translation(it) => line.send("caption", &it.event),
        Encoded::Caption(it) if it.kind == Kind::Partial && !wants.partials() => Ok(()),
        Encoded::Caption(it) if wants.words() => line.send("caption", &it.with_words),
        Encoded::Caption(it) => line.send("caption", &it.without_words),
    }
}

/// The socket is gone; nobody has to be told.
struct Gone;

enum NotSent {
    /// The viewer has not taken what was sent before.
    Full,
    Gone,
}

/// The way to one socket, with what is known of how much of it is taken.
struct Line {
    socket: SocketRef,
    taken: Arc<Taken>,
    /// What had been taken when the burst in hand began.
    mark: u64,
    events: usize,
    bytes: usize,
    wait: Duration,
}

impl Line {
    fn send(&mut self, name: &str, data: &RawValue) -> Result<(), NotSent> {
        if self.events >= BURST || self.bytes >= BURST_BYTES {
            let taken = self.taken.times();
            if self.mark == taken {
                return Err(NotSent::Full);
            }
            (self.mark, self.events, self.bytes) = (taken, 0, 0);
        }
        match self.socket.emit(name, data) {
            Ok(()) => {
                self.events += 1;
                self.bytes += data.get().len();
                self.wait = FIRST_WAIT;
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
        loop {
            match self.send(name, data) {
                Ok(()) => return Ok(()),
                Err(NotSent::Full) => self.wait().await,
                Err(NotSent::Gone) => return Err(Gone),
            }
        }
    }

    async fn wait(&mut self) {
        sleep(self.wait).await;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }
}
