//! What packets travel over: a websocket, or requests one after another where no websocket comes through.
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, error::ProtocolError},
};

use super::{frame::Frame, polling::Polling, secure::Wire};

pub(super) enum Transport {
    Websocket(Box<WebSocketStream<Box<dyn Wire>>>),
    Polling(Box<Polling>),
}

impl Transport {
    /// `None` once the other end has hung up. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Result<Option<Frame>, String> {
        let socket = match self {
            Transport::Polling(polling) => return polling.next().await,
            Transport::Websocket(socket) => socket,
        };
        match socket.next().await {
            Some(Ok(Message::Text(text))) => Ok(Some(Frame::Text(text))),
            Some(Ok(Message::Binary(bytes))) => Ok(Some(Frame::Binary(bytes))),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                Ok(Some(Frame::Sign))
            }
            Some(Ok(Message::Close(_))) | None => Ok(None),
            Some(Err(tungstenite::Error::Protocol(
                ProtocolError::ResetWithoutClosingHandshake,
            ))) => Ok(None),
            Some(Err(error)) => Err(error.to_string()),
        }
    }

    pub(super) async fn send(&mut self, text: String) -> Result<(), String> {
        match self {
            Transport::Polling(polling) => polling.send(text).await,
            Transport::Websocket(socket) => {
                socket.send(Message::text(text)).await.map_err(|error| error.to_string())
            }
        }
    }

    /// The other end has ended it, and may wait for this one to do so too.
    pub(super) async fn hang_up(&mut self) {
        if let Transport::Websocket(socket) = self {
            // It may have hung up already.
            let _ = socket.get_mut().shutdown().await;
        }
    }

    /// Ends it, and waits until the other end has seen that, but not for longer than `silence`.
    pub(super) async fn close(&mut self, silence: Duration) {
        let until = Instant::now() + silence;
        match self {
            // The other end may have been quicker.
            Transport::Polling(polling) => {
                let _ = timeout_at(until, polling.close()).await;
            }
            Transport::Websocket(socket) => {
                let _ = socket.as_mut().close(None).await;
                while let Ok(Some(Ok(_))) = timeout_at(until, socket.next()).await {}
            }
        }
    }
}
