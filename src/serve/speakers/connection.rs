//! The WebSocket of one speaker, from the upgrade to its end.
use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::CapacityError,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    admission::{Refusal, admit, refusal},
    connected::{Connected, Fault},
};
use crate::{
    serve::{
        access::{limits::Client, refusal::later, rights::Requester},
        hub::Hub,
    },
    wire::{
        FromSpeaker, IngestAck, IngestHello, LONGEST_SOUND, RefusalCode, SOUND_HEAD, ToSpeaker,
    },
};

/// How long a client may take for its first message.
const HELLO: Duration = Duration::from_secs(5);
/// How often a client that sends sound is told what has come.
const ACK: Duration = Duration::from_millis(500);
/// After so much silence a client is asked for a sign of life, and after twice as much it is lost.
const QUIET: Duration = Duration::from_secs(10);
/// How long a refused client may take for the reason.
const FAREWELL: Duration = Duration::from_secs(2);
/// The most bytes of a text message.
const LONGEST_TEXT: usize = 4096;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Bounds every buffer of a connection before anything is read into it.
fn bounds() -> WebSocketConfig {
    let longest = LONGEST_SOUND + SOUND_HEAD;
    WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(64 * 1024)
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest))
}

/// `GET /ingest/v1`
pub(crate) async fn ingest(State(hub): State<Arc<Hub>>, mut request: Request) -> Response {
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
    let Some(half_open) = limits.half_open(client) else {
        hub.speakers.counts.refuse(RefusalCode::TooMany);
        tracing::debug!(%client, "a speaker was turned away: too many have not said hello");
        let full = (StatusCode::SERVICE_UNAVAILABLE, [later(HELLO)], "too many connections\n");
        return full.into_response();
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return told(StatusCode::UPGRADE_REQUIRED, "speakers open a websocket here\n");
    };
    let seat = hub.speakers.half_open.enter();
    let seen = Seen::of(request.headers());
    let tasks = hub.speakers.tasks.clone();
    drop(tasks.spawn(async move {
        let greeted = async {
            let upgraded = timeout(HELLO, upgrade).await.ok()?.ok()?;
            let io = TokioIo::new(upgraded);
            let mut socket =
                WebSocketStream::from_raw_socket(io, Role::Server, Some(bounds())).await;
            let admitted = greet(&hub, &mut socket, &seen, client).await;
            Some((socket, admitted))
        };
        let greeted = tokio::select! {
            greeted = greeted => greeted,
            () = seat.given_up() => {
                hub.speakers.counts.refuse(RefusalCode::TooMany);
                None
            }
        };
        drop((half_open, seat));
        let Some((mut socket, admitted)) = greeted else { return };
        match admitted {
            Ok(Some(connected)) => speak(&hub, &mut socket, connected, client).await,
            Ok(None) => (),
            Err(refused) => refuse(&hub, &mut socket, &refused, client).await,
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

/// What is needed of the request; its own headers would keep the whole buffer.
struct Seen {
    headers: HeaderMap,
}

impl Seen {
    fn of(headers: &HeaderMap) -> Seen {
        let names = [header::AUTHORIZATION, header::ORIGIN, header::HOST];
        let copied = names.into_iter().filter_map(|name| {
            let value = HeaderValue::from_bytes(headers.get(&name)?.as_bytes()).ok()?;
            Some((name, value))
        });
        Seen { headers: copied.collect() }
    }
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
fn broken(error: &Error) -> Option<Refusal> {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            let told = format!("a message has at most {LONGEST_SOUND} bytes");
            Some(refusal(RefusalCode::TooLarge, told))
        }
        Error::Protocol(_) | Error::Utf8(_) => {
            Some(refusal(RefusalCode::Protocol, "this is no websocket message"))
        }
        _ => None,
    }
}

fn ended() -> Refusal {
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

fn ordered(code: RefusalCode) -> Refusal {
    refusal(
        code,
        match code {
            RefusalCode::Revoked => "an operator has taken the link back: ask for a new one",
            RefusalCode::Replaced => "the session goes on in another connection",
            _ => "the pipeline has ended",
        },
    )
}

fn fault(fault: &Fault) -> Refusal {
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
