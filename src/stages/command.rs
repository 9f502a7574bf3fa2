//! A source that runs a child process, such as ffmpeg for RTSP, HLS or RTMP, and reads raw samples from its standard output.
//!
//! A program that ends with a failure is restarted by the supervisor, as after any transient fault: the timeline continues,
//! and the time without sound is a gap in it. When the program ends with success, the source ends, unless
//! `restart_when_ended` is set. What the program writes to standard error goes to the log.
use std::{io, path::PathBuf, process::ExitStatus, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Child,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    raw::{Framer, NotRaw},
    tempo::Watch,
};
pub use crate::message::{RawFormat, SampleFormat};
use crate::{
    flow::{Fault, Outlet, Source},
    message::{AudioFrame, MediaTime, Trace, Why},
};

/// Bytes read at once.
const CHUNK: usize = 16 * 1024;
/// Bytes after which a line of standard error is cut off.
const LONGEST_LINE: usize = 1_000;

#[derive(Clone, Debug)]
pub struct CommandSettings {
    /// A name to look for on `PATH`, or a path.
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Its working directory; `None`: that of livecap.
    pub folder: Option<PathBuf>,
    pub samples: RawFormat,
    /// Whether it is restarted after it ended with success, too, as for a stream that has no end.
    pub restart_when_ended: bool,
    /// How long it may take to end after SIGTERM before it is killed.
    pub grace: Duration,
}

/// Why a command gives no sound, or stopped giving sound.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("there is no program `{}`; install it, or write its whole path", program.display())]
    NotFound { program: PathBuf },
    #[error("cannot start `{}`: {cause}", program.display())]
    Start { program: PathBuf, cause: io::Error },
    #[error("cannot read what `{}` writes: {cause}", program.display())]
    Read { program: PathBuf, cause: io::Error },
    #[error("`{}` does not write raw samples: {cause}", program.display())]
    NotRaw { program: PathBuf, cause: NotRaw },
    #[error("`{}` ended with {status}{}", program.display(), last_line.as_ref().map_or(String::new(), |it| format!(": {it}")))]
    Ended { program: PathBuf, status: ExitStatus, last_line: Option<String> },
}

/// See the module.
pub struct Command {
    settings: CommandSettings,
    /// The end of the newest frame on the timeline, and when it was read.
    position: Option<(MediaTime, Instant)>,
}

impl Command {
    pub fn new(settings: CommandSettings) -> Command {
        Command { settings, position: None }
    }

    fn start(&self) -> Result<Child, Fault> {
        let CommandSettings { program, args, folder, .. } = &self.settings;
        let mut command = tokio::process::Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        // Ctrl-C in a terminal reaches a whole process group. The child must outlive it, so that its last sound is read.
        #[cfg(unix)]
        command.process_group(0);
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        let program = program.clone();
        command.spawn().map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => Fault::permanent(CommandError::NotFound { program }),
            io::ErrorKind::PermissionDenied => {
                Fault::permanent(CommandError::Start { program, cause })
            }
            _ => Fault::transient(CommandError::Start { program, cause }),
        })
    }

    /// Sends everything that the child writes. False if it was stopped before the end.
    async fn forward(
        &mut self,
        stdout: &mut (impl AsyncRead + Unpin),
        out: &Outlet<AudioFrame>,
        stop: &CancellationToken,
    ) -> Result<bool, Fault> {
        let (framer, watch) = (Framer::new(self.settings.samples), Watch::default());
        let mut run = Run { framer, start: None, sent: 0, watch };
        let mut bytes = vec![0; CHUNK];
        loop {
            let since = Instant::now();
            let read = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(false),
                read = stdout.read(&mut bytes) => read,
            };
            let read = read.map_err(|cause| {
                let program = self.settings.program.clone();
                Fault::transient(CommandError::Read { program, cause })
            })?;
            if read == 0 {
                break;
            }
            run.watch.waited(since);
            let mut sound = Duration::ZERO;
            run.framer.push(&bytes[..read]).map_err(|cause| {
                let program = self.settings.program.clone();
                Fault::permanent(CommandError::NotRaw { program, cause })
            })?;
            let came = Instant::now();
            for samples in run.framer.frames() {
                sound += self.settings.samples.rate.duration_of(samples.len());
                self.send(&mut run, &samples, out).await?;
                if stop.is_cancelled() {
                    return Ok(false);
                }
            }
            run.watch.add(sound, came, out);
            tokio::task::consume_budget().await;
        }
        let framer = std::mem::replace(&mut run.framer, Framer::new(self.settings.samples));
        let rest = framer.finish();
        rest.warn_if_incomplete(&self.settings.program.to_string_lossy());
        if !rest.samples.is_empty() {
            self.send(&mut run, &rest.samples, out).await?;
        }
        if let Some((end, _)) = self.position {
            let (rate, trace) = (self.settings.samples.rate, Trace::starting(Instant::now()));
            out.send(AudioFrame::interruption(end, rate, trace)).await?;
        }
        Ok(true)
    }

    async fn send(
        &mut self,
        run: &mut Run,
        samples: &[f32],
        out: &Outlet<AudioFrame>,
    ) -> Result<(), Fault> {
        let (now, rate) = (Instant::now(), self.settings.samples.rate);
        let length = rate.duration_of(samples.len());
        let (run_start, hole) = match (run.start, self.position) {
            (Some(start), _) => (start, run.watch.hole()),
            (None, None) => (MediaTime::ZERO, None),
            // A run begins when its first sample was made. The sound since the last run is lost.
            (None, Some((end, at))) => {
                (end + now.saturating_duration_since(at).saturating_sub(length), Some(Why::Device))
            }
        };
        run.start = Some(run_start);
        let start = run_start + MediaTime::of_sample(run.sent, rate).since_start();
        run.sent += samples.len() as u64;
        self.position = Some((start + length, now));
        let trace = Trace::starting(now);
        Ok(out
            .send(AudioFrame { start, rate, samples: samples.into(), hole, speaker: None, trace })
            .await?)
    }

    /// Sends SIGTERM, waits for the grace time, then kills the child. Waits for its exit, so that it leaves no zombie.
    async fn terminate(&self, child: &mut Child) -> io::Result<ExitStatus> {
        #[cfg(unix)]
        if let Some(pid) = child.id().and_then(|it| rustix::process::Pid::from_raw(it as i32)) {
            // It may have ended by now.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if let Ok(ended) = timeout(self.settings.grace, child.wait()).await {
            return ended;
        }
        tracing::warn!(program = %self.settings.program.display(), grace = ?self.settings.grace, "killed, as it did not end when asked to");
        child.start_kill()?;
        child.wait().await
    }
}

