//! A source of raw samples on standard input, or on any other stream of bytes.
//!
//! A frame counts as captured when its last byte was read. The source ends when the pipe is closed.
use std::{io::Read, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::mpsc,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

pub use super::raw::sound_file_kind;
use super::{raw::Framer, tempo::Watch};
pub use crate::message::{RawFormat, SampleFormat};
use crate::{
    flow::{Fault, Outlet, Source},
    message::{AudioFrame, MediaTime, Trace, Why},
};

/// Bytes read at once: the capacity of a pipe on Linux.
const CHUNK: usize = 64 * 1024;
/// Chunks that may wait between the thread that reads standard input and the source.
const CHUNKS: usize = 4;

/// Why the input could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot read samples from standard input: {0}; check the program at the other end of the pipe"
)]
pub struct PcmError(#[from] std::io::Error);

/// See the module. A restarted run continues where the one before ended.
pub struct Pcm {
    format: RawFormat,
    input: Input,
    framer: Option<Framer>,
    /// Samples sent so far.
    sent: u64,
}

type Chunk = (Vec<u8>, Instant);

enum Input {
    /// Standard input, not read from yet.
    Stdin,
    Thread(mpsc::Receiver<std::io::Result<Chunk>>),
    Stream(Box<dyn AsyncRead + Send + Unpin>),
}

impl Pcm {
    /// Reads standard input.
    pub fn new(format: RawFormat) -> Pcm {
        Pcm { format, input: Input::Stdin, framer: None, sent: 0 }
    }

    /// Reads `stream` instead.
    pub fn reading(format: RawFormat, stream: impl AsyncRead + Send + Unpin + 'static) -> Pcm {
        Pcm { input: Input::Stream(Box::new(stream)), ..Pcm::new(format) }
    }

    async fn send(
        &mut self,
        samples: &[f32],
        captured: Instant,
        hole: Option<Why>,
        out: &Outlet<AudioFrame>,
    ) -> Result<(), Fault> {
        let rate = self.format.rate;
        let start = MediaTime::of_sample(self.sent, rate);
        self.sent += samples.len() as u64;
        let trace = Trace::starting(captured);
        Ok(out
            .send(AudioFrame { start, rate, samples: samples.into(), hole, speaker: None, trace })
            .await?)
    }
}

impl Source for Pcm {
    type Out = AudioFrame;

    async fn run(
        &mut self,
        out: &Outlet<AudioFrame>,
        stop: CancellationToken,
    ) -> Result<(), Fault> {
        let (mut captured, mut watch) = (Instant::now(), Watch::default());
        loop {
            let since = Instant::now();
            let read = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                read = self.input.read() => read,
            };
            let Some((bytes, at)) = read.map_err(|it| Fault::permanent(PcmError(it)))? else {
                break;
            };
            captured = at;
            watch.waited(since);
            let mut sound = Duration::ZERO;
            let framer = self.framer.get_or_insert_with(|| Framer::new(self.format));
            framer.push(&bytes).map_err(Fault::permanent)?;
            for samples in framer.frames() {
                sound += self.format.rate.duration_of(samples.len());
                self.send(&samples, captured, watch.hole(), out).await?;
                if stop.is_cancelled() {
                    return Ok(());
                }
            }
            watch.add(sound, captured, out);
            // A file and edges that drop never wait, so other tasks must get a turn here.
            tokio::task::consume_budget().await;
        }
        let rest = self.framer.take().map(Framer::finish);
        let Some(rest) = rest else { return Ok(()) };
        rest.warn_if_incomplete("standard input");
        if !rest.samples.is_empty() {
            self.send(&rest.samples, captured, watch.hole(), out).await?;
        }
        Ok(())
    }
}

impl Input {
    /// The next bytes; `None` at the end.
    async fn read(&mut self) -> std::io::Result<Option<Chunk>> {
        if let Input::Stdin = self {
            *self = Input::Thread(read_stdin()?);
        }
        match self {
            Input::Thread(chunks) => chunks.recv().await.transpose(),
            Input::Stream(stream) => {
                let mut bytes = vec![0; CHUNK];
                let read = stream.read(&mut bytes).await?;
                bytes.truncate(read);
                Ok((read > 0).then(|| (bytes, Instant::now())))
            }
            Input::Stdin => Ok(None),
        }
    }
}

/// Reads on a thread that nobody joins. With tokio's own standard input the process could not end before another byte arrives.
fn read_stdin() -> std::io::Result<mpsc::Receiver<std::io::Result<Chunk>>> {
    let (sender, chunks) = mpsc::channel(CHUNKS);
    std::thread::Builder::new().name("standard input".to_owned()).spawn(move || {
        let mut stdin = std::io::stdin().lock();
        let mut bytes = vec![0; CHUNK];
        loop {
            let chunk = match stdin.read(&mut bytes) {
                Ok(0) => return,
                Ok(read) => Ok((bytes[..read].to_vec(), Instant::now())),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let failed = chunk.is_err();
            if sender.blocking_send(chunk).is_err() || failed {
                return;
            }
        }
    })?;
    Ok(chunks)
}
