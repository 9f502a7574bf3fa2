//! A Socket.IO client over a websocket, or by long-polling if no websocket gets through. For `listen`, `emit`, `bench` and tests.
//!
//! rust_socketio 0.6 always needs native-tls, and with it OpenSSL. This client needs only the default namespace over one
//! connection, which is small enough to have here.
use std::{collections::VecDeque, time::Duration};

use serde_json::Value;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{self, Bytes},
};

mod address;
mod error;
mod frame;
mod packet;
mod polling;
mod secure;
pub(crate) mod speaker;
mod transport;

pub use error::ClientError;

use address::{Address, address};
use frame::Frame;
use packet::Packet;
use polling::Polling;
use secure::wire;
use transport::Transport;

/// What the server sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: String,
    /// Where one was binary, a placeholder stands for it: `{ "_placeholder": true, "num": n }`.
    pub args: Vec<Value>,
    pub attachments: Vec<Bytes>,
}

/// One connection to the default namespace. It reads only while it is asked to, so it takes nothing while it is not.
pub struct Client {
    url: String,
    transport: Transport,
    /// The longest silence that a living server keeps.
    silence: Duration,
    heard: Instant,
    /// Events that came while something else was waited for.
    early: VecDeque<Event>,
    /// An event whose attachments are on their way, and how many are missing.
    partial: Option<(Came, usize)>,
    owes_pong: bool,
    next_ack: u64,
    ended: bool,
    told_to_leave: bool,
}

/// Something complete that came.
enum Came {
    Event(Event),
    Ack { id: u64, args: Vec<Value> },
    Connected,
    Refused(String),
    End,
}

/// How long a server may take to answer and to greet.
const PATIENCE: Duration = Duration::from_secs(20);

/// Of that, in fifths, how long a websocket may take until its server has greeted: 8 s, as the pages wait. A proxy that swallows websockets
/// answers nothing, and requests come through.
const FOR_A_WEBSOCKET: u32 = 2;

/// Until the server has told how often it pings.
const FIRST_SILENCE: Duration = Duration::from_secs(20);

impl Client {
    /// To `http://host:port`, with a path where the server has another one than `/socket.io/`.
    pub async fn connect(url: &str, auth: Value) -> Result<Client, ClientError> {
        Client::connect_within(PATIENCE, url, auth).await
    }

    /// With another patience than the usual one, of 20 s.
    pub async fn connect_within(
        within: Duration,
        url: &str,
        auth: Value,
    ) -> Result<Client, ClientError> {
        let connected = async {
            let by_websocket = async {
                let Address { host, port, .. } = address(url)?;
                let stream = TcpStream::connect((host.as_str(), port)).await;
                let stream = stream
                    .map_err(|source| ClientError::Unreachable { url: url.into(), source })?;
                Client::by_websocket(stream, url, &auth).await
            };
            match timeout(within / 5 * FOR_A_WEBSOCKET, by_websocket).await {
                Ok(Ok(client)) => Ok(client),
                Ok(Err(NotConnected::Otherwise(error))) => Err(error),
                Ok(Err(NotConnected::NoUpgrade(why))) => {
                    tracing::debug!(
                        url,
                        why,
                        "no websocket comes through: going on by long-polling"
                    );
                    Client::by_polling(url, &auth).await
                }
                Err(_) => {
                    tracing::debug!(url, "a websocket stays silent: going on by long-polling");
                    Client::by_polling(url, &auth).await
                }
            }
        };
        let silent = ClientError::Silent { url: url.to_owned(), within };
        timeout(within, connected).await.unwrap_or(Err(silent))
    }

    /// By a websocket over a connection that is there already; `url` names what is asked for on it.
    pub async fn connect_over(
        stream: TcpStream,
        url: &str,
        auth: Value,
    ) -> Result<Client, ClientError> {
        Client::by_websocket(stream, url, &auth).await.map_err(|error| match error {
            NotConnected::Otherwise(error) => error,
            NotConnected::NoUpgrade(why) => ClientError::NotSocketIo { url: url.into(), why },
        })
    }

