//! Rewrites frames from a client's websocket before the library reads them, where they hold [names with escapes](crate::serve::relay::escaped_names).
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::ConnectionHandle;
use crate::serve::relay::escaped_names::with_readable_name;

/// Bytes read at once: clients send little.
const READ: usize = 1024;

/// The FIN bit in the first byte: the last frame of a message (RFC 6455, section 5.2).
const LAST: u8 = 0x80;
const TEXT: u8 = 0x01;
/// The opcode of a continuation frame.
const FURTHER: u8 = 0x00;
/// Bytes of the longest frame header.
const LONGEST_HEAD: usize = 14;
/// The bit of the opcode that marks control frames.
const CONTROL: u8 = 0x08;
const MASKED: u8 = 0x80;

/// Passes everything through until the connection is a websocket, as its [`ConnectionHandle`] says; then rewrites frames.
pub(crate) struct Framed<T> {
    inner: T,
    handle: Arc<ConnectionHandle>,
    frames: Frames,
}

impl<T> Framed<T> {
    /// `longest`: bytes of the longest message that is rewritten.
    pub(crate) fn new(inner: T, handle: Arc<ConnectionHandle>, longest: usize) -> Framed<T> {
        Framed { inner, handle, frames: Frames::new(longest) }
    }
}

/// The frames of one client, as far as they were read.
struct Frames {
    /// Bytes of the longest message that is rewritten.
    longest: usize,
    /// The beginning of an incomplete frame.
    held: Vec<u8>,
    /// A text message with frames still to come.
    parts: Option<Text>,
    /// Bytes still to come of a frame that is passed through.
    passing: u64,
    /// Bytes for the library.
    out: Vec<u8>,
    /// How many of them it has read.
    gone: usize,
}

/// The frames of a text message so far.
#[derive(Default)]
struct Text {
    frames: Vec<u8>,
    payload: Vec<u8>,
}

/// The header of a frame.
struct Head {
    first: u8,
    is_masked: bool,
    bytes: usize,
    payload: u64,
}

impl Head {
    /// `None` while it is incomplete.
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

    /// The text message before this frame, if the frame belongs to one; `None` for other frames.
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
            // An idle viewer keeps no buffer.
            self.held = Vec::new();
        }
    }

    /// Passes the frame at `at` through. Returns how many bytes of it have been read. Control frames may come between the frames of a
    /// text message; any other frame ends the wait for its rest.
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

    /// The client has disconnected: incomplete frames are passed through.
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
    /// The length of the payload if the frame still fits. Headers count as well, as frames may be empty.
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

/// The text in one frame, with a name that the library can read; `None` if it can read the original. The mask is zero, so that the
/// payload is readable as it is: masks only matter to proxies on the network.
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
