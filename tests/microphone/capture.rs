//! Captures in a child process: the sound server is chosen by an environment variable, which applies to a whole process.
//!
//! The test program starts itself again for the same test, which captures there.
use std::{
    io::{Write, stdout},
    path::Path,
    process::Stdio,
    time::Duration,
};

use livecap::{
    flow::{EdgeSettings, Inlet, Offer, Outlet, Room, Source, StageGauge, WhenFull, edge},
    message::AudioFrame,
    stages::microphone::{Channel, Microphone, MicrophoneSettings},
};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Child,
    sync::mpsc,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::virtual_microphone::VirtualMicrophone;

const DEVICE: &str = "LIVECAP_TEST_DEVICE";
const CHANNEL: &str = "LIVECAP_TEST_CHANNEL";
const RECORDING: &str = "LIVECAP_TEST_RECORDING";
const PATIENCE: Duration = Duration::from_secs(30);

/// One captured frame.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct CapturedFrame {
    /// Nanoseconds on the audio timeline.
    pub(crate) start: u64,
    pub(crate) samples: usize,
    pub(crate) rate: u32,
    pub(crate) hole: Option<String>,
    /// Nanoseconds from the start of the capture to the capture of the newest sample.
    pub(crate) captured: u64,
    pub(crate) peak: f32,
}

impl CapturedFrame {
    pub(crate) fn length(&self) -> u64 {
        self.samples as u64 * 1_000_000_000 / u64::from(self.rate)
    }

    pub(crate) fn end(&self) -> u64 {
        self.start + self.length()
    }
}

/// One line of the child: a frame, or a log line.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Event {
    Frame(CapturedFrame),
    Log(serde_json::Value),
}

impl Event {
    pub(crate) fn says(&self, words: &str) -> bool {
        matches!(self, Event::Log(line) if line.to_string().contains(words))
    }

    pub(crate) fn sounds(&self) -> bool {
        matches!(self, Event::Frame(frame) if frame.peak > 0.05)
    }

    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Event::Frame(frame) if frame.peak == 0.0)
    }
}

pub(crate) struct Capture {
    child: Child,
    events: mpsc::Receiver<Event>,
    pub(crate) seen: Vec<Event>,
}

impl Capture {
    /// Starts to capture `device` into a WAV file at `recording`, in a child that runs the test called `test`.
    pub(crate) fn start(
        microphone: &VirtualMicrophone,
        test: &str,
        device: &str,
        channel: Option<u16>,
        recording: &Path,
    ) -> Capture {
        let itself = std::env::current_exe().expect("this program's path");
        let mut child = microphone.command(itself);
        child.args([test, "--exact", "--nocapture", "--test-threads=1"]);
        child.env(DEVICE, device).env(RECORDING, recording);
        if let Some(channel) = channel {
            child.env(CHANNEL, channel.to_string());
        }
        let mut child = child
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let (sender, events) = mpsc::channel(100_000);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                // The test harness has lines of its own.
                let Ok(event) = serde_json::from_str(&line) else { continue };
                if sender.send(event).await.is_err() {
                    return;
                }
            }
        });
        Capture { child, events, seen: Vec::new() }
    }

    /// Waits for an event like this.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) {
        let found = async {
            while let Some(event) = self.events.recv().await {
                let found = wanted(&event);
                self.seen.push(event);
                if found {
                    return true;
                }
            }
            false
        };
        let found = timeout(PATIENCE, found).await;
        assert_eq!(found, Ok(true), "{what}: {:#?}", self.logged());
    }

    /// Stops it, and returns every event from the beginning.
    pub(crate) async fn stop(mut self) -> Vec<Event> {
        drop(self.child.stdin.take());
        let ended = timeout(PATIENCE, async {
            while let Some(event) = self.events.recv().await {
                self.seen.push(event);
            }
            self.child.wait().await
        });
        let status = ended.await.expect("it ends in time").expect("it was running");
        assert!(status.success(), "{status}: {:#?}", self.logged());
        self.seen
    }

    fn logged(&self) -> Vec<&Event> {
        self.seen.iter().filter(|event| matches!(event, Event::Log(_))).collect()
    }
}

/// Runs the test called `test` in a child where `microphone` is the only one. There [`is_child`] is true.
pub(crate) async fn run_in_a_child(microphone: &VirtualMicrophone, test: &str) {
    let itself = std::env::current_exe().expect("this program's path");
    let mut child = microphone.command(itself);
    child.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(DEVICE, "");
    let output =
        timeout(PATIENCE, child.output()).await.expect("it ends in time").expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn is_child() -> bool {
    std::env::var_os(DEVICE).is_some()
}

/// In a child: captures until standard input ends. False in the parent.
pub(crate) async fn ran_as_child() -> bool {
    let (Ok(device), Some(path)) = (std::env::var(DEVICE), std::env::var_os(RECORDING)) else {
        return false;
    };
    // The harness leaves its line unfinished.
    write(b"\n");
    tracing_subscriber::fmt()
        .json()
        .with_writer(stdout)
        .with_max_level(tracing::Level::DEBUG)
        .init();
    let channel = std::env::var(CHANNEL).ok().map(|it| Channel::Number(it.parse().unwrap()));
    let channel = channel.unwrap_or_default();
    let settings = MicrophoneSettings { device, channel, ..MicrophoneSettings::default() };
    let settled = EdgeSettings { room: Room::Span(PATIENCE), when_full: WhenFull::DropOldest };
    let (sender, receiver) = edge("mic", "test", settled);
    let outlet = Outlet::new(vec![sender], StageGauge::new("mic"));
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
        told.cancel();
    });
    let source = tokio::spawn(async move { Microphone::new(settings).run(&outlet, stop).await });
    let mut recording: Option<hound::WavWriter<_>> = None;
    let mut inlet = Inlet::new(vec![receiver]);
    let begun = Instant::now();
    while let Some(Offer::Handle(frame) | Offer::Failed(frame)) = inlet.next().await {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: frame.rate.hertz(),
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let recording =
            recording.get_or_insert_with(|| hound::WavWriter::create(&path, spec).unwrap());
        frame.samples.iter().for_each(|sample| recording.write_sample(*sample).unwrap());
        report(&frame, begun);
    }
    if let Some(recording) = recording {
        recording.finalize().unwrap();
    }
    source.await.unwrap().unwrap();
    true
}

fn report(frame: &AudioFrame, begun: Instant) {
    let captured = frame.trace.captured();
    let frame = CapturedFrame {
        start: frame.start.since_start().as_nanos() as u64,
        samples: frame.samples.len(),
        rate: frame.rate.hertz(),
        hole: frame.hole.map(|why| why.name().to_owned()),
        captured: captured.saturating_duration_since(begun).as_nanos() as u64,
        peak: frame.samples.iter().fold(0.0, |peak, sample| sample.abs().max(peak)),
    };
    let mut line = serde_json::to_vec(&frame).unwrap();
    line.push(b'\n');
    write(&line);
}

/// Writes past the test harness, which keeps printed output.
fn write(line: &[u8]) {
    let mut out = stdout().lock();
    out.write_all(line).and_then(|()| out.flush()).expect("the parent reads");
}