    async fn by_websocket(
        stream: TcpStream,
        url: &str,
        auth: &Value,
    ) -> Result<Client, NotConnected> {
        let Address { host, secure, request, .. } = address(url)?;
        // Small packets that wait for more would be timed wrongly.
        let _ = stream.set_nodelay(true);
        let not_ours = |why: String| ClientError::NotSocketIo { url: url.into(), why };
        let stream = wire(stream, &host, secure).await;
        let stream = stream.map_err(|source| ClientError::Tls { url: url.into(), source })?;
        let (socket, _) = client_async(request, stream).await.map_err(|error| match error {
            tungstenite::Error::Http(answer) => match answer.status().as_u16() {
                503 => {
                    let after = answer.headers().get("retry-after").and_then(|it| it.to_str().ok());
                    ClientError::full(url, after).into()
                }
                // The server says that no upgrade came, or what stands between took it for any other request.
                200..300 | 400 | 405 | 426 | 501 => {
                    NotConnected::NoUpgrade(format!("it answers {}", answer.status()))
                }
                _ => not_ours(tungstenite::Error::Http(answer).to_string()).into(),
            },
            error => not_ours(error.to_string()).into(),
        })?;
        Ok(Client::join(url, Transport::Websocket(Box::new(socket)), auth).await?)
    }

    async fn by_polling(url: &str, auth: &Value) -> Result<Client, ClientError> {
        let polling = Polling::open(&address(url)?.polled, url).await?;
        Client::join(url, Transport::Polling(Box::new(polling)), auth).await
    }

    async fn join(url: &str, transport: Transport, auth: &Value) -> Result<Client, ClientError> {
        let mut client = Client {
            url: url.to_owned(),
            transport,
            silence: FIRST_SILENCE,
            heard: Instant::now(),
            early: VecDeque::new(),
            partial: None,
            owes_pong: false,
            next_ack: 0,
            ended: false,
            told_to_leave: false,
        };
        let not_ours = |why: &str| ClientError::NotSocketIo { url: url.into(), why: why.into() };
        client.send(packet::connect(auth)).await?;
        match client.receive().await? {
            Came::Connected => Ok(client),
            Came::Refused(message) => Err(ClientError::Refused { url: url.into(), message }),
            Came::Event(_) | Came::Ack { .. } => Err(not_ours("events before the connection")),
            Came::End => Err(not_ours("it hung up")),
        }
    }

    /// The next event, or `None` once the server has ended the connection. Answers pings meanwhile; may be dropped and
    /// called again.
    pub async fn next(&mut self) -> Result<Option<Event>, ClientError> {
        if let Some(event) = self.early.pop_front() {
            return Ok(Some(event));
        }
        loop {
            match self.receive().await? {
                Came::Event(event) => return Ok(Some(event)),
                // Of an answer that nobody waits for any more, or once more what is so already.
                Came::Ack { .. } | Came::Connected => (),
                Came::Refused(_) | Came::End => return Ok(None),
            }
        }
    }

    pub async fn emit(&mut self, name: &str, args: &[Value]) -> Result<(), ClientError> {
        self.send(packet::event(name, args, None)).await
    }

