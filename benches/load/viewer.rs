//! A viewer that costs little, so that the server is measured and not its clients: a websocket, read without decoding.
use std::io;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub struct Viewer {
    stream: TcpStream,
    read: Vec<u8>,
    /// Where in `read` the next frame begins.
    at: usize,
}

/// One of the publisher's events: its number, and when it was sent.
pub struct Event {
    pub number: u64,
    pub sent: u64,
}

/// One of the speaker's captions: when it was said, in Unix µs, and its bytes with the head of its frame.
pub struct Caption {
    pub sent: u64,
    pub bytes: usize,
}

const EVENT: &[u8] = b"42[\"n\",";
const CAPTION: &[u8] = b"42[\"caption\",";
const CORRECTION: &[u8] = b"42[\"correction\",";
const TEXT: &[u8] = b"\"text\":\"";
const ROOM: usize = 4096;

impl Viewer {
    /// Connected to the default namespace.
    pub async fn connect(url: &str, auth: &Value) -> io::Result<Viewer> {
        let address = url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        // Any 16 bytes in base64 are a key; the answer to it is not looked at.
        let head = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: \
             websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        let mut viewer = Viewer { stream, read: Vec::with_capacity(ROOM), at: 0 };
        while viewer.end_of_head().is_none() {
            viewer.more().await?;
        }
        viewer.at = viewer.end_of_head().unwrap_or_default();
        // Engine.IO opens, then the namespace is asked for and granted.
        viewer.until(b"0{").await?;
        viewer.write(format!("40{auth}").as_bytes()).await?;
        viewer.until(b"40").await?;
        Ok(viewer)
    }

    pub async fn event(&mut self) -> io::Result<Event> {
        let mut parts = self.named(EVENT).await?.splitn(3, |it| *it == b',');
        let (number, sent) = (whole(parts.next()), whole(parts.next()));
        Ok(Event { number, sent })
    }

    pub async fn caption(&mut self) -> io::Result<Caption> {
        let data = self.named(CAPTION).await?;
        Ok(Caption { sent: sent(data), bytes: 4 + CAPTION.len() + data.len() })
    }

    /// When the next correction was asked for, in Unix µs.
    pub async fn correction(&mut self) -> io::Result<u64> {
        self.named(CORRECTION).await.map(sent)
    }

    /// What follows the name in the next event of this name. Pings are answered meanwhile.
    async fn named(&mut self, name: &[u8]) -> io::Result<&[u8]> {
        loop {
            let text = self.frame().await?;
            if self.read[text.clone()].starts_with(name) {
                return Ok(&self.read[text.start + name.len()..text.end]);
            }
            self.pong(text).await?;
        }
    }

    /// Pings are answered, the first one too: it may come before the namespace does.
    async fn pong(&mut self, text: std::ops::Range<usize>) -> io::Result<()> {
        match &self.read[text] {
            b"2" => self.write(b"3").await,
            _ => Ok(()),
        }
    }

    async fn until(&mut self, begins: &[u8]) -> io::Result<()> {
        loop {
            let text = self.frame().await?;
            if self.read[text.clone()].starts_with(begins) {
                return Ok(());
            }
            self.pong(text).await?;
        }
    }

    /// Where in `read` the next frame's text lies. Servers send it unmasked.
    async fn frame(&mut self) -> io::Result<std::ops::Range<usize>> {
        loop {
            let left = &self.read[self.at..];
            let (head, length) = match left {
                [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
                [_, short, ..] if *short < 126 => (2, usize::from(*short)),
                [_, 127, ..] => return Err(io::Error::other("a frame of more than 64 KiB")),
                _ => (0, usize::MAX),
            };
            if head > 0 && left.len() >= head + length {
                let begin = self.at + head;
                self.at = begin + length;
                return Ok(begin..self.at);
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        self.read.drain(..self.at);
        self.at = 0;
        self.read.reserve(ROOM);
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// A short text, with a mask of zeros.
    async fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let mut frame = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
        frame.extend(text);
        self.stream.write_all(&frame).await
    }

    fn end_of_head(&self) -> Option<usize> {
        self.read.windows(4).position(|it| it == b"\r\n\r\n").map(|at| at + 4)
    }
}

/// The time that a text begins with.
fn sent(data: &[u8]) -> u64 {
    let text =
        data.windows(TEXT.len()).position(|it| it == TEXT).map(|at| &data[at + TEXT.len()..]);
    whole(text.and_then(|it| it.split(|it| *it == b' ').next()))
}

fn whole(digits: Option<&[u8]>) -> u64 {
    let digits = digits.unwrap_or_default().iter().filter(|it| it.is_ascii_digit());
    digits.fold(0, |sum, it| sum * 10 + u64::from(it - b'0'))
}
