//! A client's websocket on its way to the library, frame by frame: [names with escapes](crate::serve::relay::escaped_names) are made readable.
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::ConnectionHandle;
use crate::serve::relay::escaped_names::with_readable_name;

/// What is read at once: clients say little.
const READ: usize = 1024;

/// The last part of a message has it in its first byte (RFC 6455, section 5.2).
const LAST: u8 = 0x80;
const TEXT: u8 = 0x01;
/// The first byte of a further part of a message.
const FURTHER: u8 = 0x00;
/// Bytes.
const LONGEST_HEAD: usize = 14;
/// Frames of the connection itself have it in their first byte.
const CONTROL: u8 = 0x08;
const MASKED: u8 = 0x80;

/// Reads as the stream in it does until that is a websocket, as its [`ConnectionHandle`] says.
pub(crate) struct Framed<T> {
    inner: T,
    handle: Arc<ConnectionHandle>,
    frames: Frames,
}

impl<T> Framed<T> {
    /// `longest`: bytes of a message.
    pub(crate) fn new(inner: T, handle: Arc<ConnectionHandle>, longest: usize) -> Framed<T> {
        Framed { inner, handle, frames: Frames::new(longest) }
    }
}

/// The frames of one client.
struct Frames {
    /// Bytes of a message that is looked into.
    longest: usize,
    /// Of the frame in hand, what has come so far.
    held: Vec<u8>,
    /// A text of which parts are still to come.
    parts: Option<Text>,
    /// Bytes to come of a frame that is not looked into.
    passing: u64,
    /// What may go on.
    out: Vec<u8>,
    /// How much of that has.
    gone: usize,
}

/// A text as far as it has come.
#[derive(Default)]
struct Text {
    frames: Vec<u8>,
    payload: Vec<u8>,
}

/// What the head of a frame says.
struct Head {
    first: u8,
    is_masked: bool,
    bytes: usize,
    payload: u64,
}

impl Head {
    /// None until all of it has come.
    fn read(frame: &[u8]) -> Option<Head> {
        let (&first, &second) = (frame.first()?, frame.get(1)?);
        let (length, payload) = match second & !MASKED {
            126 => (4, u64::from(u16::from_be_bytes(frame.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(frame.get(2..10)?.try_into().ok()?)),
            short => (2, u64::from(short)),
        };
        let is_masked = second & MASKED != 0;
        let bytes = if is_masked { length + 4 } else { length };
        (frame.len() >= bytes).then_some(Head { first, is_masked, bytes, payload })
    }

    /// The text that this frame is a part of, as far as it has come before; none where it is of another kind.
    fn text(&self, parts: &mut Option<Text>) -> Option<Text> {
        match self.first & !LAST {
            TEXT if self.is_masked && parts.is_none() => Some(Text::default()),
            FURTHER if self.is_masked => parts.take(),
            _ => None,
        }
    }
}

impl Frames {
    fn new(longest: usize) -> Frames {
        Frames { longest, held: Vec::new(), parts: None, passing: 0, out: Vec::new(), gone: 0 }
    }

    fn take(&mut self, bytes: &[u8]) {
        let passed = bytes.len().min(usize::try_from(self.passing).unwrap_or(usize::MAX));
        self.passing -= passed as u64;
        self.out.extend_from_slice(&bytes[..passed]);
        self.held.extend_from_slice(&bytes[passed..]);
        let mut done = 0;
        while let Some(head) = Head::read(&self.held[done..]) {
            let frame = &self.held[done..];
            let Some(mut text) = head.text(&mut self.parts) else {
                done += self.pass(&head, done);
                continue;
            };
            match text.room(&head, self.longest) {
                Some(payload) if frame.len() < head.bytes + payload => {
                    self.parts = (!text.frames.is_empty()).then_some(text);
                    break;
                }
                Some(payload) => {
                    let frame = &frame[..head.bytes + payload];
                    done += frame.len();
                    text.add(frame, head.bytes);
                    if head.first & LAST == 0 {
                        self.parts = Some(text);
                    } else {
                        self.out.extend(changed(&text.payload).unwrap_or(text.frames));
                    }
                }
                None => {
                    self.out.append(&mut text.frames);
                    done += self.pass(&head, done);
                }
            }
        }
        self.held.drain(..done);
        if self.held.is_empty() {
            // A viewer who says nothing holds no room for it.
            self.held = Vec::new();
        }
    }

    /// Lets the frame that begins at `at` go on as it comes; tells how much of it is here. Control frames may stand between the parts
    /// of a text; what else comes there does not wait for it.
    fn pass(&mut self, head: &Head, at: usize) -> usize {
        if head.first & CONTROL == 0 {
            self.out.extend(self.parts.take().unwrap_or_default().frames);
        }
        let whole = (head.bytes as u64).saturating_add(head.payload);
        let frame = &self.held[at..];
        let here = frame.len().min(usize::try_from(whole).unwrap_or(usize::MAX));
        self.out.extend_from_slice(&frame[..here]);
        self.passing = whole - here as u64;
        here
    }

    /// The other end has hung up: what is held goes on as it is.
    fn end(&mut self) {
        self.out.extend(self.parts.take().unwrap_or_default().frames);
        self.out.append(&mut self.held);
    }

    fn give(&mut self, buffer: &mut ReadBuf<'_>) {
        let left = &self.out[self.gone..];
        let count = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..count]);
        self.gone += count;
        if self.gone == self.out.len() {
            (self.out, self.gone) = (Vec::new(), 0);
        }
    }
}

impl Text {
    /// Bytes of the payload of a frame that still fits in. Heads count too: parts may be empty.
    fn room(&self, head: &Head, longest: usize) -> Option<usize> {
        let payload = usize::try_from(head.payload).ok().filter(|it| *it <= longest)?;
        let fits = self.payload.len() + payload <= longest
            && self.frames.len() + head.bytes + payload <= 2 * longest + LONGEST_HEAD;
        fits.then_some(payload)
    }

    fn add(&mut self, frame: &[u8], head: usize) {
        let (key, masked) = (&frame[head - 4..head], &frame[head..]);
        self.payload.extend(masked.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        self.frames.extend_from_slice(frame);
    }
}

/// The text with a name that the library can read, in one frame; none where it can as it is. What it is masked with matters to nobody
/// on this side of the network: with zeros it stays as it is.
fn changed(text: &[u8]) -> Option<Vec<u8>> {
    let text = with_readable_name(std::str::from_utf8(text).ok()?)?;
    let mut frame = vec![LAST | TEXT];
    match text.len() {
        length @ 0..126 => frame.push(MASKED | length as u8),
        length @ 126..0x1_0000 => {
            frame.push(MASKED | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(MASKED | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    Some(frame)
}

impl<T: AsyncRead + Unpin> AsyncRead for Framed<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Framed { inner, handle, frames } = &mut *self;
        if !handle.is_websocket() {
            return Pin::new(inner).poll_read(context, buffer);
        }
        while frames.out.is_empty() {
            let mut scrap = [0; READ];
            let mut read = ReadBuf::new(&mut scrap);
            ready!(Pin::new(&mut *inner).poll_read(context, &mut read))?;
            match read.filled() {
                [] if frames.held.is_empty() => return Poll::Ready(Ok(())),
                [] => frames.end(),
                bytes => frames.take(bytes),
            }
        }
        frames.give(buffer);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Framed<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
