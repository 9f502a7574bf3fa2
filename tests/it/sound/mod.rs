//! Sources and sinks of sound, with real files, real child processes and a paused clock.
mod bad_files;
#[cfg(target_os = "linux")]
mod command;
mod files;
mod mp4;
mod paced;
mod pipe;
mod record;

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use livecap::{
    flow::{EdgeSettings, Fault, Inlet, Offer, Outlet, Room, Source, StageGauge, WhenFull, edge},
    message::AudioFrame,
};
use tokio_util::sync::CancellationToken;

/// A file of `tests/sound`.
fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sound").join(name)
}

/// A sine of 440 Hz at half of full scale, as in the fixtures.
fn tone(rate: u32, seconds: f64) -> impl Iterator<Item = f32> {
    let samples = (f64::from(rate) * seconds) as u32;
    let step = 440.0 * std::f64::consts::TAU / f64::from(rate);
    (0..samples).map(move |n| (f64::from(n) * step).sin() as f32 * 0.5)
}

/// Writes a WAV file with the same sound on every channel.
fn wav(path: &std::path::Path, spec: hound::WavSpec, sound: impl Iterator<Item = f32>) {
    let mut file = hound::WavWriter::create(path, spec).unwrap();
    let full = 2f32.powi(i32::from(spec.bits_per_sample) - 1) - 1.0;
    for sample in sound {
        for _ in 0..spec.channels {
            match spec.sample_format {
                hound::SampleFormat::Float => file.write_sample(sample).unwrap(),
                hound::SampleFormat::Int => file.write_sample((sample * full) as i32).unwrap(),
            }
        }
    }
    file.finalize().unwrap();
}

fn int_spec(rate: u32, channels: u16, bits_per_sample: u16) -> hound::WavSpec {
    let sample_format = hound::SampleFormat::Int;
    hound::WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format }
}

/// The frequency in Hz: how often the sound rises through zero per second.
fn pitch(rate: u32, sound: &[f32]) -> f64 {
    let rises = sound.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    rises as f64 * f64::from(rate) / sound.len() as f64
}

fn loudest(sound: &[f32]) -> f32 {
    sound.iter().fold(0.0, |most, it| most.max(it.abs()))
}

/// The outlet of a source, and the inlet where a test receives its frames.
fn outlet(size: usize, when_full: WhenFull) -> (Outlet<AudioFrame>, Inlet<AudioFrame>) {
    let room = Room::Items(NonZeroUsize::new(size).unwrap());
    let (sender, receiver) = edge("source", "test", EdgeSettings { room, when_full });
    (Outlet::new(vec![sender], StageGauge::new("source")), Inlet::new(vec![receiver]))
}

async fn next(inlet: &mut Inlet<AudioFrame>) -> Option<AudioFrame> {
    match inlet.next().await? {
        Offer::Handle(frame) | Offer::Failed(frame) => Some(frame),
    }
}

/// Runs a source to its end. Returns its result and all of its frames.
async fn all_of(
    source: &mut impl Source<Out = AudioFrame>,
) -> (Result<(), Fault>, Vec<AudioFrame>) {
    let (out, mut inlet) = outlet(100_000, WhenFull::Wait);
    let ended = source.run(&out, CancellationToken::new()).await;
    drop(out);
    let mut frames = Vec::new();
    while let Some(frame) = next(&mut inlet).await {
        frames.push(frame);
    }
    (ended, frames)
}

fn length(frames: &[AudioFrame]) -> Duration {
    frames.iter().map(AudioFrame::duration).sum()
}
