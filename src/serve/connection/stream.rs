//! An accepted connection that notices when its other end takes nothing any more, and can be cut off from outside.
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

/// The connection as its requests see it: a viewer that comes over it is counted where the viewer looks.
#[derive(Default)]
pub(crate) struct ConnectionHandle {
    viewer: Mutex<Option<Arc<Backpressure>>>,
    /// No requests come over it any more, but frames.
    is_websocket: AtomicBool,
}

impl ConnectionHandle {
    /// The connection is the websocket of this viewer from now on.
    pub(crate) fn carry(&self, viewer: Arc<Backpressure>) {
        *self.viewer.lock().unwrap_or_else(PoisonError::into_inner) = Some(viewer);
    }

    /// What comes from now on are frames: the client waits for the answer that says so.
    pub(crate) fn become_websocket(&self) {
        self.is_websocket.store(true, SeqCst);
    }

    pub(crate) fn is_websocket(&self) -> bool {
        self.is_websocket.load(SeqCst)
    }

    /// The viewer has taken all that was written.
    fn beat(&self) {
        if let Some(viewer) = &*self.viewer.lock().unwrap_or_else(PoisonError::into_inner) {
            viewer.add_taken();
        }
    }

    fn traffic(&self) -> Option<Arc<Backpressure>> {
        self.viewer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where the last of each connection is waited for, and how long.
#[derive(Clone)]
pub(crate) struct Linger {
    pub(crate) tasks: TaskTracker,
    pub(crate) limit: Duration,
}

/// socketioxide's writer does not notice a cancelled session while it is blocked: an error from here is what ends it.
pub(crate) struct Connection {
    /// There until it is dropped.
    stream: Option<TcpStream>,
    /// The other end has hung up.
    ended: bool,
    handle: Arc<ConnectionHandle>,
    stall: Duration,
    /// Runs while bytes wait that the other end does not take.
    stalled: Option<Pin<Box<Sleep>>>,
    cut: CancellationToken,
    until_cut: Pin<Box<WaitForCancellationFutureOwned>>,
    linger: Linger,
}

impl Connection {
    /// `cut` ends it from outside; `linger` runs what is left to do when it is dropped.
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

    /// RelayFilter on what a write came to, and gives up on an end that took nothing for too long.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        // Who waits here would not hear of it.
        if self.cut.is_cancelled() {
            return Poll::Ready(Err(cut_off()));
        }
        let stall = self.stall;
        let stalled =
            self.stalled.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + stall)));
        ready!(stalled.as_mut().poll(context));
        // The reading side would wait for ever: it learns of it by the token.
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
        // A future that was ready must not be asked again.
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

    /// Asked for when all that was to be written has been: the moment at which a viewer has taken it.
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

/// A socket that is closed with something unread in it is reset, and takes with it what the other end has not read yet:
/// the last captions of who was slow. So it is read to its end first.
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
