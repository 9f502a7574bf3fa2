//! Drains what the callback heard into frames, notices that a device is lost, and looks for it until it is heard again.
use std::{future::Future, time::Duration};

use tokio::{
    select,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{DeviceError, MicrophoneSettings, line::Heard, timeline::Timeline};
use crate::{
    flow::{Fault, Outlet, StageState},
    logic::downmix::Inversion,
    message::{AudioFrame, SampleRate, Why},
    stages::tempo,
};

/// The machine's sound cards, or a script of them in tests.
pub(super) trait Backend: Send + 'static {
    /// Keeps a stream open; letting go of it returns at once.
    type Held: Send;

    /// Whoever drops the future has no stream then, however late the device answers.
    fn open(
        &mut self,
        settings: &MicrophoneSettings,
    ) -> impl Future<Output = Result<Opened<Self::Held>, DeviceError>> + Send;
}

pub(super) struct Opened<H> {
    /// What people call the device.
    pub(super) device: String,
    pub(super) rate: SampleRate,
    pub(super) heard: Heard,
    pub(super) held: H,
}

pub(super) struct Watcher<B> {
    backend: B,
    settings: MicrophoneSettings,
    timeline: Timeline,
    /// Since when it is looked for, once it was lost or not found.
    missed: Option<Missed>,
    /// Whether the device was ever heard: what was there once may come back.
    known: bool,
    /// What is said when it is lost, where anything was heard since.
    interruption: Option<AudioFrame>,
    /// Of the stream that is open.
    tempo: tempo::Watch,
}

struct Missed {
    since: Instant,
    cause: DeviceError,
}

enum Ended {
    Stopped,
    Lost(DeviceError),
}

impl<B: Backend> Watcher<B> {
    pub(super) fn new(backend: B, settings: MicrophoneSettings) -> Watcher<B> {
        let timeline = Timeline::default();
        let (missed, interruption, tempo) = (None, None, tempo::Watch::default());
        Watcher { backend, settings, timeline, missed, known: false, interruption, tempo }
    }

    pub(super) async fn run(
        &mut self,
        out: &Outlet<AudioFrame>,
        stop: CancellationToken,
    ) -> Result<(), Fault> {
        let mut wait = self.settings.retry;
        loop {
            let opened = select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                opened = timeout(self.settings.open_within, self.backend.open(&self.settings)) => opened,
            };
            let cause = match opened.unwrap_or_else(|_| Err(self.too_slow())) {
                Ok(opened) => match self.listen(opened, out, &stop, &mut wait).await? {
                    Ended::Stopped => return Ok(()),
                    Ended::Lost(cause) => cause,
                },
                Err(cause) if cause.is_permanent() && !self.known => {
                    return Err(Fault::permanent(cause));
                }
                Err(cause) => cause,
            };
            self.miss(cause, wait, out).await?;
            select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = sleep(wait) => (),
            }
            wait = (wait * 2).min(self.settings.retry_at_most);
        }
    }

    /// Gives what one stream hears until it ends. `wait` begins anew once something was heard.
    async fn listen(
        &mut self,
        opened: Opened<B::Held>,
        out: &Outlet<AudioFrame>,
        stop: &CancellationToken,
        wait: &mut Duration,
    ) -> Result<Ended, Fault> {
        let Opened { device, rate, mut heard, held: _held } = opened;
        debug!(device, rate = rate.hertz(), "microphone opened");
        self.timeline.break_off();
        self.tempo = tempo::Watch::default();
        let mut tick = interval(self.settings.tick);
        // After a wait for room downstream the ticks missed are of no use.
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_heard = Instant::now();
        loop {
            let since = Instant::now();
            let stopped = select! {
                biased;
                () = stop.cancelled() => true,
                _ = tick.tick() => false,
            };
            // Looked at before the ring is drained, so that what was heard before a failure is still given.
            let failure = heard.failure().map(str::to_owned);
            if heard.is_inverted() {
                warn!(device, "{}", Inversion::WARNING);
            }
            self.tempo.waited(since);
            let (came, mut sound) = (Instant::now(), Duration::ZERO);
            for frame in self.drain(&device, rate, &mut heard) {
                self.hear(&device, out);
                *wait = self.settings.retry;
                sound += frame.duration();
                self.interruption =
                    Some(AudioFrame::interruption(frame.span().end(), frame.rate, frame.trace));
                out.send(frame).await?;
                last_heard = Instant::now();
            }
            self.tempo.hears(sound, came, out);
            if stopped {
                return Ok(Ended::Stopped);
            }
            if let Some(cause) = failure {
                return Ok(Ended::Lost(DeviceError::Lost { device, cause }));
            }
            let silent_for = self.settings.silent_after;
            if last_heard.elapsed() >= silent_for {
                return Ok(Ended::Lost(DeviceError::Silent { device, silent_for }));
            }
        }
    }

    /// All that waits in the ring, as frames: small blocks are put together, and cut where sound is missing.
    fn drain(&mut self, device: &str, rate: SampleRate, heard: &mut Heard) -> Vec<AudioFrame> {
        let mut frames = Vec::new();
        let mut samples = Vec::new();
        while let Some(first) = heard.take(&mut samples) {
            let mut captured = first.captured;
            while heard.peek().is_some_and(|next| next.lost == 0 && !next.skipped)
                && let Some(next) = heard.take(&mut samples)
            {
                captured = next.captured;
            }
            let hole = if first.skipped {
                warn!(device, "the device lost sound");
                self.timeline.break_off();
                Some(Why::Device)
            } else if first.lost > 0 {
                warn!(device, samples = first.lost, "sound was not taken in time and was given up");
                self.timeline.skip(first.lost);
                Some(Why::Overload)
            } else {
                self.tempo.hole()
            };
            let longest = self.settings.frame;
            frames.extend(self.timeline.place(&samples, rate, captured, longest, hole));
            samples.clear();
        }
        frames
    }

    fn hear(&mut self, device: &str, out: &Outlet<AudioFrame>) {
        if let Some(missed) = self.missed.take() {
            let missed_for = missed.since.elapsed();
            info!(device, ?missed_for, "microphone is heard again");
            out.gauge().set(StageState::Running, None);
        }
        self.known = true;
    }

    /// Says it once for each cause, not at each attempt.
    async fn miss(
        &mut self,
        cause: DeviceError,
        retry_in: Duration,
        out: &Outlet<AudioFrame>,
    ) -> Result<(), Fault> {
        if self.missed.as_ref().is_some_and(|missed| missed.cause == cause) {
            debug!(%cause, ?retry_in, "microphone is still missing");
            return Ok(());
        }
        warn!(%cause, ?retry_in, "microphone is missing, and looked for until it is there");
        out.gauge().set(StageState::Degraded, Some(cause.to_string()));
        let since = self.missed.as_ref().map_or_else(Instant::now, |missed| missed.since);
        self.missed = Some(Missed { since, cause });
        match self.interruption.take() {
            Some(interruption) => Ok(out.send(interruption).await?),
            None => Ok(()),
        }
    }

    fn too_slow(&self) -> DeviceError {
        let cause = format!("not within {:?}", self.settings.open_within);
        DeviceError::NoAnswer { cause }
    }
}
