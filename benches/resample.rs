//! What a second of sound costs on its way to 16 kHz, from the rates that microphones and files have.
use std::{num::NonZeroUsize, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use livecap::{
    flow::{EdgeSettings, Inlet, Outlet, Room, Stage, StageGauge, WhenFull, edge},
    message::{AudioFrame, MediaTime, SampleRate, Speech, Trace},
    stages::resample::Resample,
};
use tokio::time::Instant;

const FRAME: Duration = Duration::from_millis(20);

/// A second of a tone, in frames.
fn second(rate: SampleRate) -> Vec<AudioFrame> {
    let (length, captured) = (rate.samples_in(FRAME), Instant::now());
    let frame = |at: usize| {
        let sample = |it: usize| ((at * length + it) as f32 * 0.05).sin() * 0.3;
        let start = MediaTime::of_sample((at * length) as u64, rate);
        let samples = (0..length).map(sample).collect();
        AudioFrame {
            start,
            rate,
            samples,
            hole: None,
            speaker: None,
            trace: Trace::starting(captured),
        }
    };
    (0..50).map(frame).collect()
}

async fn resampled(frames: Vec<AudioFrame>) {
    let room = Room::Items(NonZeroUsize::new(1000).unwrap());
    let (sender, receiver) =
        edge::<Speech>("resample", "", EdgeSettings { room, when_full: WhenFull::Wait });
    let _inlet = Inlet::new(vec![receiver]);
    let out = Outlet::new(vec![sender], StageGauge::new("resample"));
    let mut stage = Resample::new();
    for frame in frames {
        assert!(stage.handle(&mut (), frame, &out).await.is_ok());
    }
    assert!(stage.flush(&mut (), &out).await.is_ok());
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut group = criterion.benchmark_group("resample, a second");
    for hertz in [16_000, 44_100, 48_000] {
        let frames = second(SampleRate::new(hertz).unwrap());
        group.throughput(Throughput::Elements(hertz.into()));
        group.bench_function(BenchmarkId::from_parameter(hertz), |bencher| {
            bencher.to_async(&runtime).iter(|| resampled(frames.clone()));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
