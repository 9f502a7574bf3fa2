//! What an edge costs per item, beside bare `tokio::sync::mpsc` channels of the same capacity, with one and four listeners.
use std::num::NonZeroUsize;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use livecap::flow::{
    EdgeSettings, Inlet, Item, Offer, Outlet, Receiver, Room, StageGauge, WhenFull, edge,
};
use tokio::sync::mpsc;

const ITEMS: u64 = 10_000;
const CAPACITY: usize = 64;

#[derive(Clone, Copy)]
struct Number(u64);

impl Item for Number {}

async fn over_edges(listeners: usize) -> u64 {
    let room = Room::Items(NonZeroUsize::new(CAPACITY).unwrap());
    let settings = EdgeSettings { room, when_full: WhenFull::Wait };
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..listeners).map(|_| edge::<Number>("giver", "taker", settings)).unzip();
    let takers: Vec<_> =
        receivers.into_iter().map(|receiver| tokio::spawn(sum_of_edge(receiver))).collect();
    let outlet = Outlet::new(senders, StageGauge::new("giver"));
    for number in 0..ITEMS {
        assert!(outlet.send(Number(number)).await.is_ok());
    }
    drop(outlet);
    let mut sum = 0;
    for taker in takers {
        sum += taker.await.unwrap();
    }
    sum
}

async fn sum_of_edge(receiver: Receiver<Number>) -> u64 {
    let mut inlet = Inlet::new(vec![receiver]);
    let mut sum = 0;
    while let Some(Offer::Handle(Number(number))) = inlet.next().await {
        inlet.settle();
        sum += number;
    }
    sum
}

async fn over_mpsc(listeners: usize) -> u64 {
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..listeners).map(|_| mpsc::channel::<Number>(CAPACITY)).unzip();
    let takers: Vec<_> =
        receivers.into_iter().map(|receiver| tokio::spawn(sum_of_mpsc(receiver))).collect();
    for number in 0..ITEMS {
        for sender in &senders {
            assert!(sender.send(Number(number)).await.is_ok());
        }
    }
    drop(senders);
    let mut sum = 0;
    for taker in takers {
        sum += taker.await.unwrap();
    }
    sum
}

async fn sum_of_mpsc(mut receiver: mpsc::Receiver<Number>) -> u64 {
    let mut sum = 0;
    while let Some(Number(number)) = receiver.recv().await {
        sum += number;
    }
    sum
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut group = criterion.benchmark_group("edge");
    for listeners in [1, 4] {
        group.throughput(Throughput::Elements(ITEMS * listeners as u64));
        group.bench_function(BenchmarkId::new("livecap", listeners), |bencher| {
            bencher.to_async(&runtime).iter(|| over_edges(listeners));
        });
        group.bench_function(BenchmarkId::new("mpsc", listeners), |bencher| {
            bencher.to_async(&runtime).iter(|| over_mpsc(listeners));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
