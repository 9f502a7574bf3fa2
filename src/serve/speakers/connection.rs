//! The WebSocket of one speaker, from the upgrade to its end.
use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    response::Response,
};
use futures::{SinkExt, StreamExt};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    error::CapacityError,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{
    admission::{Refusal, admit, refusal},
    connected::{Connected, Fault},
    upgrade::{HELLO, Opened, Seen, Socket, open},
};
use crate::{
    serve::{access::rights::Requester, hub::Hub},
    wire::{
        FromSpeaker, IngestAck, IngestHello, LONGEST_SOUND, RefusalCode, SOUND_HEAD, ToSpeaker,
    },
};

/// How often a client that sends sound is told what has come.
const ACK: Duration = Duration::from_millis(500);
/// After so much silence a client is asked for a sign of life, and after twice as much it is lost.
pub(super) const QUIET: Duration = Duration::from_secs(10);
/// How long a refused client may take for the reason.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);
/// The most bytes of a text message.
const LONGEST_TEXT: usize = 4096;

/// `GET /ingest/v1`
pub(crate) async fn ingest(State(hub): State<Arc<Hub>>, request: Request) -> Response {
    open(hub, request, LONGEST_SOUND + SOUND_HEAD, async |hub, opened| {
        let Opened { mut socket, seen, client, half_open } = opened;
        let admitted = greet(&hub, &mut socket, &seen, client).await;
        drop(half_open);
        match admitted {
            Ok(Some(connected)) => speak(&hub, &mut socket, connected, client).await,
            Ok(None) => (),
            Err(refused) => refuse(&hub, &mut socket, &refused, client).await,
        }
    })
}

/// Waits for `hello` and answers it. `None`: the client went away.
async fn greet(
    hub: &Hub,
    socket: &mut Socket,
    seen: &Seen,
    client: IpAddr,
) -> Result<Option<Connected>, Refusal> {
    let until = Instant::now() + HELLO;
    let hello = loop {
        let message = tokio::select! {
            message = timeout_at(until, socket.next()) => message,
            () = hub.ending.cancelled() => return Err(ended()),
        };
        let Ok(message) = message else {
            let told = format!("no `hello` came within {} s", HELLO.as_secs());
            return Err(refusal(RefusalCode::Timeout, told));
        };
        match message {
            None => return Ok(None),
            Some(Err(error)) => return broken(&error).map_or(Ok(None), Err),
            Some(Ok(Message::Text(text))) => break hello(&text)?,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => (),
            Some(Ok(Message::Close(_))) => return Ok(None),
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                let told = "the first message is `hello`, as text";
                return Err(refusal(RefusalCode::Protocol, told));
            }
        }
    };
    let requester = Requester::of(&seen.headers, None);
    let (connected, welcome) = admit(hub, &hello, &requester, client)?;
    tracing::info!(
        stage = welcome.stage, slot = welcome.slot, resumed = welcome.resumed, %client,
        "a speaker has connected"
    );
    if send(socket, &ToSpeaker::Welcome(welcome)).await.is_err() {
        connected.end(false);
        return Ok(None);
    }
    Ok(Some(connected))
}

fn hello(text: &str) -> Result<IngestHello, Refusal> {
    match read(text)? {
        FromSpeaker::Hello(hello) => Ok(hello),
        _ => Err(refusal(RefusalCode::Protocol, "the first message is `hello`")),
    }
}

fn read(text: &str) -> Result<FromSpeaker, Refusal> {
    if text.len() > LONGEST_TEXT {
        let told = format!("a text message has at most {LONGEST_TEXT} bytes");
        return Err(refusal(RefusalCode::TooLarge, told));
    }
    serde_json::from_str(text).map_err(|error| {
        refusal(RefusalCode::Protocol, format!("this message cannot be read: {error}"))
    })
}

/// What a client is told whose connection gave an error; `None` where nobody is there any more.
pub(super) fn broken(error: &Error) -> Option<Refusal> {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
            let told = format!("a message has at most {max_size} bytes");
            Some(refusal(RefusalCode::TooLarge, told))
        }
        Error::Protocol(_) | Error::Utf8(_) => {
            Some(refusal(RefusalCode::Protocol, "this is no websocket message"))
        }
        _ => None,
    }
}

pub(super) fn ended() -> Refusal {
    refusal(RefusalCode::Ended, "the pipeline has ended")
}

/// Passes on what a speaker sends until it leaves, is lost or refused.
async fn speak(hub: &Hub, socket: &mut Socket, mut connected: Connected, client: IpAddr) {
    let why = converse(hub, socket, &mut connected).await;
    let said_bye = matches!(why, Ok(true));
    connected.end(said_bye);
    let (stage, slot) = (connected.place.stage(), connected.place.slot());
    tracing::info!(stage, slot, said_bye, "a speaker has gone");
    match why {
        Err(refused) => refuse(hub, socket, &refused, client).await,
        Ok(true) => drop(timeout(FAREWELL, socket.close(None)).await),
        Ok(false) => (),
    }
}

