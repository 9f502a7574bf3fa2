//! The watcher: drains the ring into frames, notices that a device is lost, and reopens it until it is back.
use std::{future::Future, time::Duration};

use tokio::{
    select,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{
    error::DeviceError, ring::RingConsumer, settings::MicrophoneSettings, timeline::Timeline,
};
use crate::{
    flow::{Fault, Outlet, StageState},
    logic::{backoff::Backoff, downmix::Inversion},
    message::{AudioFrame, SampleRate, Why},
    stages::tempo,
};

/// The machine's sound cards, or a scripted device in tests.
pub(super) trait Backend: Send + 'static {
    /// Keeps a stream open. Dropping it returns at once.
    type StreamHandle: Send;

    /// If the future is dropped, no stream stays open, however late the device answers.
    fn open(
        &mut self,
        settings: &MicrophoneSettings,
    ) -> impl Future<Output = Result<Opened<Self::StreamHandle>, DeviceError>> + Send;
}

pub(super) struct Opened<H> {
    /// The device's name for people.
    pub(super) device: String,
    pub(super) rate: SampleRate,
    pub(super) consumer: RingConsumer,
    pub(super) handle: H,
}

pub(super) struct Watcher<B> {
    backend: B,
    settings: MicrophoneSettings,
    timeline: Timeline,
    /// The current outage, if the device is lost or was not found.
    outage: Option<Outage>,
    /// Whether the device was ever opened: then it may come back.
    was_opened: bool,
    /// The interruption to send when the device is lost, if there was any audio since the last one.
    interruption: Option<AudioFrame>,
    /// The tempo of the open stream.
    tempo: tempo::Watch,
}

struct Outage {
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
        let (outage, interruption, tempo) = (None, None, tempo::Watch::default());
        Watcher { backend, settings, timeline, outage, was_opened: false, interruption, tempo }
    }

    pub(super) async fn run(
        &mut self,
        out: &Outlet<AudioFrame>,
        stop: CancellationToken,
    ) -> Result<(), Fault> {
        let mut waits = Backoff::new(self.settings.retry, self.settings.retry_at_most);
        loop {
            let opened = select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                opened = timeout(self.settings.open_within, self.backend.open(&self.settings)) => opened,
            };
            let cause = match opened.unwrap_or_else(|_| Err(self.too_slow())) {
                Ok(opened) => match self.capture(opened, out, &stop, &mut waits).await? {
                    Ended::Stopped => return Ok(()),
                    Ended::Lost(cause) => cause,
                },
                Err(cause) if cause.is_permanent() && !self.was_opened => {
                    return Err(Fault::permanent(cause));
                }
                Err(cause) => cause,
            };
            let wait = waits.wait();
            self.report_outage(cause, wait, out).await?;
            select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = sleep(wait) => (),
            }
        }
    }

    /// Gives the frames of one stream until it ends. `waits` begin anew once there was a frame.
    async fn capture(
        &mut self,
        opened: Opened<B::StreamHandle>,
        out: &Outlet<AudioFrame>,
        stop: &CancellationToken,
        waits: &mut Backoff,
    ) -> Result<Ended, Fault> {
        let Opened { device, rate, mut consumer, handle: _handle } = opened;
        debug!(device, rate = rate.hertz(), "microphone opened");
        self.timeline.mark_discontinuity();
        self.tempo = tempo::Watch::default();
        let mut tick = interval(self.settings.tick);
        // Ticks missed while the edge was full are skipped.
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_frame = Instant::now();
        loop {
            let since = Instant::now();
            let stopped = select! {
                biased;
                () = stop.cancelled() => true,
                _ = tick.tick() => false,
            };
            // The failure is read before the ring is drained, so that the audio before the failure is still given.
            let failure = consumer.failure().map(str::to_owned);
            if consumer.is_inverted() {
                warn!(device, "{}", Inversion::WARNING);
            }
            self.tempo.waited(since);
            let (came, mut sound) = (Instant::now(), Duration::ZERO);
            for frame in self.drain(&device, rate, &mut consumer) {
                self.mark_recovered(&device, out);
                waits.begin_anew();
                sound += frame.duration();
                self.interruption =
                    Some(AudioFrame::interruption(frame.span().end(), frame.rate, frame.trace));
                out.send(frame).await?;
                last_frame = Instant::now();
            }
            self.tempo.add(sound, came, out);
            if stopped {
                return Ok(Ended::Stopped);
            }
            if let Some(cause) = failure {
                return Ok(Ended::Lost(DeviceError::Lost { device, cause }));
            }
            let silent_for = self.settings.silent_after;
            if last_frame.elapsed() >= silent_for {
                return Ok(Ended::Lost(DeviceError::Silent { device, silent_for }));
            }
        }
    }

    /// All audio in the ring, as frames. Small blocks are joined, and a gap starts a new frame.
    fn drain(
        &mut self,
        device: &str,
        rate: SampleRate,
        consumer: &mut RingConsumer,
    ) -> Vec<AudioFrame> {
        let mut frames = Vec::new();
        let mut samples = Vec::new();
        while let Some(first) = consumer.pop(&mut samples) {
            let mut captured = first.captured;
            while consumer.peek().is_some_and(|next| next.lost == 0 && !next.skipped)
                && let Some(next) = consumer.pop(&mut samples)
            {
                captured = next.captured;
            }
            let hole = if first.skipped {
                warn!(device, "the device lost sound");
                self.timeline.mark_discontinuity();
                Some(Why::Device)
            } else if first.lost > 0 {
                warn!(
                    device,
                    samples = first.lost,
                    "captured audio was not read in time and was dropped"
                );
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

    fn mark_recovered(&mut self, device: &str, out: &Outlet<AudioFrame>) {
        if let Some(outage) = self.outage.take() {
            let missed_for = outage.since.elapsed();
            info!(device, ?missed_for, "microphone is heard again");
            out.gauge().set(StageState::Running, None);
        }
        self.was_opened = true;
    }

    /// Reports each cause once, not at each attempt.
    async fn report_outage(
        &mut self,
        cause: DeviceError,
        retry_in: Duration,
        out: &Outlet<AudioFrame>,
    ) -> Result<(), Fault> {
        if self.outage.as_ref().is_some_and(|outage| outage.cause == cause) {
            debug!(%cause, ?retry_in, "microphone is still missing");
            return Ok(());
        }
        warn!(%cause, ?retry_in, "microphone is missing, and looked for until it is there");
        out.gauge().set(StageState::Degraded, Some(cause.to_string()));
        let since = self.outage.as_ref().map_or_else(Instant::now, |outage| outage.since);
        self.outage = Some(Outage { since, cause });
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