    /// Waits for the answer; events that come before it are kept for [`next`](Self::next).
    pub async fn emit_with_ack(
        &mut self,
        name: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, ClientError> {
        let id = self.next_ack;
        self.next_ack += 1;
        self.send(packet::event(name, args, Some(id))).await?;
        loop {
            match self.receive().await? {
                Came::Ack { id: of, args } if of == id => return Ok(args),
                Came::Event(event) => self.early.push_back(event),
                Came::Ack { .. } | Came::Connected => (),
                Came::Refused(_) | Came::End => {
                    return Err(self.broken("it ended before it answered"));
                }
            }
        }
    }

    /// Whether the connection ended because the server wants this client to leave, so that it should not come back.
    pub fn was_told_to_leave(&self) -> bool {
        self.told_to_leave
    }

    /// The error for a connection that the server has ended.
    pub fn hung_up(&self) -> ClientError {
        self.broken("the server has hung up")
    }

    /// Disconnects, and waits until the server has seen it.
    pub async fn close(mut self) -> Result<(), ClientError> {
        if !self.ended {
            self.send(packet::DISCONNECT.to_owned()).await?;
        }
        self.transport.close(self.silence).await;
        Ok(())
    }

    async fn receive(&mut self) -> Result<Came, ClientError> {
        while !self.ended {
            if self.owes_pong {
                self.send(packet::PONG.to_owned()).await?;
                self.owes_pong = false;
            }
            let whole = match self.message().await? {
                Some(Frame::Text(text)) => self.head(&text)?,
                Some(Frame::Binary(bytes)) => self.attach(bytes)?,
                Some(Frame::Sign) => None,
                None => break,
            };
            match whole {
                Some(Came::End) => break,
                Some(came) => return Ok(came),
                None => (),
            }
        }
        self.ended = true;
        self.transport.hang_up().await;
        Ok(Came::End)
    }

    /// A packet, unless attachments of it are still to come.
    fn head(&mut self, text: &str) -> Result<Option<Came>, ClientError> {
        if self.partial.is_some() {
            return Err(self.broken("an attachment is missing"));
        }
        let packet = packet::read(text).map_err(|error| self.broken(&error.to_string()))?;
        let (attachments, came) = match packet {
            Packet::Open { ping_interval, ping_timeout } => {
                self.silence = ping_interval + ping_timeout;
                return Ok(None);
            }
            Packet::Ping => {
                self.owes_pong = true;
                return Ok(None);
            }
            Packet::Other => return Ok(None),
            Packet::Connected => (0, Came::Connected),
            Packet::Refused(message) => (0, Came::Refused(message)),
            Packet::Closed => (0, Came::End),
            Packet::Disconnected => {
                self.told_to_leave = true;
                (0, Came::End)
            }
            Packet::Ack { id, attachments, args } => (attachments, Came::Ack { id, args }),
            Packet::Event { id: _, attachments, args } => {
                let mut args = VecDeque::from(args);
                let Some(Value::String(name)) = args.pop_front() else {
                    return Err(self.broken("an event whose name is not text"));
                };
                let event = Event { name, args: args.into(), attachments: Vec::new() };
                (attachments, Came::Event(event))
            }
        };
        if attachments == 0 {
            return Ok(Some(came));
        }
        self.partial = Some((came, attachments));
        Ok(None)
    }

    fn attach(&mut self, bytes: Bytes) -> Result<Option<Came>, ClientError> {
        let Some((mut came, missing)) = self.partial.take() else {
            return Err(self.broken("bytes that belong to no event"));
        };
        if let Came::Event(event) = &mut came {
            event.attachments.push(bytes);
        }
        if missing == 1 {
            return Ok(Some(came));
        }
        self.partial = Some((came, missing - 1));
        Ok(None)
    }

    async fn message(&mut self) -> Result<Option<Frame>, ClientError> {
        let until = self.heard + self.silence;
        let came = match timeout_at(until, self.transport.next()).await {
            Ok(came) => came.map_err(|why| self.broken(&why))?,
            Err(_) => return Err(self.broken("it has fallen silent")),
        };
        self.heard = Instant::now();
        Ok(came)
    }

    async fn send(&mut self, text: String) -> Result<(), ClientError> {
        let sent = self.transport.send(text).await;
        sent.map_err(|why| self.broken(&why))
    }

    fn broken(&self, why: &str) -> ClientError {
        ClientError::Broken { url: self.url.clone(), why: why.to_owned() }
    }
}

/// Why there is no connection by websocket.
enum NotConnected {
    /// None comes through; requests may.
    NoUpgrade(String),
    Otherwise(ClientError),
}

impl From<ClientError> for NotConnected {
    fn from(error: ClientError) -> NotConnected {
        NotConnected::Otherwise(error)
    }
}
