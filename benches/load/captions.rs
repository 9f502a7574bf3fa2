//! What captions cost by viewers, tracks and languages: a speaker in a process of its own, and viewers who measure.
use std::{env, path::Path, process::Stdio, time::Duration};

use hdrhistogram::Histogram;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    peer::Peer,
    times::{DRAIN, histogram, now_us},
    viewer::Viewer,
};

#[derive(Clone, Copy)]
pub struct Load {
    pub viewers: usize,
    pub tracks: usize,
    /// That each track is translated to.
    pub languages: usize,
    /// Of those, how many each viewer reads beside the original.
    pub read: usize,
    /// Finals a second and track.
    pub rate: u32,
    pub length: Duration,
    pub bytes: usize,
}

impl Load {
    pub const HEAD: &str = "| viewers | tracks | languages | read | deliveries/s | delivered | p50 ms | p99 ms | CPU µs a delivery | bytes a delivery | CPU ms a connection | KiB an idle viewer |\n\
                            |---|---|---|---|---|---|---|---|---|---|---|---|";

    /// What is given by its command line to the process that speaks.
    pub fn arguments(self) -> Vec<String> {
        let Load { tracks, languages, rate, length, bytes, .. } = self;
        [
            "--bench".to_owned(),
            "--speak".to_owned(),
            format!("--tracks={tracks}"),
            format!("--languages={languages}"),
            format!("--rates={rate}"),
            format!("--seconds={}", length.as_secs()),
            format!("--bytes={bytes}"),
        ]
        .into()
    }

    /// With a journal at this path, or without one.
    pub async fn run(self, book: Option<&Path>) -> Result<Measured, String> {
        let told = |error: std::io::Error| error.to_string();
        let program = env::current_exe().map_err(told)?;
        let mut command = Command::new(program);
        if let Some(book) = book {
            command.arg("--book").arg(book);
        }
        command.args(self.arguments()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn().map_err(told)?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let (mut stdin, stdout) = (stdin.expect("piped"), stdout.expect("piped"));
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).await.map_err(told)?;
        let peer = Peer::of(process, url.trim());
        let (empty, rested) = (peer.memory(), peer.cpu());
        let auth = json!({ "v": 1, "langs": languages(self.read) });
        let mut viewers = Vec::new();
        for _ in 0..self.viewers {
            viewers.push(Viewer::connect(&peer.url, &auth).await.map_err(told)?);
        }
        let (idle, before) = (peer.memory(), peer.cpu());
        stdin.write_all(b"\n").await.map_err(told)?;
        let each =
            u64::from(self.rate) * self.length.as_secs() * (self.tracks * (1 + self.read)) as u64;
        let until = Instant::now() + self.length + DRAIN;
        let mut running = JoinSet::new();
        for viewer in viewers {
            running.spawn(watch(viewer, each, until));
        }
        let (mut times, mut bytes) = (histogram(), 0);
        while let Some(done) = running.join_next().await {
            let (seen, read) = done.map_err(|error| error.to_string())?;
            times.add(seen).map_err(|error| error.to_string())?;
            bytes += read;
        }
        let used = peer.cpu() - before;
        let (count, per) = (times.len() as f64, self.viewers as f64);
        let ms = |part: f64| times.value_at_quantile(part) as f64 / 1000.0;
        let row = format!(
            "| {} | {} | {} | {} | {} | {:.2} % | {:.1} | {:.1} | {:.1} | {:.0} | {:.2} | {:.1} |",
            self.viewers,
            self.tracks,
            self.languages,
            self.read,
            each * self.viewers as u64 / self.length.as_secs(),
            count / (each as f64 * per) * 100.0,
            ms(0.5),
            ms(0.99),
            used / count.max(1.0) * 1e6,
            bytes as f64 / count.max(1.0),
            (before - rested) * 1000.0 / per,
            (idle - empty) * 1024.0 / per,
        );
        Ok(Measured { row, times })
    }
}

/// A row of the table, and how old each caption was when it arrived, in µs.
pub struct Measured {
    pub row: String,
    #[cfg_attr(
        not(feature = "journal"),
        expect(dead_code, reason = "only the comparison with a journal reads it")
    )]
    pub times: Histogram<u64>,
}

/// Tags of made-up languages.
pub fn languages(count: usize) -> Vec<String> {
    (0..count).map(|it| format!("x{it}")).collect()
}

/// Reads so many captions; how old each was, in µs, and the bytes of all of them.
async fn watch(mut viewer: Viewer, captions: u64, until: Instant) -> (Histogram<u64>, usize) {
    let (mut times, mut bytes) = (histogram(), 0);
    while times.len() < captions {
        let Ok(Ok(caption)) = timeout_at(until, viewer.caption()).await else { break };
        let _ = times.record(now_us().saturating_sub(caption.sent).max(1));
        bytes += caption.bytes;
    }
    (times, bytes)
}