/// `Ok(true)`: the client said bye; `Ok(false)`: it is gone.
async fn converse(
    hub: &Hub,
    socket: &mut Socket,
    connected: &mut Connected,
) -> Result<bool, Refusal> {
    let mut heard = Instant::now();
    let mut asked = false;
    let mut told: Option<IngestAck> = None;
    let mut next_ack: Option<Instant> = None;
    loop {
        let life = heard + if asked { 2 * QUIET } else { QUIET };
        let due = next_ack.unwrap_or(life).min(life);
        tokio::select! {
            biased;
            () = hub.ending.cancelled() => return Err(ended()),
            changed = connected.orders.changed() => {
                let orders = connected.orders.borrow_and_update().clone();
                if let Some(code) = orders.refused.or(changed.is_err().then_some(RefusalCode::Ended)) {
                    return Err(ordered(code));
                }
                let renamed = ToSpeaker::Renamed { name: orders.name.to_string() };
                if send(socket, &renamed).await.is_err() { return Ok(false) }
            }
            message = socket.next() => {
                heard = Instant::now();
                asked = false;
                let message = match message {
                    None => return Ok(false),
                    Some(Err(error)) => return broken(&error).map_or(Ok(false), Err),
                    Some(Ok(message)) => message,
                };
                match message {
                    Message::Binary(bytes) => {
                        connected.take(&bytes).map_err(|it| fault(&it))?;
                        next_ack = next_ack.or(Some(heard + ACK));
                        // A client that has much to send lets others have their turn.
                        tokio::task::consume_budget().await;
                    }
                    Message::Close(_) => return Ok(false),
                    message => {
                        if !connected.may_text() {
                            return Err(fault(&Fault::Code(RefusalCode::TooFast)));
                        }
                        let Message::Text(text) = message else { continue };
                        let message = read(&text)?;
                        if !connected.hear(&message).map_err(|it| fault(&it))? {
                            return Ok(true);
                        }
                        if let FromSpeaker::Clock { client_ms } = message {
                            let server_ms = connected.speakers.now().as_secs_f64() * 1000.0;
                            let clock = ToSpeaker::Clock { client_ms, server_ms };
                            if send(socket, &clock).await.is_err() { return Ok(false) }
                        }
                        next_ack = next_ack.or(Some(heard + ACK));
                    }
                }
            }
            () = sleep_until(due) => {
                let now = Instant::now();
                if now >= life {
                    if asked { return Ok(false) }
                    asked = true;
                    if socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                        return Ok(false);
                    }
                }
                if next_ack.is_some_and(|it| it <= now) {
                    let ack = connected.ack();
                    // While something changes, there is a next one.
                    let news = ack != told;
                    next_ack = news.then(|| now + ACK);
                    if let Some(ack) = ack.filter(|_| news) {
                        told = Some(ack);
                        if send(socket, &ToSpeaker::Ack(ack)).await.is_err() { return Ok(false) }
                    }
                }
            }
        }
    }
}

pub(super) fn ordered(code: RefusalCode) -> Refusal {
    refusal(
        code,
        match code {
            RefusalCode::Revoked => "an operator has taken the link back: ask for a new one",
            RefusalCode::Replaced => "the session goes on in another connection",
            _ => "the pipeline has ended",
        },
    )
}

pub(super) fn fault(fault: &Fault) -> Refusal {
    match fault {
        Fault::NotSound(why) => refusal(RefusalCode::Format, why.to_string()),
        Fault::Code(code) => refusal(
            *code,
            match code {
                RefusalCode::TooFast => "more came than time allows: send sound at its own pace",
                RefusalCode::Sequence => "sequence and sample numbers only grow",
                RefusalCode::Protocol => "`hello` comes once",
                _ => return ordered(*code),
            },
        ),
    }
}

async fn send(socket: &mut Socket, message: &ToSpeaker) -> Result<(), Error> {
    let text = serde_json::to_string(message).unwrap_or_default();
    socket.send(Message::text(text)).await
}

/// Tells a client why, and closes.
async fn refuse(hub: &Hub, socket: &mut Socket, refused: &Refusal, client: IpAddr) {
    let Refusal { code, message } = refused;
    hub.speakers.counts.refuse(*code);
    tracing::debug!(%client, code = code.name(), message, "a speaker was refused");
    let told = ToSpeaker::Refused { code: *code, message: message.clone(), retry: code.retry() };
    let close = CloseFrame {
        code: match code {
            RefusalCode::TooLarge => CloseCode::Size,
            RefusalCode::Ended | RefusalCode::Replaced => CloseCode::Normal,
            _ => CloseCode::Policy,
        },
        reason: code.name().into(),
    };
    let farewell = async {
        send(socket, &told).await?;
        socket.close(Some(close)).await?;
        // What is still on its way is read, so that the reason is not lost with it.
        while socket.next().await.is_some_and(|it| it.is_ok()) {}
        Ok::<(), Error>(())
    };
    let _ = timeout(FAREWELL, farewell).await;
}
