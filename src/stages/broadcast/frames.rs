//! A client's websocket on its way to the library, frame by frame: [names with escapes](super::escapes) are made readable.
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{connection::Pulse, escapes::with_readable_name};

/// What is read at once: clients say little.
const READ: usize = 1024;

/// The first byte of a text that is one frame (RFC 6455, section 5.2). In parts, or of another kind, it goes on as it comes.
const WHOLE_TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;

/// Reads as the stream in it does until that is a websocket, as its [`Pulse`] says.
pub(super) struct Framed<T> {
    inner: T,
    pulse: Arc<Pulse>,
    frames: Frames,
}

impl<T> Framed<T> {
    /// `longest`: bytes of a message.
    pub(super) fn new(inner: T, pulse: Arc<Pulse>, longest: usize) -> Framed<T> {
        Framed { inner, pulse, frames: Frames::new(longest) }
    }
}

/// The frames of one client.
struct Frames {
    longest: usize,
    /// Of the frame in hand, what has come so far.
    held: Vec<u8>,
    /// Bytes to come of a frame that is not looked into.
    passing: u64,
    /// What may go on.
    out: Vec<u8>,
    /// How much of that has.
    gone: usize,
}

/// What the head of a frame says.
struct Head {
    is_whole_text: bool,
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
        let is_whole_text = first == WHOLE_TEXT && is_masked;
        (frame.len() >= bytes).then_some(Head { is_whole_text, bytes, payload })
    }
}

impl Frames {
    fn new(longest: usize) -> Frames {
        Frames { longest, held: Vec::new(), passing: 0, out: Vec::new(), gone: 0 }
    }

    fn take(&mut self, bytes: &[u8]) {
        let passed = bytes.len().min(usize::try_from(self.passing).unwrap_or(usize::MAX));
        self.passing -= passed as u64;
        self.out.extend_from_slice(&bytes[..passed]);
        self.held.extend_from_slice(&bytes[passed..]);
        let mut done = 0;
        while let Some(Head { is_whole_text, bytes, payload }) = Head::read(&self.held[done..]) {
            let frame = &self.held[done..];
            let short = usize::try_from(payload).ok().filter(|it| *it <= self.longest);
            match short.filter(|_| is_whole_text) {
                Some(payload) if frame.len() < bytes + payload => break,
                Some(payload) => {
                    let frame = &frame[..bytes + payload];
                    match changed(frame, bytes) {
                        Some(changed) => self.out.extend(changed),
                        None => self.out.extend_from_slice(frame),
                    }
                    done += frame.len();
                }
                None => {
                    let whole = (bytes as u64).saturating_add(payload);
                    let here = frame.len().min(usize::try_from(whole).unwrap_or(usize::MAX));
                    self.out.extend_from_slice(&frame[..here]);
                    self.passing = whole - here as u64;
                    done += here;
                }
            }
        }
        self.held.drain(..done);
        if self.held.is_empty() {
            // A viewer who says nothing holds no room for it.
            self.held = Vec::new();
        }
    }

    /// The other end has hung up: what is held goes on as it is.
    fn end(&mut self) {
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

/// A text with a name that the library can read, masked as it was; none where it is so already.
fn changed(frame: &[u8], head: usize) -> Option<Vec<u8>> {
    let (head, payload) = frame.split_at(head);
    let key = &head[head.len() - 4..];
    let masked = |text: &[u8]| -> Vec<u8> {
        text.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
    };
    let text = String::from_utf8(masked(payload)).ok()?;
    let text = with_readable_name(&text)?;
    let mut frame = vec![WHOLE_TEXT];
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
    frame.extend_from_slice(key);
    frame.extend(masked(text.as_bytes()));
    Some(frame)
}

impl<T: AsyncRead + Unpin> AsyncRead for Framed<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Framed { inner, pulse, frames } = &mut *self;
        if !pulse.is_websocket() {
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 4] = [1, 200, 3, 44];

    /// As a client sends it.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..126 => frame.push(MASKED | length as u8),
            length => {
                frame.push(MASKED | 126);
                frame.extend((length as u16).to_be_bytes());
            }
        }
        frame.extend(KEY);
        frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        frame
    }

    fn through(sent: &[u8], cut: usize) -> Vec<u8> {
        let mut frames = Frames::new(1000);
        sent.chunks(cut.max(1)).for_each(|it| frames.take(it));
        frames.end();
        let mut out = vec![0; frames.out.len()];
        frames.give(&mut ReadBuf::new(&mut out));
        out
    }

    #[test]
    fn a_name_with_an_escape_is_made_readable_however_the_bytes_come() {
        let sent = [
            frame(WHOLE_TEXT, br#"42["a"]"#),
            frame(WHOLE_TEXT, br#"421["a\"b",1]"#),
            frame(0x89, b"\\"),
            frame(WHOLE_TEXT, format!(r#"42["\/","{}"]"#, "x".repeat(110)).as_bytes()),
        ];
        let wanted = [
            frame(WHOLE_TEXT, br#"42["a"]"#),
            frame(WHOLE_TEXT, br#"421["livecap:escaped","a\"b",1]"#),
            frame(0x89, b"\\"),
            // It has grown past what the short form of a length can say.
            frame(
                WHOLE_TEXT,
                format!(r#"42["livecap:escaped","\/","{}"]"#, "x".repeat(110)).as_bytes(),
            ),
        ];
        for cut in 1..200 {
            assert_eq!(through(&sent.concat(), cut), wanted.concat(), "{cut}");
        }
    }

    #[test]
    fn what_is_too_long_or_no_whole_text_is_not_held() {
        let name = br#"42["a\"b"]"#;
        for (first, payload) in [(0x82, &name[..]), (0x01, name), (0xc1, name), (0x80, name)] {
            let mut frames = Frames::new(1000);
            let sent = frame(first, payload);
            frames.take(&sent[..8]);
            assert_eq!(frames.out, sent[..8]);
            frames.take(&sent[8..]);
            assert_eq!(frames.out, sent);
        }
        let mut frames = Frames::new(100);
        let long = frame(WHOLE_TEXT, &[b'\\'; 101]);
        frames.take(&long[..9]);
        assert_eq!(frames.out, long[..9]);
        let endless = [WHOLE_TEXT, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4];
        let mut frames = Frames::new(100);
        frames.take(&endless);
        frames.take(&[7; 5000]);
        assert_eq!((frames.out.len(), frames.held.len()), (5014, 0));
    }

    proptest! {
        /// Whatever comes, nothing of it is lost, and what has no escapes is as it was.
        #[test]
        fn bytes_without_escapes_come_as_they_were(
            payloads in prop::collection::vec(("[^\\\\]{0,200}", any::<u8>()), 0..6),
            tail in prop::collection::vec(any::<u8>(), 0..20),
            cut in 1usize..50,
        ) {
            let frames = payloads.iter().map(|(text, first)| frame(*first, text.as_bytes()));
            let sent = [frames.collect::<Vec<_>>().concat(), tail].concat();
            prop_assert_eq!(through(&sent, cut), sent);
        }
    }
}
