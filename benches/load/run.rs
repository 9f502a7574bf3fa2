//! One load on one server: a publisher at a steady rate, viewers who measure, and perhaps one who never reads.
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use livecap::cli::client::Client;
use serde_json::{Value, json};
use tokio::{
    net::TcpSocket,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout_at},
};

use super::{
    peer::{Kind, Peer},
    times::{DRAIN, histogram},
    viewer::Viewer,
};

#[derive(Clone, Copy)]
pub struct Load {
    pub viewers: usize,
    pub rate: u32,
    pub length: Duration,
    pub bytes: usize,
    pub stuck: bool,
}

pub struct Outcome {
    delivered: f64,
    p50: f64,
    p99: f64,
    /// Seconds for a million deliveries.
    cpu: f64,
    /// MiB for a thousand viewers who hear nothing.
    memory: f64,
    /// MiB more at the end of the load than before it.
    grown: f64,
}

impl Outcome {
    pub const HEAD: &str = "| server | viewers | events/s | in order | p50 ms | p99 ms | CPU s per million | MiB per 1000 idle | MiB grown |\n\
                            |---|---|---|---|---|---|---|---|---|";

    pub fn row(&self, kind: Kind, load: Load) -> String {
        let Outcome { delivered, p50, p99, cpu, memory, grown } = self;
        format!(
            "| {} | {} | {} | {:.2} % | {p50:.1} | {p99:.1} | {cpu:.1} | {memory:.1} | {grown:.1} |",
            kind.name(),
            load.viewers,
            load.rate,
            delivered * 100.0
        )
    }
}

pub async fn run(kind: Kind, load: Load) -> Result<Outcome, String> {
    let peer = Peer::start(kind).await?;
    let empty = peer.memory();
    let told = |error: livecap::cli::client::ClientError| error.to_string();
    let _stuck = match load.stuck {
        true => Some(stuck(&peer.url).await?),
        false => None,
    };
    let mut clients = Vec::new();
    for _ in 0..load.viewers {
        clients
            .push(Viewer::connect(&peer.url, &json!({})).await.map_err(|error| error.to_string())?);
    }
    let mut publisher = Client::connect(&peer.url, Value::Null).await.map_err(told)?;
    let idle = peer.memory();
    let events = u64::from(load.rate) * load.length.as_secs();
    let begun = Instant::now();
    let until = begun + load.length + DRAIN;
    let seen = Arc::new(AtomicU64::new(0));
    let mut viewers = JoinSet::new();
    for mut client in clients {
        let seen = seen.clone();
        viewers.spawn(async move {
            let mut times = histogram();
            let mut next = 0;
            while next < events {
                let Ok(Ok(event)) = timeout_at(until, client.event()).await else { break };
                if event.number != next {
                    continue;
                }
                let took = (begun.elapsed().as_micros() as u64).saturating_sub(event.sent);
                let _ = times.record(took.max(1));
                next += 1;
                seen.fetch_add(1, Relaxed);
            }
            times
        });
    }
    let before = peer.cpu();
    let text = "x".repeat(load.bytes);
    let mut ticks = interval(Duration::from_secs(1) / load.rate);
    // What is late is sent at once: the rate is kept.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut number = 0;
    while number < events {
        tokio::select! {
            _ = ticks.tick() => {
                let now = begun.elapsed().as_micros() as u64;
                let data = [json!(number), json!(now), json!(text)];
                publisher.emit("n", &data).await.map_err(told)?;
                number += 1;
            }
            event = publisher.next() => drop(event.map_err(told)?),
        }
    }
    let mut times = histogram();
    let joined = async {
        loop {
            tokio::select! {
                done = viewers.join_next() => match done {
                    Some(done) => times.add(done.unwrap()).unwrap(),
                    None => return,
                },
                event = publisher.next() => if !matches!(event, Ok(Some(_))) { return },
            }
        }
    };
    joined.await;
    let (used, memory) = (peer.cpu() - before, peer.memory());
    let arrived = seen.load(Relaxed) as f64;
    let ms = |part: f64| times.value_at_quantile(part) as f64 / 1000.0;
    Ok(Outcome {
        delivered: arrived / (events * load.viewers as u64) as f64,
        p50: ms(0.5),
        p99: ms(0.99),
        cpu: used / arrived.max(1.0) * 1e6,
        memory: (idle - empty) * 1000.0 / load.viewers as f64,
        grown: memory - idle,
    })
}

/// It joins, and never reads again.
async fn stuck(url: &str) -> Result<Client, String> {
    let socket = TcpSocket::new_v4().map_err(|error| error.to_string())?;
    socket.set_recv_buffer_size(4096).map_err(|error| error.to_string())?;
    let address = url.trim_start_matches("http://").parse().map_err(|_| url.to_owned())?;
    let stream = socket.connect(address).await.map_err(|error| error.to_string())?;
    Client::connect_over(stream, url, Value::Null).await.map_err(|error| error.to_string())
}
