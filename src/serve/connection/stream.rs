//! An accepted connection. It ends when its client reads nothing for too long, or when it is cancelled.
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    runtime::Handle,
    time::{Instant, Sleep, sleep_until, timeout},
};
use tokio_util::{
    sync::{CancellationToken, WaitForCancellationFutureOwned},
    task::TaskTracker,
};

use super::backpressure::Backpressure;

/// A connection as its requests see it. It connects the flushes of the stream with the viewer's [`Backpressure`].
#[derive(Default)]
pub(crate) struct ConnectionHandle {
    viewer: Mutex<Option<Arc<Backpressure>>>,
    /// It carries frames, and no more requests.
    is_websocket: AtomicBool,
}

impl ConnectionHandle {
    /// From now on the connection is the websocket of this viewer.
    pub(crate) fn carry(&self, viewer: Arc<Backpressure>) {
        *self.viewer.lock().unwrap_or_else(PoisonError::into_inner) = Some(viewer);
    }

    /// From now on the client sends frames: it waits for the response to the upgrade before.
    pub(crate) fn become_websocket(&self) {
        self.is_websocket.store(true, SeqCst);
    }

    pub(crate) fn is_websocket(&self) -> bool {
        self.is_websocket.load(SeqCst)
    }

    /// Everything written so far has been flushed.
    fn beat(&self) {
        if let Some(viewer) = &*self.viewer.lock().unwrap_or_else(PoisonError::into_inner) {
            viewer.add_taken();
        }
    }

    fn traffic(&self) -> Option<Arc<Backpressure>> {
        self.viewer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The tasks that close connections, and how long each may take.
#[derive(Clone)]
pub(crate) struct Linger {
    pub(crate) tasks: TaskTracker,
    pub(crate) limit: Duration,
}

/// socketioxide's writer does not notice a cancelled session while it is blocked, so the connection fails its writes.
pub(crate) struct Connection {
    /// `Some` until it is dropped.
    stream: Option<TcpStream>,
    /// The client has closed the connection.
    ended: bool,
    handle: Arc<ConnectionHandle>,
    stall: Duration,
    /// Runs while the client does not read what was written.
    stalled: Option<Pin<Box<Sleep>>>,
    cut: CancellationToken,
    until_cut: Pin<Box<WaitForCancellationFutureOwned>>,
    linger: Linger,
}

impl Connection {
    /// `cut` ends it from outside; `linger` runs the task that closes it after it was dropped.
    pub(crate) fn new(
        stream: TcpStream,
        handle: Arc<ConnectionHandle>,
        stall: Duration,
        cut: CancellationToken,
        linger: Linger,
    ) -> Connection {
        let until_cut = Box::pin(cut.clone().cancelled_owned());
        let stream = Some(stream);
        Connection { stream, ended: false, handle, stall, stalled: None, cut, until_cut, linger }
    }

    fn stream(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.stream.as_mut().expect("only taken when dropped"))
    }

    /// Passes the result of a write on. Fails if the client has read nothing for too long.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        // The writer would not be woken.
        if self.cut.is_cancelled() {
            return Poll::Ready(Err(cut_off()));
        }
        let stall = self.stall;
        let stalled =
            self.stalled.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + stall)));
        ready!(stalled.as_mut().poll(context));
        // The reading side learns of it by the token, and would wait for ever otherwise.
        self.cut.cancel();
        Poll::Ready(Err(cut_off()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A future must not be polled after it was ready.
        if self.cut.is_cancelled() || self.until_cut.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(cut_off()));
        }
        if let Some(viewer) = self.handle.traffic() {
            ready!(viewer.poll_read(context));
        }
        let before = buffer.filled().len();
        let read = self.stream().poll_read(context, buffer);
        self.ended |= match &read {
            Poll::Ready(read) => read.is_err() || buffer.filled().len() == before,
            Poll::Pending => false,
        };
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream().poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream().poll_write_vectored(context, parts);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    /// Called after everything was written. When it succeeds, the viewer has taken all of it.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.stream().poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            self.handle.beat();
        }
        self.watch(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}

/// Closing a socket with unread input resets the connection, and a slow client would lose the last captions. So the input is
/// read to its end first.
impl Drop for Connection {
    fn drop(&mut self) {
        if self.ended || self.cut.is_cancelled() {
            return;
        }
        let (Some(stream), Ok(runtime)) = (self.stream.take(), Handle::try_current()) else {
            return;
        };
        let farewell = timeout(self.linger.limit, read_to_end(stream));
        let farewell = self.cut.clone().run_until_cancelled_owned(farewell);
        self.linger.tasks.spawn_on(farewell, &runtime);
    }
}

async fn read_to_end(mut stream: TcpStream) {
    if stream.shutdown().await.is_ok() {
        let mut scrap = [0; 512];
        while stream.read(&mut scrap).await.is_ok_and(|count| count > 0) {}
    }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "cut off: it took nothing any more, or the server ends")
}