impl Source for Command {
    type Out = AudioFrame;

    async fn run(
        &mut self,
        out: &Outlet<AudioFrame>,
        stop: CancellationToken,
    ) -> Result<(), Fault> {
        let mut child = self.start()?;
        let program = self.settings.program.clone();
        let log = log_lines(child.stderr.take(), program.to_string_lossy().into_owned());
        let Some(mut stdout) = child.stdout.take() else { return Ok(()) };
        let forwarded = self.forward(&mut stdout, out, &stop).await;
        // A child that still writes gets SIGPIPE.
        drop(stdout);
        let status = match forwarded {
            // It has closed its output, so it is about to end.
            Ok(true) => match timeout(self.settings.grace, child.wait()).await {
                Ok(ended) => ended,
                Err(_) => self.terminate(&mut child).await.map(|_| ExitStatus::default()),
            },
            Ok(false) | Err(_) => self.terminate(&mut child).await.map(|_| ExitStatus::default()),
        };
        let last_line = log.last_line(self.settings.grace).await;
        forwarded?;
        let status = status.map_err(|cause| {
            Fault::transient(CommandError::Read { program: program.clone(), cause })
        })?;
        let is_the_end = status.success() && !self.settings.restart_when_ended;
        if is_the_end || stop.is_cancelled() {
            return Ok(());
        }
        Err(Fault::transient(CommandError::Ended { program, status, last_line }))
    }
}

/// One run of the program.
struct Run {
    framer: Framer,
    /// The time of its first sample on the timeline.
    start: Option<MediaTime>,
    /// Samples sent so far.
    sent: u64,
    watch: Watch,
}

/// The task that copies standard error to the log. It ends with the pipe, and when it is dropped.
struct Log(JoinHandle<Option<String>>);

impl Log {
    /// The last line. A grandchild may hold the pipe open for ever, so this waits no longer than `grace`.
    async fn last_line(mut self, grace: Duration) -> Option<String> {
        timeout(grace, &mut self.0).await.ok()?.ok()?
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn log_lines(stderr: Option<impl AsyncRead + Send + Unpin + 'static>, program: String) -> Log {
    Log(tokio::spawn(async move {
        let mut stderr = stderr?;
        let (mut line, mut last) = (Vec::new(), None);
        let mut bytes = [0; 1024];
        loop {
            // An error is treated as the end.
            let read = stderr.read(&mut bytes).await.unwrap_or(0);
            for byte in &bytes[..read] {
                match byte {
                    // ffmpeg overwrites its progress line with a bare \r.
                    b'\n' | b'\r' => end_line(&mut line, &mut last, &program),
                    byte if line.len() < LONGEST_LINE => line.push(*byte),
                    _ => (),
                }
            }
            if read == 0 {
                end_line(&mut line, &mut last, &program);
                return last;
            }
        }
    }))
}

fn end_line(line: &mut Vec<u8>, last: &mut Option<String>, program: &str) {
    let text = String::from_utf8_lossy(line).trim().to_owned();
    line.clear();
    if !text.is_empty() {
        tracing::info!(program, line = text, "standard error of a command");
        *last = Some(text);
    }
}
